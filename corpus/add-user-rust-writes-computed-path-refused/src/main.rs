use std::fs;

fn main() {
    let name = std::env::args().nth(1).unwrap_or("note".to_string());
    fs::write(format!("{name}.txt"), "kept").expect("cannot write");
    println!("kept {name}");
}
