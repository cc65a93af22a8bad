fn main() -> std::io::Result<()> {
    common::serve("0.0.0.0:8080", || format!("{} items in the shop", common::shown(42)))
}
