fn main() {
    println!("{} bytes", std::fs::metadata("menu.txt").map(|file| file.len()).unwrap_or(0));
}
