fn main() {
    println!("the shadow is shortest at noon");
}
