//! Percent-encoding as AWS's signatures count on it: all but the unreserved characters of RFC 3986.

use std::fmt::Write as _;

/// A part of a path or of a query.
pub(super) fn percent(text: &str) -> String {
    encode(text, |_| false)
}

/// A part of a path that may hold several segments.
pub(super) fn percent_but_slashes(text: &str) -> String {
    encode(text, |byte| byte == b'/')
}

fn encode(text: &str, kept: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || kept(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The text without its percent-encoding; none where it is not UTF-8 then.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_unreserved() {
        assert_eq!(percent("aZ0-._~ /:+%&=ü"), "aZ0-._~%20%2F%3A%2B%25%26%3D%C3%BC");
        assert_eq!(percent_but_slashes("a/b c"), "a/b%20c");
    }

    #[test]
    fn decoding_leaves_what_is_no_escape() {
        assert_eq!(decoded("%7B%22a%22%3A1%7D+%zz%4").as_deref(), Some("{\"a\":1}+%zz%4"));
        assert_eq!(decoded("%FF"), None);
    }
}
