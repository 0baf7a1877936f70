//! The schema of `portolan.yaml`, and the check of one layer against it.
//!
//! The schema is written by hand, once: editors read it, `config --schema` prints it, and this module takes keys,
//! types, forms, secrets and defaults from it, so that none of them can differ from what is documented. Of JSON
//! Schema it reads exactly the words that the file uses.

use std::sync::OnceLock;

use serde_json::Value as Json;

use super::formats;
use super::kinds::KnownKinds;
use super::mistake::{Mistake, nearest};
use super::node::{Entry, Node, Origin, Value, child};
use super::references;
use super::unserved::unserved;

/// The schema as it is in the repository.
pub const TEXT: &str = include_str!("portolan.schema.json");

/// The schema, parsed once.
#[must_use]
#[expect(clippy::expect_used, reason = "the text is a constant, and a test parses it")]
pub fn schema() -> &'static Json {
    static SCHEMA: OnceLock<Json> = OnceLock::new();
    SCHEMA.get_or_init(|| serde_json::from_str(TEXT).expect("the schema is JSON"))
}

/// The built-in defaults as a layer: what the schema says under `default`.
#[must_use]
pub fn defaults() -> Node {
    fn of(schema: &Json) -> Option<Node> {
        if let Some(default) = schema.get("default") {
            return Some(Node::from_json(default, &Origin::Default));
        }
        let properties = schema.get("properties")?.as_object()?;
        let entries: Vec<Entry> =
            properties.iter().filter_map(|(key, below)| Some(Entry::new(key, of(below)?))).collect();
        (!entries.is_empty()).then(|| Node::new(Value::Map(entries), Origin::Default))
    }
    of(schema()).unwrap_or_else(Node::empty)
}

/// The schema below a key: a property, or what the map says of all its keys.
#[must_use]
pub fn below<'s>(schema: &'s Json, key: &str) -> Option<&'s Json> {
    schema
        .get("properties")
        .and_then(|properties| properties.get(key))
        .or_else(|| schema.get("additionalProperties").filter(|below| below.is_object()))
}

/// Whether the schema marks this key as one that may read a reference and is never printed.
#[must_use]
pub fn is_secret(schema: &Json) -> bool {
    schema.get("x-secret").and_then(Json::as_bool).unwrap_or(false)
}

/// Of a schema with alternatives the one that a value of this type is meant for; else the schema itself.
#[must_use]
pub fn alternative<'s>(schema: &'s Json, value: &Value) -> &'s Json {
    let alternatives = schema.get("anyOf").and_then(Json::as_array);
    alternatives.and_then(|all| all.iter().find(|one| fits(value, &types(one)))).unwrap_or(schema)
}

/// The types that a schema names: one, several, or those of its alternatives.
#[must_use]
pub fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => schema.get("anyOf").and_then(Json::as_array).into_iter().flatten().flat_map(types).collect(),
    }
}

/// Checks layers and gathers what is wrong in all of them.
pub struct Checker<'a> {
    kinds: &'a KnownKinds,
    /// Whether others can read the file of this name.
    exposed: &'a dyn Fn(&str) -> bool,
    /// What was found so far.
    pub mistakes: Vec<Mistake>,
}

impl<'a> Checker<'a> {
    /// A checker that knows these kinds and these files.
    #[must_use]
    pub fn new(kinds: &'a KnownKinds, exposed: &'a dyn Fn(&str) -> bool) -> Self {
        Self { kinds, exposed, mistakes: Vec::new() }
    }

    /// The layer without what is wrong in it, so that later checks see only values of the right form.
    #[must_use]
    pub fn check(&mut self, layer: Node) -> Node {
        let origin = layer.origin.clone();
        self.node(layer, schema(), &mut Vec::new(), "").unwrap_or(Node { value: Value::Map(Vec::new()), origin })
    }

    fn say(&mut self, origin: &Origin, key: &str, (message, instead): (String, Option<String>)) {
        self.mistakes.push(Mistake { origin: origin.clone(), key: key.to_owned(), message, instead });
    }

