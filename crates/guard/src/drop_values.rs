//! Takes out of an answer what nobody is to have: [`crate::Permitted::dropped`] says which names.
//!
//! A host does it where the answer comes from the network, below everything that keeps, records or reads answers. Every
//! JSON member and XML element of such a name loses its content, wherever in the answer it stands; the rest is copied byte
//! by byte. An answer that cannot be read cannot be blanked and is given to nobody.

use serde::de::IgnoredAny;

/// Why an answer is withheld. Says nothing of the answer itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("values must be dropped from the answer, and it cannot be read: neither JSON nor XML within limits")]
pub struct Unreadable;

/// The answer's body without the values of these names; none where it stays as it is. An answer that reports a failure and
/// cannot be read loses its body: its status still says what to do.
///
/// # Errors
/// An answer that reports success and cannot be read.
pub fn drop_values(status: u16, body: &[u8], names: &[String]) -> Result<Option<String>, Unreadable> {
    if names.is_empty() || body.is_empty() {
        return Ok(None);
    }
    match blanked(body, names) {
        Some(text) => Ok(Some(text)),
        None if status >= 300 => Ok(Some(String::new())),
        None => Err(Unreadable),
    }
}

fn blanked(body: &[u8], names: &[String]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    // By the form of the body and not by the protocol: gateways answer JSON services in XML, and the other way round.
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        portolan_xml::blank(text, names).ok()
    } else {
        blank_json(text, names)
    }
}

