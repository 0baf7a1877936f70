//! Percent-encoding in its one canonical form.
//!
//! Two readers of one request must not see two things. So each byte has exactly one accepted spelling:
//! unreserved bytes as they are, every other as `%` and two upper-case hexadecimal digits.

/// Bytes that are never encoded: those of RFC 3986 and of AWS's signature.
pub(crate) fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Decodes `text`, in which only unreserved bytes may stand for themselves.
///
/// `form` accepts the two freedoms of `application/x-www-form-urlencoded` writers: `+` for a space, and
/// `*` and `~` either way.
///
/// # Errors
/// What is not canonical, as the end of a sentence.
pub(crate) fn decode(text: &str, form: bool) -> Result<String, &'static str> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = bytes.next().and_then(hex).ok_or("has a % without two upper-case hexadecimal digits")?;
                let low = bytes.next().and_then(hex).ok_or("has a % without two upper-case hexadecimal digits")?;
                let decoded = high << 4 | low;
                if unreserved(decoded) && !(form && decoded == b'~') {
                    return Err("encodes a character that must not be encoded");
                }
                out.push(decoded);
            }
            b'+' if form => out.push(b' '),
            b'*' if form => out.push(b'*'),
            _ if unreserved(byte) => out.push(byte),
            _ => return Err("has a character that must be percent-encoded"),
        }
    }
    let out = String::from_utf8(out).map_err(|_| "is not UTF-8 when decoded")?;
    if out.chars().any(char::is_control) { Err("has a control character when decoded") } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn one_spelling_for_each_text() {
        assert_eq!(decode("a-b_c.d~e", false).as_deref(), Ok("a-b_c.d~e"));
        assert_eq!(decode("arn%3Aaws%2Fx%20y", false).as_deref(), Ok("arn:aws/x y"));
        assert_eq!(decode("%C3%A9", false).as_deref(), Ok("é"));
        for (text, why) in [
            ("%41", "must not be encoded"),
            ("%2e", "upper-case"),
            ("%2E", "must not be encoded"),
            ("a%", "upper-case"),
            ("a%2", "upper-case"),
            ("a b", "must be percent-encoded"),
            ("a+b", "must be percent-encoded"),
            ("a;b", "must be percent-encoded"),
            ("é", "must be percent-encoded"),
            ("%FF", "UTF-8"),
            ("%00", "control"),
            ("%0D%0A", "control"),
            ("%C2%85", "control"),
        ] {
            let error = decode(text, false).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn forms_may_write_a_space_as_plus() {
        assert_eq!(decode("a+b%20c*%2A~%7E", true).as_deref(), Ok("a b c**~~"));
        assert!(decode("%41", true).is_err());
    }
}
