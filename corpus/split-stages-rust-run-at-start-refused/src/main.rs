fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo starts it");
    println!("compiled at last in {folder}");
}