    fn node(&mut self, node: Node, schema: &Json, segments: &mut Vec<String>, path: &str) -> Option<Node> {
        let origin = node.origin.clone();
        let schema = alternative(schema, &node.value);
        if matches!(&node.value, Value::Text(text) if text.trim().is_empty()) {
            let advice = Some("write null, or leave the key out".to_owned());
            self.say(&origin, path, ("an empty string is not a value".to_owned(), advice));
            return None;
        }
        if !fits(&node.value, &types(schema)) {
            let wrong = mistyped(&node.value, schema);
            self.say(&origin, path, wrong);
            return None;
        }
        let value = match node.value {
            Value::Map(entries) => Value::Map(self.map(entries, schema, segments, path, &origin)),
            Value::List(items) => {
                let below = schema.get("items").unwrap_or(&Json::Null);
                let checked = items.into_iter().enumerate().filter_map(|(index, item)| {
                    segments.push(index.to_string());
                    let kept = self.node(item, below, segments, &format!("{path}[{index}]"));
                    segments.pop();
                    kept
                });
                Value::List(checked.collect())
            }
            Value::Text(text) => Value::Text(self.text(text, schema, path, &origin)?),
            scalar => {
                if let Some(wrong) = out_of_range(&scalar, schema) {
                    self.say(&origin, path, wrong);
                    return None;
                }
                scalar
            }
        };
        Some(Node::new(value, origin))
    }

    fn map(
        &mut self,
        entries: Vec<Entry>,
        schema: &Json,
        segments: &mut Vec<String>,
        path: &str,
        origin: &Origin,
    ) -> Vec<Entry> {
        for required in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            if !entries.iter().any(|entry| entry.key == required) {
                self.say(origin, path, (format!("{required} is missing"), None));
            }
        }
        let mut kept = Vec::new();
        for entry in entries {
            let here = child(path, &entry.key);
            segments.push(entry.key.clone());
            let names = schema.get("propertyNames").and_then(|names| names.get("format")).and_then(Json::as_str);
            let wrong = match names {
                Some("account-id") if entry.key_is_number => Some(quoted_account(&entry.key)),
                Some(format) => formats::check(format, &entry.key, self.kinds).err(),
                None => None,
            };
            match (below(schema, &entry.key), wrong) {
                (_, Some(wrong)) => self.say(&entry.key_origin, path, wrong),
                (None, None) => {
                    let wrong = unknown_key(&entry.key, segments, schema);
                    self.say(&entry.key_origin, &here, wrong);
                }
                (Some(below), None) => {
                    if let Some(node) = self.node(entry.node, below, segments, &here) {
                        kept.push(Entry { node, ..Entry { node: Node::empty(), ..entry } });
                    }
                }
            }
            segments.pop();
        }
        kept
    }

    fn text(&mut self, text: String, schema: &Json, path: &str, origin: &Origin) -> Option<String> {
        let wrong = if is_secret(schema) {
            self.secret(&text, origin)
        } else if text.contains("${") {
            let advice = "they are for secrets: credentials.keys, external_id, a webhook's secret and Port's client";
            Some(("references (${…}) are not read in this key".to_owned(), Some(advice.to_owned())))
        } else if let Some(allowed) = schema.get("enum").and_then(Json::as_array) {
            formats::one_of(&text, allowed.iter().filter_map(Json::as_str)).err()
        } else {
            let format = schema.get("format").and_then(Json::as_str).unwrap_or_default();
            formats::check(format, &text, self.kinds).err()
        };
        match wrong {
            Some(wrong) => {
                self.say(origin, path, wrong);
                None
            }
            None => Some(text),
        }
    }

    fn secret(&self, text: &str, origin: &Origin) -> Option<formats::Wrong> {
        match references::parse(text) {
            Err(wrong) => Some(wrong),
            Ok(Some(_)) => None,
            Ok(None) => match origin {
                Origin::File { path, .. } if (self.exposed)(path) => Some((
                    "a secret stands here as it is, and others can read this file".to_owned(),
                    Some(format!("write \"${{ENV:NAME}}\" or \"${{FILE:path}}\", or `chmod 600 {path}`")),
                )),
                _ => None,
            },
        }
    }
}

