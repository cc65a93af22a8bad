fn main() {
    println!("built on the release of the day");
}
