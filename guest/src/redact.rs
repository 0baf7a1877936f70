//! Values that users keep secret do not leave the guest: a keyed digest stands in their place.
//!
//! The keys of a map stay, and a changed value shows as a changed digest. The digest is keyed, so that a short value
//! cannot be guessed by whoever reads the output.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::catalog::{Definition, tells};
use crate::config::Redaction;
use crate::limits::REDACTION_DEPTH;

/// Bytes of a block of SHA-256, which HMAC pads its key to.
const BLOCK: usize = 64;

/// Bytes of the digest that are shown: enough to see a change, too few to help a guess.
const SHOWN: usize = 4;

/// Redacts what a definition calls sensitive.
pub(crate) fn redact(properties: &mut Map<String, Value>, definition: &Definition, redaction: &Redaction) {
    let Redaction::Digest(key) = redaction else { return };
    at_paths(properties, &definition.sensitive, key);
    if definition.sensitive_names {
        by_name(properties, key, 0);
    }
}

/// Redacts whatever sounds secret. What lies too deep to be looked at goes whole.
fn by_name(members: &mut Map<String, Value>, key: &[u8], depth: usize) {
    for (name, value) in members {
        if tells(name) || depth >= REDACTION_DEPTH {
            replace(value, key, 0);
        } else {
            below(value, key, depth + 1);
        }
    }
}

fn below(value: &mut Value, key: &[u8], depth: usize) {
    match value {
        Value::Object(members) => by_name(members, key, depth),
        Value::Array(items) if depth >= REDACTION_DEPTH => items.iter_mut().for_each(|item| replace(item, key, 0)),
        Value::Array(items) => items.iter_mut().for_each(|item| below(item, key, depth + 1)),
        _ => {}
    }
}

fn at_paths(properties: &mut Map<String, Value>, paths: &[String], key: &[u8]) {
    for path in paths {
        let mut segments = path.split('.');
        if let Some(first) = segments.next()
            && let Some(value) = properties.get_mut(first)
        {
            descend(value, &segments.collect::<Vec<_>>(), key);
        }
    }
}

fn descend(value: &mut Value, path: &[&str], key: &[u8]) {
    if let Value::Array(items) = value {
        for item in items {
            descend(item, path, key);
        }
        return;
    }
    match path.split_first() {
        None => replace(value, key, 0),
        Some((first, rest)) => {
            if let Some(value) = value.get_mut(*first) {
                descend(value, rest, key);
            }
        }
    }
}

fn replace(value: &mut Value, key: &[u8], depth: usize) {
    let text = match value {
        Value::Null => return,
        Value::Object(members) if depth < REDACTION_DEPTH => {
            return members.values_mut().for_each(|member| replace(member, key, depth + 1));
        }
        Value::Array(items) if depth < REDACTION_DEPTH => {
            return items.iter_mut().for_each(|item| replace(item, key, depth + 1));
        }
        Value::String(text) => std::mem::take(text),
        ref other => other.to_string(),
    };
    *value = mark(&text, key);
}

fn mark(text: &str, key: &[u8]) -> Value {
    // Nothing is there, or the host has dropped what was: a digest would claim that the value is known.
    if text.is_empty() {
        return json!({"redacted": true});
    }
    let digest = hmac(key, text.as_bytes());
    json!({"redacted": true, "sha256_8": hex(digest.get(..SHOWN).unwrap_or_default())})
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC-SHA256, as RFC 2104 has it.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; BLOCK];
    let hashed: [u8; 32];
    let key = if key.len() > BLOCK {
        hashed = Sha256::digest(key).into();
        &hashed[..]
    } else {
        key
    };
    for (byte, key) in block.iter_mut().zip(key) {
        *byte = *key;
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{at_paths, by_name, hex, hmac};

    /// RFC 4231, test cases 2 and 6.
    #[test]
    fn hmac_is_the_rfcs() {
        let short = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&short), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn scalars_go_and_keys_stay() {
        let mut value =
            json!({"Environment": {"Variables": {"A": "secret", "N": 5, "O": null}, "Error": {"Message": "kept"}}});
        let properties = value.as_object_mut().unwrap();
        at_paths(properties, &["Environment.Variables".to_owned(), "Missing.X".to_owned()], &[1]);
        let text = value.to_string();
        assert!(!text.contains("secret") && text.contains("kept"), "{text}");
        let variables = &value["Environment"]["Variables"];
        assert_eq!(variables["A"]["redacted"], true);
        assert_eq!(variables["A"]["sha256_8"].as_str().unwrap().len(), 8);
        assert_ne!(variables["A"]["sha256_8"], variables["N"]["sha256_8"]);
        assert!(variables["O"].is_null());
    }

    #[test]
    fn what_the_host_has_dropped_is_redacted_without_a_digest() {
        let paths = ["K", "Options.Tunnels.PreSharedKey", "M", "L", "N"].map(str::to_owned);
        let mut value = json!({"K": "", "Options": {"Tunnels": [{"PreSharedKey": "", "Ip": "x"}, {}]}, "M": {}, "L": [], "N": null});
        at_paths(value.as_object_mut().unwrap(), &paths, &[1]);
        let redacted = json!({"redacted": true});
        let tunnels = json!([{"PreSharedKey": redacted, "Ip": "x"}, {}]);
        assert_eq!(value, json!({"K": redacted, "Options": {"Tunnels": tunnels}, "M": {}, "L": [], "N": null}));
    }

    #[test]
    fn another_key_gives_another_digest() {
        let with = |key| {
            let mut value = json!({"P": {"V": {"A": "secret"}}});
            at_paths(value.as_object_mut().unwrap(), &["P.V".to_owned()], &[key]);
            value
        };
        assert_ne!(with(1), with(2));
    }

    #[test]
    fn names_tell_at_any_depth() {
        let mut deep = json!({"MasterPassword": "deep"});
        for _ in 0..200 {
            deep = json!({"A": [deep]});
        }
        let mut value = json!({"L": [{"M": {"ClientSecret": "deep", "K": "kept"}}], "Deep": deep});
        by_name(value.as_object_mut().unwrap(), &[1], 0);
        let text = value.to_string();
        assert!(!text.contains("\"deep\"") && text.contains("kept"), "{text}");
    }
}
