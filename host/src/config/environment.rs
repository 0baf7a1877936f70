//! The settings of `PORTOLAN__SECTION__KEY`, by the schema.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::mistake::{Mistake, nearest};
use super::node::{Node, Origin, Value};
use super::schema::{self, types};
use super::unserved::unserved;
use super::variables::PORTOLAN;

/// Reads them into a layer.
#[must_use]
pub fn layer(env: &BTreeMap<String, String>, mistakes: &mut Vec<Mistake>) -> Node {
    let mut root = Node::empty();
    // In the order of names a section comes before its keys, so that the key wins over the section's JSON.
    for (name, text) in env {
        let Some(rest) = name.strip_prefix(PORTOLAN) else { continue };
        let origin = Origin::Variable(name.as_str().into());
        let segments: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
        let found = segments.iter().try_fold(schema::schema(), |level, key| schema::below(level, key));
        let Some(found) = found else {
            mistakes.push(unknown(name, &segments, &origin));
            continue;
        };
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match typed(text, found, &origin) {
            Ok(node) => root.put(&path, node),
            Err(message) => mistakes.push(Mistake::new(&origin, &path.join("."), message)),
        }
    }
    root
}

/// A variable's text as the schema would have it; what does not fit stays text, for the check to refuse.
///
/// # Errors
/// A list or a map that should be JSON and is not. The text is not repeated, as it may hold secrets.
pub fn typed(text: &str, schema: &Json, origin: &Origin) -> Result<Node, String> {
    let types = types(schema);
    let has = |name: &str| types.contains(&name);
    let value = if text == "null" {
        Value::Null
    } else if (has("array") && text.trim_start().starts_with('[')) || has("object") {
        let json: Json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        return Ok(Node::from_json(&json, origin));
    } else if has("array") && (!has("string") || text.contains(',')) {
        comma_list(text, origin)
    } else if has("boolean") && (text == "true" || text == "false") {
        Value::Bool(text == "true")
    } else if has("integer")
        && let Ok(number) = text.parse::<i64>()
    {
        Value::Int(number)
    } else if has("number")
        && let Ok(number) = text.parse::<f64>()
    {
        Value::Float(number)
    } else {
        Value::Text(text.to_owned())
    };
    Ok(Node::new(value, origin.clone()))
}

/// A comma list; an item that is empty stays, so that the check refuses it, but an empty text is empty text.
#[must_use]
pub fn comma_list(text: &str, origin: &Origin) -> Value {
    if text.trim().is_empty() {
        return Value::Text(String::new());
    }
    let items = text.split(',').map(|item| Node::new(Value::Text(item.trim().to_owned()), origin.clone()));
    Value::List(items.collect())
}

fn unknown(name: &str, segments: &[String], origin: &Origin) -> Mistake {
    if let Some(instead) = unserved(segments) {
        return Mistake::new(origin, &segments.join("."), "not served by this version")
            .instead(format!("take it out ({instead})"));
    }
    let mut paths = Vec::new();
    schema::paths(schema::schema(), "", &mut paths);
    let names: Vec<String> =
        paths.iter().map(|path| format!("{PORTOLAN}{}", path.to_ascii_uppercase().replace('.', "__"))).collect();
    let mistake = Mistake::new(origin, "", "no setting has this name");
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => mistake.instead(format!("did you mean {near}?")),
        None => mistake.instead("`portolan config --example` shows all settings"),
    }
}

/// What two layers say differently: the dotted path and both places.
#[must_use]
pub fn differences(one: &Node, other: &Node) -> Vec<(String, Origin, Origin)> {
    fn plain(node: &Node) -> Json {
        match &node.value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::from(*flag),
            Value::Int(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Text(text) => Json::from(text.as_str()),
            Value::List(items) => items.iter().map(plain).collect(),
            Value::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), plain(&entry.node))).collect(),
        }
    }
    fn walk(one: &Node, other: &Node, path: &str, out: &mut Vec<(String, Origin, Origin)>) {
        if let (Value::Map(entries), Value::Map(_)) = (&one.value, &other.value) {
            for entry in entries {
                if let Some(twin) = other.get(&entry.key) {
                    walk(&entry.node, twin, &super::node::child(path, &entry.key), out);
                }
            }
        } else if plain(one) != plain(other) {
            out.push((path.to_owned(), one.origin.clone(), other.origin.clone()));
        }
    }
    let mut out = Vec::new();
    walk(one, other, "", &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::{Node, differences, layer};
    use std::collections::BTreeMap;

    fn read(pairs: &[(&str, &str)]) -> (Node, Vec<String>) {
        let env: BTreeMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let mut mistakes = Vec::new();
        let node = layer(&env, &mut mistakes);
        (node, mistakes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn texts_become_what_the_schema_says() {
        let (node, mistakes) = read(&[
            ("PORTOLAN__DELETION__CONFIRM", "false"),
            ("PORTOLAN__DELETION__UNIT__SHARE", "0.25"),
            ("PORTOLAN__LIMITS__PER_ACCOUNT", "8"),
            ("PORTOLAN__REGIONS__ALLOW", "eu-west-1, eu-west-2"),
            ("PORTOLAN__ACCOUNTS__INCLUDE", "[\"012345678901\"]"),
            ("PORTOLAN__ACCOUNTS__EXCLUDE", "012345678901"),
            ("PORTOLAN__KINDS__SETTINGS", "{\"AWS::S3::Bucket\": {\"actions\": \"all\"}}"),
            ("PORTOLAN__ROLES__HUB", "null"),
            ("PORTOLAN_COMPONENT", "not a setting"),
        ]);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let json = |path: &str| format!("{:?}", node.at(path).map(|node| &node.value));
        assert_eq!(json("deletion.confirm"), "Some(Bool(false))");
        assert_eq!(json("deletion.unit.share"), "Some(Float(0.25))");
        assert_eq!(json("limits.per_account"), "Some(Int(8))");
        assert_eq!(node.at("regions.allow").unwrap().items()[1].text(), Some("eu-west-2"));
        assert_eq!(node.at("accounts.include").unwrap().items()[0].text(), Some("012345678901"));
        assert_eq!(node.at("accounts.exclude").unwrap().items()[0].text(), Some("012345678901"));
        assert!(node.at("kinds.settings").unwrap().get("AWS::S3::Bucket").is_some());
        assert!(node.get("roles").unwrap().get("hub").is_some(), "a null is kept: it unsets");
    }

    #[test]
    fn unknown_names_get_advice() {
        for (name, text, part) in [
            ("PORTOLAN__ROLES__EXTERNALID", "x", "did you mean PORTOLAN__ROLES__EXTERNAL_ID?"),
            ("PORTOLAN__KINDS__INCLUDE_SHARED", "true", "not served by this version"),
            ("PORTOLAN__ACCOUNTS", "{", "not JSON"),
        ] {
            let (_, mistakes) = read(&[(name, text)]);
            assert!(mistakes.len() == 1 && mistakes[0].starts_with(name) && mistakes[0].contains(part), "{mistakes:?}");
        }
    }

    #[test]
    fn only_different_values_differ() {
        let (one, _) = read(&[("PORTOLAN__REGIONS__ALLOW", "eu-west-1"), ("PORTOLAN__SENSITIVE", "keep")]);
        let (other, _) =
            read(&[("PORTOLAN__REGIONS", "{\"allow\": [\"eu-west-1\"]}"), ("PORTOLAN__SENSITIVE", "redact")]);
        let paths: Vec<String> = differences(&one, &other).into_iter().map(|(path, ..)| path).collect();
        assert_eq!(paths, ["sensitive"]);
    }
}
