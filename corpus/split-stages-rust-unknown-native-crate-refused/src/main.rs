fn main() {
    let version = unsafe { libseccomp_sys::seccomp_api_get() };
    println!("seccomp {version}");
}
