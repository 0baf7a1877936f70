//! Compresses each service's table for itself, so that a component carries all of AWS and unpacks what it uses.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The deflate level: the slowest that is worth it.
const LEVEL: u8 = 9;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data/services");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir("data/services")?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort_by_key(|file| file.file_stem().map(ToOwned::to_owned));
    let mut list = String::from("&[\n");
    for file in &files {
        let name = file.file_stem().and_then(|name| name.to_str()).ok_or("a service's name is not text")?;
        let table = std::fs::read_to_string(file)?;
        let packed = miniz_oxide::deflate::compress_to_vec(table.as_bytes(), LEVEL);
        std::fs::write(out.join(format!("{name}.deflate")), packed)?;
        let prefix = endpoint_prefix(&table).ok_or_else(|| format!("{name}: its first line has no endpoint_prefix"))?;
        writeln!(list, "    (\"{name}\", \"{prefix}\", include_bytes!(\"{name}.deflate\")),")?;
    }
    list.push_str("]\n");
    Ok(std::fs::write(out.join("services.rs"), list)?)
}

/// Told beside the table, since services that share it are looked for without unpacking every table.
fn endpoint_prefix(table: &str) -> Option<&str> {
    let (_, rest) = table.lines().next()?.split_once("\"endpoint_prefix\":\"")?;
    Some(rest.split_once('"')?.0)
}
