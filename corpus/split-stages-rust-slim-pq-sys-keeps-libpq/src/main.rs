fn main() {
    let version = unsafe { pq_sys::PQlibVersion() };
    println!("libpq {}", version / 10000);
}
