mod http;

use std::fs;
use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/stamp.rs"));
const SCHEMA: &str = include_str!("../sql/schema.sql");
const TEMPLATES: &str = "templates";

fn title() -> String {
    let profile = std::env::var("PROFILE").unwrap_or_else(|_| "default".into());
    let text = fs::read_to_string(format!("config/{profile}.toml")).expect("no configuration");
    text.split('"').nth(1).unwrap_or("untitled").to_string()
}

fn home() -> String {
    let page = fs::read_to_string(Path::new(TEMPLATES).join("home.html")).expect("no template");
    let style = fs::read_to_string("static/style.css").expect("no style");
    page.replace("{title}", &title()).replace("{stamp}", STAMP).replace("{style}", &style).replace("{schema}", SCHEMA)
}

fn main() -> std::io::Result<()> {
    http::serve("0.0.0.0:8080", home)
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_its_notes() {
        assert!(std::fs::read_to_string("docs/notes.md").is_ok());
    }
}
