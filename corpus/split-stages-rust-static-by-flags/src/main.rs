fn main() {
    println!("no library needed");
}
