//! The height of the water, and a note of it.

/// In centimetres.
pub fn level() -> u32 {
    std::fs::create_dir_all("/var/river").expect("a folder for notes");
    std::fs::write("/var/river/level.txt", "212").expect("a note");
    212
}
