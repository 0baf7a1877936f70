//! A setting as it was written somewhere, and where: the tree that all layers are read into.

use std::fmt;
use std::sync::Arc;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody wrote it.
    Default,
    /// A configuration file; line and column count from 1.
    File {
        /// As it was named, `./portolan.yaml` when it was found.
        path: Arc<str>,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
    },
    /// An environment variable.
    Variable(Arc<str>),
    /// A flag of the command line, with its dashes.
    Flag(&'static str),
    /// The mapping of this integration at Port.
    Port(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line, column } => write!(f, "{path}:{line}:{column}"),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
            Self::Port(integration) => write!(f, "the mapping of {integration} at Port"),
        }
    }
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What was written.
    pub value: Value,
    /// Where it begins.
    pub origin: Origin,
}

/// What YAML, JSON, a variable or a flag can say.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Unsets what a lower layer set.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// Replaces the list of a lower layer.
    List(Vec<Node>),
    /// Merged by key with the map of a lower layer.
    Map(Vec<Entry>),
}

/// One key of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// As text; a number in the place of a key is kept as its digits.
    pub key: String,
    /// True where YAML saw a number: leading zeros may be lost.
    pub key_is_number: bool,
    /// Where the key stands.
    pub key_origin: Origin,
    /// What it says.
    pub node: Node,
}

impl Entry {
    /// An entry whose key stands where its value does.
    #[must_use]
    pub fn new(key: &str, node: Node) -> Self {
        Self { key: key.to_owned(), key_is_number: false, key_origin: node.origin.clone(), node }
    }
}

impl Node {
    /// A node of the given origin.
    #[must_use]
    pub const fn new(value: Value, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// An empty map that nobody wrote: what layers begin from.
    #[must_use]
    pub const fn empty() -> Self {
        Self::new(Value::Map(Vec::new()), Origin::Default)
    }

    /// The node below a key, where this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The node at a dotted path of plain keys, nulls left out.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        let found = path.split('.').try_fold(self, |node, key| node.get(key))?;
        (!matches!(found.value, Value::Null)).then_some(found)
    }

    /// Where a JSON pointer points: the deepest place on its way that is there.
    #[must_use]
    pub fn place(&self, pointer: &str) -> &Origin {
        let mut node = self;
        for segment in pointer.split('/').filter(|segment| !segment.is_empty()) {
            let key = segment.replace("~1", "/").replace("~0", "~");
            let index = key.parse::<usize>().ok().and_then(|index| node.items().get(index));
            match node.get(&key).or(index) {
                Some(below) => node = below,
                None => break,
            }
        }
        &node.origin
    }

    /// The entries of a map, none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list, none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text, where this is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as JSON, without its places.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Int(number) => (*number).into(),
            Value::Float(number) => (*number).into(),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.node.json())).collect(),
        }
    }

    /// Puts a node at a path of keys, making the maps on the way; replaces what is there.
    pub fn put(&mut self, path: &[&str], node: Self) {
        let Some((first, rest)) = path.split_first() else {
            *self = node;
            return;
        };
        if !matches!(self.value, Value::Map(_)) {
            self.value = Value::Map(Vec::new());
        }
        let Value::Map(entries) = &mut self.value else { return };
        let place = entries.iter().position(|entry| entry.key == *first).unwrap_or_else(|| {
            entries.push(Entry::new(first, Self::new(Value::Map(Vec::new()), node.origin.clone())));
            entries.len() - 1
        });
        if let Some(entry) = entries.get_mut(place) {
            entry.node.put(rest, node);
        }
    }

    /// From JSON: all of it has the one origin, as a variable has no lines worth naming.
    #[must_use]
    pub fn from_json(json: &serde_json::Value, origin: &Origin) -> Self {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(*flag),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::NAN)), Value::Int)
            }
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Array(items) => {
                Value::List(items.iter().map(|item| Self::from_json(item, origin)).collect())
            }
            serde_json::Value::Object(map) => {
                Value::Map(map.iter().map(|(key, item)| Entry::new(key, Self::from_json(item, origin))).collect())
            }
        };
        Self::new(value, origin.clone())
    }

    /// This tree with another laid over it: maps by key, lists whole, null unsets.
    ///
    /// What a null removed is named in `unset`, with the place of the null.
    pub fn overlay(&mut self, over: Self, path: &str, unset: &mut Vec<(String, Origin)>) {
        match (&mut self.value, over.value) {
            (Value::Map(below), Value::Map(above)) => {
                for entry in above {
                    let path = child(path, &entry.key);
                    let place = below.iter().position(|known| known.key == entry.key);
                    match (place, &entry.node.value) {
                        (_, Value::Null) => {
                            unset.retain(|(known, _)| *known != path);
                            unset.push((path, entry.node.origin));
                            below.retain(|known| known.key != entry.key);
                        }
                        (Some(place), _) => {
                            if let Some(known) = below.get_mut(place) {
                                known.node.overlay(entry.node, &path, unset);
                            }
                        }
                        (None, _) => {
                            let mut node = Self::new(Value::Map(Vec::new()), entry.node.origin.clone());
                            if matches!(entry.node.value, Value::Map(_)) {
                                node.overlay(entry.node, &path, unset);
                            } else {
                                node = entry.node;
                            }
                            below.push(Entry { node, ..Entry { node: Self::empty(), ..entry } });
                        }
                    }
                }
            }
            (_, value) => *self = Self::new(value, over.origin),
        }
    }
}

/// The dotted path of a key below another; keys with dots or colons are quoted.
#[must_use]
pub fn child(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let key = if plain { key.to_owned() } else { format!("\"{key}\"") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::{Node, Origin};
    use serde_json::json;

    fn node(json: &serde_json::Value) -> Node {
        Node::from_json(json, &Origin::Default)
    }

    #[test]
    fn maps_merge_lists_replace_and_null_unsets() {
        let mut below = node(&json!({"a": {"x": 1, "y": 2}, "l": [1, 2], "gone": "g"}));
        let mut unset = Vec::new();
        below.overlay(node(&json!({"a": {"y": 3, "z": null}, "l": [9], "gone": null, "n": {"k": 1}})), "", &mut unset);
        assert_eq!(below, node(&json!({"a": {"x": 1, "y": 3}, "l": [9], "n": {"k": 1}})));
        let names: Vec<&str> = unset.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a.z", "gone"]);
    }
}
