mod http;

fn page() -> String {
    std::fs::read_to_string("public/index.html").expect("no page")
}

fn main() -> std::io::Result<()> {
    http::serve("0.0.0.0:8080", page)
}
