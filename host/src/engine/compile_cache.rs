//! Compiled code as a file of our own: loaded in a third of a millisecond, compiled in a second or two.
//!
//! The file is trusted as code, so it is read only from a folder that is ours (by owner) and closed to
//! others (0700), and written there whole (a temporary name, then a rename). Where there is no such
//! folder, as on a read-only root, the component is compiled for this process alone.

use std::fs;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

pub(super) fn load(engine: &Engine, bytes: &[u8], digest: &str, folder: Option<&Path>) -> wasmtime::Result<Component> {
    let Some(folder) = folder.and_then(|folder| own_folder(folder).ok()) else {
        return Component::from_binary(engine, bytes);
    };
    let file = folder.join(file_name(engine, digest));
    if let Some(component) = read(engine, &file) {
        return Ok(component);
    }
    let component = Component::from_binary(engine, bytes)?;
    if let Err(error) = component.serialize().map_err(std::io::Error::other).and_then(|code| write(&file, &code)) {
        tracing::debug!(%error, "compiled code is not kept");
    }
    Ok(component)
}

/// `<component digest>-<what the code depends on>.cwasm`: another wasmtime, another processor, another name.
fn file_name(engine: &Engine, digest: &str) -> PathBuf {
    let mut hasher = std::hash::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    PathBuf::from(format!("{}-{:016x}.cwasm", digest.trim_start_matches("sha256:"), hasher.finish()))
}

fn read(engine: &Engine, file: &Path) -> Option<Component> {
    let meta = fs::symlink_metadata(file).ok()?;
    let folder = fs::metadata(file.parent()?).ok()?;
    if !meta.is_file() || meta.uid() != folder.uid() || meta.mode() & 0o077 != 0 {
        return None;
    }
    #[expect(unsafe_code, reason = "the folder is ours and closed to others, the file likewise: we wrote it")]
    // SAFETY: `own_folder` and the check above: only this user can have written the file, and this
    // program writes it whole from `Component::serialize`. wasmtime checks version and settings itself.
    let component = unsafe { Component::deserialize_file(engine, file) };
    component.ok()
}

fn write(file: &Path, code: &[u8]) -> std::io::Result<()> {
    let temporary = file.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    std::io::Write::write_all(&mut out, code)?;
    out.sync_all()?;
    fs::rename(&temporary, file)
}

/// Makes the folder, and checks that it belongs to whoever runs this and is closed to others.
fn own_folder(folder: &Path) -> std::io::Result<&Path> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let meta = fs::metadata(folder)?;
    // There is no asking for one's own user id without unsafe code; a file that one makes carries it.
    let probe = folder.join(format!("probe.{}", std::process::id()));
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&probe)?;
    let own = fs::metadata(&probe)?.uid();
    fs::remove_file(&probe)?;
    if meta.uid() != own || meta.mode() & 0o077 != 0 {
        let why =
            format!("{} is open to others; compiled code is not taken from there (chmod 700 it)", folder.display());
        tracing::warn!("{why}");
        return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why));
    }
    Ok(folder)
}