/// Empties the members of these names: text becomes `""`, a list `[]`, an object `{}`, anything else `null`.
///
/// The text is first read as JSON, so that what follows may rely on it. Every byte is looked at a fixed number of times.
fn blank_json(text: &str, names: &[String]) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let (before, from) = rest.split_at_checked(at)?;
        let (string, after) = from.split_at_checked(string_length(from)?)?;
        out.extend([before, string]);
        rest = after;
        // In JSON, a string before a colon is a key.
        if let Some(value) = after.trim_start().strip_prefix(':')
            && is_one_of(string, names)?
        {
            let (empty, after) = skip_value(value.trim_start())?;
            out.extend([":", empty]);
            rest = after;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// Whether a key, as it is written, is one of the names. None where it stands for no text.
fn is_one_of(written: &str, names: &[String]) -> Option<bool> {
    if !written.contains('\\') {
        let key = written.strip_prefix('"')?.strip_suffix('"')?;
        return Some(names.iter().any(|name| name == key));
    }
    let key: String = serde_json::from_str(written).ok()?;
    Some(names.contains(&key))
}

/// What stands for the value at the beginning when it is emptied, and what follows it.
fn skip_value(text: &str) -> Option<(&'static str, &str)> {
    let (empty, length) = match text.chars().next()? {
        '"' => ("\"\"", string_length(text)?),
        '{' => ("{}", container_length(text)?),
        '[' => ("[]", container_length(text)?),
        _ => ("null", text.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(text.len())),
    };
    Some((empty, text.get(length..)?))
}

/// Bytes of the string that a text begins with, with its quotes.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Bytes of the object or list that a text begins with.
fn container_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        at += rest.find(['"', '{', '[', '}', ']'])?;
        let rest = text.get(at..)?;
        match rest.bytes().next()? {
            b'"' => {
                at += string_length(rest)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            _ => depth = depth.checked_sub(1)?,
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(status: u16, body: &str) -> Result<String, Unreadable> {
        let names = ["authKey", "input", "preSharedKey"].map(str::to_owned);
        drop_values(status, body.as_bytes(), &names).map(|blanked| blanked.unwrap_or_else(|| body.to_owned()))
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(dropped(200, body).unwrap(), expected);
    }

    #[test]
    fn members_of_json_are_emptied_by_what_they_are() {
        check(r#"{"authKey":"x"}"#, r#"{"authKey":""}"#);
        check(r#"{"authKey":{"a":["}",{"b":"]\""}]},"c":1}"#, r#"{"authKey":{},"c":1}"#);
        check(r#"{"authKey":["x",["y"]]}"#, r#"{"authKey":[]}"#);
        check(r#"{"authKey":17}"#, r#"{"authKey":null}"#);
        check(r#"{"authKey": true , "a":1}"#, r#"{"authKey":null , "a":1}"#);
        check("{\"authKey\"\n:\t\"a\\\\\\\"b\\\\\",\"c\":1}", r#"{"authKey":"","c":1}"#);
    }

    #[test]
    fn members_of_json_are_found_wherever_they_stand() {
        check(
            r#"{"a":[{"authKey":"1","bgpPeers":[{"authKey":"2"},{"authKey":"3"}]}],"authKey":"4","input":"{\"authKey\":\"5\"}"}"#,
            r#"{"a":[{"authKey":"","bgpPeers":[{"authKey":""},{"authKey":""}]}],"authKey":"","input":""}"#,
        );
        // However the key is written, and however often it is given.
        check(
            r#"{"\u0061uthKey":"1","auth\u004bey":"2","authKey":"3","authKey":"4"}"#,
            r#"{"\u0061uthKey":"","auth\u004bey":"","authKey":"","authKey":""}"#,
        );
    }

    #[test]
    fn all_else_of_json_is_kept_byte_by_byte() {
        for body in [
            r#"{ "authKeyId":"1", "AuthKey":"2", "xauthKey":"3", "inputDetails":{"included":true} }"#,
            r#"{"a":"authKey","b":["authKey","x"],"c":"\"authKey\":\"x\"","d":1.10,"e":1e400,"f":123456789012345678901234567890}"#,
            r#"{"é":"\ud83d\ude00 ü"}"#,
            "[]",
            "\"authKey\"",
            "null",
        ] {
            check(body, body);
        }
    }

    #[test]
    fn xml_is_told_by_its_form() {
        check(
            "<?xml version=\"1.0\"?>\n<R><item a='1'><preSharedKey>x&amp;<![CDATA[y]]></preSharedKey><preSharedKeyId>z</preSharedKeyId></item></R>",
            "<?xml version=\"1.0\"?>\n<R><item a='1'><preSharedKey></preSharedKey><preSharedKeyId>z</preSharedKeyId></item></R>",
        );
        check("\u{feff} \n<R><input/></R>", " \n<R><input/></R>");
    }

    #[test]
    fn what_cannot_be_read_is_withheld() {
        for body in [
            "{\"authKey\":\"x",
            "{'authKey':'x'}",
            "authKey=x",
            "<R><preSharedKey>x",
            "{} {}",
            "{\"a\":1,}",
            "\u{feff}{}",
        ] {
            assert_eq!(dropped(200, body), Err(Unreadable), "{body}");
            assert_eq!(dropped(503, body).as_deref(), Ok(""), "{body}: the status is enough to go by");
        }
        let names = ["authKey".to_owned()];
        assert_eq!(drop_values(200, b"{\"a\":\"\xff\"}", &names), Err(Unreadable));
        // An error keeps its code, which decides what is done about it.
        let denied = r#"{"__type":"AccessDeniedException","message":"no"}"#;
        assert_eq!(dropped(400, denied).as_deref(), Ok(denied));
    }

    #[test]
    fn nothing_to_drop_is_nothing_read() {
        assert_eq!(drop_values(200, b"\xff not text", &[]), Ok(None));
        assert_eq!(dropped(200, "").as_deref(), Ok(""));
    }

    #[test]
    fn a_large_answer_takes_time_in_proportion() {
        let body = format!("[{}]", vec![r#"{"authKey":["[[[["],"a":"x"}"#; 200_000].join(","));
        let blanked = dropped(200, &body).unwrap();
        assert!(!blanked.contains("[[[["));
        let deep = format!("{{\"authKey\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        check(&deep, r#"{"authKey":[]}"#);
    }
}
