//! A component from a file: only so large, and only the one that was meant.

use std::io::Read as _;
use std::path::Path;

/// The component inside has five megabytes; a file beyond this is something else.
const BYTES_MAX: u64 = 64 << 20;

/// The bytes of a file that may be a component.
pub(crate) fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(std::io::Error::other(format!(
            "it has more than {BYTES_MAX} bytes, so it is no component of ours"
        )));
    }
    Ok(bytes)
}

/// Digests are hexadecimal numbers, in either case, with or without the name of their kind.
pub(crate) fn same_digest(given: &str, digest: &str) -> bool {
    let number = |text: &str| text.trim().trim_start_matches("sha256:").to_ascii_lowercase();
    number(given) == number(digest)
}

#[cfg(test)]
mod tests {
    use super::same_digest;

    #[test]
    fn a_digest_is_the_same_however_it_is_written_and_only_whole() {
        let digest = "sha256:0a1b";
        for given in ["sha256:0a1b", "0a1b", "0A1B", " sha256:0A1B\n"] {
            assert!(same_digest(given, digest), "{given:?}");
        }
        for given in ["", "sha256:", "0a1", "0a1b2", "sha512:0a1b", "sha256:0a1c"] {
            assert!(!same_digest(given, digest), "{given:?}");
        }
    }
}
