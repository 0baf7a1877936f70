//! Puts the files of `data/operations` into one text, each after a line with its name.

use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new("data/operations");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.sort();
    let mut all = String::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        all.push_str(&format!("=== {name}\n{}", fs::read_to_string(&file)?));
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("operations.txt"), all)?;
    Ok(())
}
