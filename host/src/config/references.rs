//! `${ENV:NAME}` and `${FILE:path}`: how a secret comes in without being written down.

use super::formats::Wrong;

/// A reference, as the whole value of a secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    /// An environment variable's value.
    Env(&'a str),
    /// A file's content without the line break at its end. Relative to the working folder, as all paths are.
    File(&'a str),
}

/// Reads a text: a reference, or none where the text stands for itself.
///
/// # Errors
/// It has a `${` but is not exactly one reference. The text is not repeated: parts of it may be secret.
pub(super) fn parse(text: &str) -> Result<Option<Reference<'_>>, Wrong> {
    if !text.contains("${") {
        return Ok(None);
    }
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let found = inner.filter(|inner| !inner.contains(['{', '}', '$'])).and_then(|inner| inner.split_once(':'));
    match found {
        Some(("ENV", name)) if is_name(name) => Ok(Some(Reference::Env(name))),
        Some(("FILE", path)) if !path.trim().is_empty() => Ok(Some(Reference::File(path))),
        _ => Err((
            "this is not a reference".to_owned(),
            Some("write \"${ENV:NAME}\" or \"${FILE:path}\" as the whole value".to_owned()),
        )),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::{Reference, parse};

    #[test]
    fn whole_values_only() {
        assert_eq!(parse("${ENV:A_1}"), Ok(Some(Reference::Env("A_1"))));
        assert_eq!(parse("${FILE:/run/x}"), Ok(Some(Reference::File("/run/x"))));
        assert_eq!(parse("plain$"), Ok(None));
        for wrong in ["${ENV:}", "${ENV:A}x", "x${ENV:A}", "${env:A}", "${A}", "${ENV:A}${ENV:B}", "${FILE: }", "${"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
