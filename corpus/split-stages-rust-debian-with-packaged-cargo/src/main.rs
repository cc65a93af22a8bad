fn main() {
    println!("built by Debian's cargo");
}
