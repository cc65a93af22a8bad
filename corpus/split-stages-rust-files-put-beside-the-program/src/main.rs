use std::{env, fs};

fn main() {
    let program = env::current_exe().expect("it has a path");
    let folder = program.parent().expect("it stands in a folder").join("pages");
    println!("shows {}", fs::read_to_string(folder.join("one.txt")).expect("it stands beside the program"));
}
