//! Writes the table of the web UI's built files (`ui/dist`) for `src/ui/files.rs` to embed; an empty one where the UI was
//! not built. It must name the folder as an input: else a program that was built before the UI would stay without it.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../ui/dist");
    fs::create_dir_all(&dist)?;
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    files.sort();
    let text = |path: &Path| path.to_str().map(str::to_owned).ok_or("a file's name is not UTF-8");
    let mut table = String::from("&[\n");
    for file in files.iter().filter(|file| file.extension().is_none_or(|e| e != "br")) {
        let path = format!("/{}", text(file.strip_prefix(&dist)?)?);
        let (file, packed) = (text(file)?, PathBuf::from(format!("{}.br", file.display())));
        let packed = if files.contains(&packed) {
            format!("Some(include_bytes!({:?}))", text(&packed)?)
        } else {
            "None".to_owned()
        };
        writeln!(table, "    ({path:?}, include_bytes!({file:?}), {packed}),")?;
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("ui.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
