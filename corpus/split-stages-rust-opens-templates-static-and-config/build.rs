use std::{env, fs, path::Path};

fn main() {
    let stamp = fs::read_to_string("assets/stamp.txt").unwrap();
    let out = Path::new(&env::var("OUT_DIR").unwrap()).join("stamp.rs");
    fs::write(out, format!("pub const STAMP: &str = {:?};", stamp.trim())).unwrap();
    println!("cargo:rerun-if-changed=assets/stamp.txt");
}
