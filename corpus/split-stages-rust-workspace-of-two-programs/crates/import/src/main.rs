fn main() {
    println!("imported {}", common::shown(7));
}