fn fits(value: &Value, types: &[&str]) -> bool {
    let name = match value {
        // null unsets, wherever it stands; the schema says so where an editor should offer it.
        Value::Null => return types.contains(&"null"),
        Value::Bool(_) => "boolean",
        Value::Int(_) => return types.contains(&"integer") || types.contains(&"number"),
        Value::Float(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    };
    types.contains(&name)
}

fn quoted_account(digits: &str) -> formats::Wrong {
    let id = format!("{digits:0>12}");
    ("an account id written as a number loses its leading zeros".to_owned(), Some(format!("write \"{id}\" in quotes")))
}

fn mistyped(value: &Value, schema: &Json) -> formats::Wrong {
    let types = types(schema);
    let wanted = types.iter().filter(|name| **name != "null").map(|name| match *name {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "text",
        "array" => "a list",
        _ => "a map",
    });
    let wanted = wanted.collect::<Vec<_>>().join(" or ");
    let secret = is_secret(schema);
    let (given, advice) = match value {
        Value::Null => ("null".to_owned(), None),
        Value::Int(number) if types.contains(&"string") && !secret => {
            if schema.get("format").and_then(Json::as_str) == Some("account-id") {
                return quoted_account(&number.to_string());
            }
            (number.to_string(), Some(format!("write \"{number}\" in quotes")))
        }
        Value::Int(_) | Value::Float(_) if types.contains(&"string") => {
            ("a number".to_owned(), Some("write it in quotes".to_owned()))
        }
        Value::Int(number) => (number.to_string(), None),
        Value::Float(number) => (number.to_string(), None),
        Value::Bool(flag) if types.contains(&"string") => {
            (flag.to_string(), Some(format!("write \"{flag}\" in quotes")))
        }
        Value::Bool(flag) => (flag.to_string(), None),
        Value::Text(text) if types.contains(&"boolean") && ["yes", "no", "on", "off"].contains(&text.as_str()) => {
            let flag = text == "yes" || text == "on";
            (format!("{text:?}"), Some(format!("write {flag}")))
        }
        // Below an object the keys may be secrets, and so may a text that was put in its place.
        Value::Text(_) if types.contains(&"object") => ("text".to_owned(), None),
        Value::Text(text) => {
            let advice = types.contains(&"array").then(|| format!("write [{text}]"));
            (format!("{text:?}"), advice)
        }
        Value::List(_) => ("a list".to_owned(), None),
        Value::Map(_) => ("a map".to_owned(), None),
    };
    (format!("{given} stands where {wanted} is expected"), advice)
}

fn out_of_range(value: &Value, schema: &Json) -> Option<formats::Wrong> {
    #[expect(clippy::cast_precision_loss, reason = "limits are far below where it matters")]
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => return None,
    };
    let bound = |name: &str| schema.get(name).and_then(Json::as_f64);
    if let Some(allowed) = schema.get("enum").and_then(Json::as_array)
        && !allowed.iter().filter_map(Json::as_f64).any(|one| one.total_cmp(&number).is_eq())
    {
        let all = allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Some((format!("{number} is not one of {all}"), None));
    }
    let low = bound("minimum").is_some_and(|least| number < least)
        || bound("exclusiveMinimum").is_some_and(|below| number <= below);
    let high = bound("maximum").is_some_and(|most| number > most);
    if !low && !high && number.is_finite() {
        return None;
    }
    let least = bound("minimum").map(|n| format!("at least {n}"));
    let least = least.or_else(|| bound("exclusiveMinimum").map(|n| format!("more than {n}")));
    let most = bound("maximum").map(|n| format!("at most {n}"));
    let range = [least, most].into_iter().flatten().collect::<Vec<_>>().join(" and ");
    Some((format!("{number} is out of range"), Some(format!("write {range}"))))
}

fn unknown_key(key: &str, segments: &[String], level: &Json) -> formats::Wrong {
    if let Some(instead) = unserved(segments) {
        return ("not served by this version".to_owned(), Some(format!("take it out ({instead})")));
    }
    let siblings = level.get("properties").and_then(Json::as_object);
    let names = siblings.into_iter().flat_map(|properties| properties.keys()).map(String::as_str);
    if let Some(near) = nearest(key, names) {
        return ("unknown key".to_owned(), Some(format!("did you mean {near}?")));
    }
    let mut all = Vec::new();
    paths(schema(), "", &mut all);
    let elsewhere: Vec<&String> = all.iter().filter(|path| path.rsplit('.').next() == Some(key)).collect();
    let advice = match elsewhere.as_slice() {
        [one] => Some(format!("did you mean {one}?")),
        _ => None,
    };
    ("unknown key".to_owned(), advice)
}

/// Every key of the schema as a dotted path, maps of any key as `*`.
pub fn paths(schema: &Json, path: &str, out: &mut Vec<String>) {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    for (key, below) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
        out.push(join(key));
        paths(below, &join(key), out);
    }
    if let Some(below) = schema.get("additionalProperties").filter(|below| below.is_object()) {
        paths(below, &join("*"), out);
    }
    if let Some(below) = schema.get("items") {
        paths(below, path, out);
    }
}
