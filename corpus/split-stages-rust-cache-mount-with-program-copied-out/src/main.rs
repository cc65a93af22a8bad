fn main() {
    println!("drawn: {}", fastrand::Rng::with_seed(7).u8(1..=6));
}
