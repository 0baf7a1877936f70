//! JSON as text, by serde's writer: `Display` of a value goes through the formatting machinery piece by piece, which was an
//! eighth of what a run without a mapping costs.

use std::io;

use serde_json::Value;

/// The text of a value.
pub(crate) fn text(value: &Value) -> String {
    // A value has no keys but texts and no numbers but finite ones: there is always a text.
    serde_json::to_string(value).unwrap_or_default()
}

/// How many bytes that text has.
pub(crate) fn length(value: &Value) -> usize {
    let mut length = Length(0);
    // Counting does not fail.
    let _ = serde_json::to_writer(&mut length, value);
    length.0
}

struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn the_same_text_as_by_display_and_its_length() {
        let value =
            json!({"ü\n\"": [1, -0.5, 1e300, true, null, {"\u{1}": "\u{7f}ß"}], "b": 18_446_744_073_709_551_615_u64});
        assert_eq!(super::text(&value), value.to_string());
        assert_eq!(super::length(&value), value.to_string().len());
    }
}
