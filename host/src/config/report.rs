//! Every setting in force with its origin, secrets masked: `config --show`.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::Loaded;
use super::node::{Node, Origin, Value, child};
use super::schema::{self, is_secret};

/// What stands for a secret.
const MASK: &str = "***";

/// Values longer than this do not push the origins of all others to the right.
const ALIGN_MAX: usize = 60;

/// One line a setting: key, value, origin; settings that nobody wrote included.
#[must_use]
pub fn show(loaded: &Loaded) -> String {
    let mut rows: Vec<(String, String, String)> = Vec::new();
    walk(loaded, schema::schema(), Some(&loaded.merged.tree), "", &mut rows);
    let settings = &loaded.settings;
    let computed = rows.iter_mut().find(|(key, ..)| key == "limits.concurrency");
    if let Some((_, value, origin)) = computed.filter(|(_, value, _)| value == "null") {
        *value = settings.limits.concurrency.to_string();
        "default, 32 per core".clone_into(origin);
    }
    for (flag, value) in [
        ("--record", settings.record.as_ref()),
        ("--replay", settings.replay.as_ref()),
        ("--report", settings.report.as_ref()),
        ("--cache-dir", settings.cache_dir.as_ref()),
    ] {
        if let Some(value) = value {
            rows.push((flag.trim_start_matches('-').replace('-', "_"), value.display().to_string(), flag.to_owned()));
        }
    }
    let keys = rows.iter().map(|(key, ..)| key.chars().count()).max().unwrap_or(0);
    let values = rows.iter().map(|(_, value, _)| value.chars().count()).filter(|n| *n <= ALIGN_MAX).max().unwrap_or(0);
    // Writing to a String cannot fail.
    let mut out = String::new();
    for (key, value, origin) in rows {
        let _ = writeln!(out, "{key:keys$}  {value:values$}  # {origin}");
    }
    for notice in &loaded.notices {
        let _ = writeln!(out, "# {notice}");
    }
    out
}

fn walk(loaded: &Loaded, schema: &Json, node: Option<&Node>, path: &str, rows: &mut Vec<(String, String, String)>) {
    let below = schema.get("properties").and_then(Json::as_object);
    let fixed: Vec<(&str, &Json)> = below.into_iter().flatten().map(|(key, below)| (key.as_str(), below)).collect();
    let free = schema.get("additionalProperties").filter(|below| below.is_object());
    if let Some(below) = free {
        let entries = node.map(Node::entries).unwrap_or_default();
        if entries.is_empty() {
            rows.push((path.to_owned(), "{}".to_owned(), origin(loaded, node, path)));
        }
        for entry in entries {
            // Only what was written: a map of any key has no defaults below it.
            written(loaded, below, &entry.node, &child(path, &entry.key), rows);
        }
        return;
    }
    if fixed.is_empty() {
        let value = node.map_or_else(|| "null".to_owned(), |node| plain(node, schema));
        rows.push((path.to_owned(), value, origin(loaded, node, path)));
    }
    for (key, below) in fixed {
        walk(loaded, below, node.and_then(|node| node.get(key)), &child(path, key), rows);
    }
}

fn written(loaded: &Loaded, schema: &Json, node: &Node, path: &str, rows: &mut Vec<(String, String, String)>) {
    if node.entries().is_empty() {
        rows.push((path.to_owned(), plain(node, schema), origin(loaded, Some(node), path)));
    }
    for entry in node.entries() {
        let below = schema::below(schema, &entry.key).unwrap_or(&Json::Null);
        written(loaded, below, &entry.node, &child(path, &entry.key), rows);
    }
}

fn origin(loaded: &Loaded, node: Option<&Node>, path: &str) -> String {
    match node {
        Some(node) => node.origin.to_string(),
        None => {
            let null = loaded.merged.unset.iter().find(|(key, _)| key == path);
            null.map_or_else(|| Origin::Default.to_string(), |(_, origin)| origin.to_string())
        }
    }
}

/// A value on one line, as JSON, which YAML reads too; text without quotes where it needs none.
fn plain(node: &Node, schema: &Json) -> String {
    let schema = schema::alternative(schema, &node.value);
    if is_secret(schema) && !matches!(node.value, Value::Null) {
        return MASK.to_owned();
    }
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(items) => {
            let below = schema.get("items").unwrap_or(&Json::Null);
            format!("[{}]", items.iter().map(|item| plain(item, below)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let inside = entries.iter().map(|entry| {
                let below = schema::below(schema, &entry.key).unwrap_or(&Json::Null);
                format!("{}: {}", entry.key, plain(&entry.node, below))
            });
            format!("{{{}}}", inside.collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-:/.+@".contains(&b));
    if bare { text.to_owned() } else { Json::from(text).to_string() }
}
