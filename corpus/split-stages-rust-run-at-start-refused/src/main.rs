fn main() {
    println!("compiled at last");
}
