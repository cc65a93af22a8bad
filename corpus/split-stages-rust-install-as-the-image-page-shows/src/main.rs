fn main() {
    println!("installed and started");
}
