//! A JSON value as YAML that people read: blocks, few quotes, long texts line by line.

use std::fmt::Write as _;

use serde_json::Value;

/// What YAML 1.1, which CloudFormation reads, takes for something else than text.
const RESERVED: &[&str] = &["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// The value as a document.
#[must_use]
pub fn text(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 || indent == 0 {
                    pad(out, indent);
                }
                out.push_str(&scalar(key));
                out.push(':');
                below(out, item, indent + 2, indent);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                pad(out, indent);
                out.push('-');
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        out.push(' ');
                        write(out, item, indent + 2);
                    }
                    _ => below(out, item, indent + 2, indent),
                }
            }
        }
        other => {
            let _ = writeln!(out, "{other}");
        }
    }
}

/// What stands after a key or a dash.
fn below(out: &mut String, item: &Value, indent: usize, parent: usize) {
    match item {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            pad(out, indent);
            write(out, item, indent);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write(out, item, indent);
        }
        Value::String(text) if text.contains('\n') => block(out, text, parent + 2),
        Value::String(text) => {
            let _ = writeln!(out, " {}", scalar(text));
        }
        other => {
            let _ = writeln!(out, " {other}");
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.push_str(&" ".repeat(indent));
}

/// A text of several lines.
fn block(out: &mut String, text: &str, indent: usize) {
    out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text.trim_end_matches('\n').split('\n') {
        if !line.is_empty() {
            let _ = write!(out, "{}{line}", " ".repeat(indent));
        }
        out.push('\n');
    }
}

/// A text on one line; quoted, as JSON does it, unless it can be taken for nothing else.
fn scalar(text: &str) -> String {
    let inside = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(inside)
        && !text.ends_with(':')
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::text;
    use serde_json::json;

    #[test]
    fn blocks_quotes_and_long_texts() {
        let value = json!({
            "A": {"B": ["sts:AssumeRole", {"C": 1, "D": [true, {}]}, "*"]},
            "Date": "2012-10-17", "No": "no", "Long": "one\n\n  two\n", "Short": "a\nb", "Empty": "",
        });
        let written = "A:\n  B:\n    - sts:AssumeRole\n    - C: 1\n      D:\n        - true\n        - {}\n    - \"*\"\n\
            Date: \"2012-10-17\"\n\"No\": \"no\"\nLong: |\n  one\n\n    two\nShort: |-\n  a\n  b\nEmpty: \"\"\n";
        assert_eq!(text(&value), written);
    }
}
