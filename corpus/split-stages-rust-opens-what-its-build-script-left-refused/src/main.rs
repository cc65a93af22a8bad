const NAME: &str = include!(concat!(env!("OUT_DIR"), "/name.rs"));

fn main() {
    let text = std::fs::read_to_string(concat!(env!("OUT_DIR"), "/squares.txt"));
    println!("{NAME}: {}", text.expect("the build script writes it"));
}
