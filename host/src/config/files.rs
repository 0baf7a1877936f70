//! Reading files for the configuration: through a trait, so that tests have no disk.

use std::io;
use std::path::Path;

/// No configuration file and no secret is larger; what is, is not one.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// A file's text and who else can read it.
#[derive(Clone, PartialEq, Eq)]
pub struct FileText {
    /// The whole of it.
    pub text: String,
    /// Its group or everybody can read it.
    pub others_can_read: bool,
}

/// Where files come from.
pub trait Files {
    /// Reads a whole file.
    ///
    /// # Errors
    /// As the file system says; [`io::ErrorKind::NotFound`] where there is none, `InvalidData` where it is not UTF-8
    /// or larger than [`FILE_BYTES_MAX`].
    fn read(&self, path: &Path) -> io::Result<FileText>;

    /// The names of the files in a folder, in no order; what is no text is left out.
    ///
    /// # Errors
    /// As the file system says.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;
}

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<FileText> {
        use std::io::Read as _;
        let file = std::fs::File::open(path)?;
        let metadata = file.metadata()?;
        let mut text = String::new();
        let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
        if u64::try_from(read).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than 1 MiB"));
        }
        Ok(FileText { text, others_can_read: others_can_read(&metadata) })
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        std::fs::read_dir(folder)?
            .map(|entry| Ok(entry?.file_name().into_string().ok()))
            .filter_map(Result::transpose)
            .collect()
    }
}

#[cfg(unix)]
fn others_can_read(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    /// Read permission of the group and of everybody.
    const READ_BY_OTHERS: u32 = 0o044;
    metadata.permissions().mode() & READ_BY_OTHERS != 0
}

/// Elsewhere permissions are not bits of the file; what cannot be told is not held against the user.
#[cfg(not(unix))]
fn others_can_read(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Disk, FILE_BYTES_MAX, Files as _};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn permissions_are_read_and_size_is_limited() {
        let folder = std::env::temp_dir().join(format!("portolan-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("x");
        std::fs::write(&file, "a").unwrap();
        for (mode, others) in [(0o600, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(Disk.read(&file).unwrap().others_can_read, others, "{mode:o}");
        }
        std::fs::write(&file, vec![b'a'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1]).unwrap();
        assert!(Disk.read(&file).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
