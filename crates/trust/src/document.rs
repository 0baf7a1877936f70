//! The document itself: IAM gives it as JSON, percent-encoded in most answers.

use serde_json::Value;

/// Characters of a document, percent-encoding included. IAM's limits are far below, but not for AWS's own policies: ReadOnlyAccess
/// has more than a hundred thousand, encoded. An answer may have 8 MiB.
const CHARACTERS_MAX: usize = 1 << 20;

/// Why a text is no policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub(crate) String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a policy document: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// Reads a policy document: JSON, as it is or percent-encoded.
///
/// # Errors
/// It is neither, or longer than any policy.
pub fn document(text: &str) -> Result<Value, Unreadable> {
    if text.len() > CHARACTERS_MAX {
        return Err(Unreadable(format!("{} characters, at most {CHARACTERS_MAX} are read", text.len())));
    }
    let plain = if text.trim_start().starts_with('{') { text.to_owned() } else { decoded(text)? };
    let value: Value = serde_json::from_str(&plain).map_err(|error| Unreadable(error.to_string()))?;
    if value.is_object() { Ok(value) } else { Err(Unreadable("it is no JSON object".to_owned())) }
}

/// The statements of a policy document: a list, or one that stands alone.
#[must_use]
pub fn statements(document: &Value) -> &[Value] {
    match document.get("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// Percent-encoding, as RFC 3986 has it; a plus is a plus.
fn decoded(text: &str) -> Result<String, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit =
            |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) => bytes.push(high * 16 + low),
            _ => return Err(Unreadable("a % without two hexadecimal digits".to_owned())),
        }
    }
    String::from_utf8(bytes).map_err(|_| Unreadable("it is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn both_forms_are_read_and_others_are_not() {
        let plain = document(" {\"a\": \"1+1 %41\"}").unwrap();
        assert_eq!(plain["a"], "1+1 %41");
        assert_eq!(document("%7B%22a%22%3A%20%221+1%20%2541%22%7D").unwrap(), plain);
        for wrong in ["", "%7B", "%7", "%zz", "[]", "%22x%22", "%FF", "nothing"] {
            assert!(document(wrong).is_err(), "{wrong}");
        }
        // AWS's ReadOnlyAccess was refused once, at 64 KiB: a role that has it seemed to lack everything.
        let of = |letters: usize| document(&format!("{{\"a\":\"{}\"}}", "x".repeat(letters)));
        assert!(of(300_000).is_ok() && of(1 << 20).is_err());
    }
}
