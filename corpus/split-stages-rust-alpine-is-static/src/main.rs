fn main() {
    println!("drawn: {}", fastrand::u8(1..=6));
}
