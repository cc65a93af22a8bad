use openssl::{sha::sha256, version};

fn main() {
    let hex: String = sha256(b"dockrefactor").iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{} {}", version::version(), hex);
}
