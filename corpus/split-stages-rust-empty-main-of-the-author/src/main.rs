fn main() {
    println!("the real one drew {}", fastrand::u8(1..=6));
}
