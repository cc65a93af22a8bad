fn main() {
    println!("the river stands at {} cm", river::level());
}
