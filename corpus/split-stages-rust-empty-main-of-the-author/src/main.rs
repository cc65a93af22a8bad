fn main() {
    println!("the real one drew {}", fastrand::Rng::with_seed(7).u8(1..=6));
}
