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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_unreserved() {
        assert_eq!(percent("aZ0-._~ /:+%&=ü"), "aZ0-._~%20%2F%3A%2B%25%26%3D%C3%BC");
        assert_eq!(percent_but_slashes("a/b c"), "a/b%20c");
    }
}
