//! YAML with the place of every key and value; the only module that knows the YAML library.

use std::sync::Arc;

use saphyr::{LoadableYamlNode as _, MarkedYaml, Marker, Scalar, YamlData};

use super::mistake::Mistake;
use super::node::{Entry, Node, Origin, Value};

/// Deeper than any setting lies, and far from where recursion would run out of stack.
const DEPTH_MAX: usize = 32;

/// Nested by `- - - …` or `? ? …` on one line: the one way to nest without indenting or brackets.
const INDICATORS_PER_LINE_MAX: usize = DEPTH_MAX;

/// Indentation that deep nesting would need; brackets are limited by the library.
const INDENT_MAX: usize = 8 * DEPTH_MAX;

/// Reads one document.
///
/// # Errors
/// The first place where it is not YAML: after that nothing can be relied on.
pub(crate) fn read(path: &Arc<str>, text: &str) -> Result<Node, Mistake> {
    let refuse = |line: usize, column: usize, message: &str| {
        Mistake::new(&Origin::File { path: Arc::clone(path), line, column }, "", message)
    };
    for (index, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let indicators = line.split_ascii_whitespace().take_while(|word| matches!(*word, "-" | "?" | ":")).count();
        if indent > INDENT_MAX || indicators > INDICATORS_PER_LINE_MAX {
            return Err(refuse(index + 1, 1, "nested too deeply"));
        }
    }
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        let (line, column) = (error.marker().line(), error.marker().col() + 1);
        let mistake = refuse(line, column, &format!("not YAML: {}", error.info()));
        let reference = text.lines().nth(line.saturating_sub(1)).is_some_and(|line| line.contains("${"));
        if reference { mistake.instead("put references in quotes: \"${ENV:NAME}\"") } else { mistake }
    })?;
    let mut documents = documents.into_iter();
    let Some(document) = documents.next() else { return Ok(Node::empty()) };
    if let Some(second) = documents.next() {
        let (line, column) = place(second.span.start);
        return Err(refuse(line, column, "a second document in one file"));
    }
    convert(path, &document, DEPTH_MAX)
}

fn place(marker: Marker) -> (usize, usize) {
    (marker.line(), marker.col() + 1)
}

fn convert(path: &Arc<str>, yaml: &MarkedYaml<'_>, depth: usize) -> Result<Node, Mistake> {
    let (line, column) = place(yaml.span.start);
    let origin = Origin::File { path: Arc::clone(path), line, column };
    let Some(deeper) = depth.checked_sub(1) else { return Err(Mistake::new(&origin, "", "nested too deeply")) };
    let value = match &yaml.data {
        YamlData::Value(scalar) => from_scalar(scalar),
        YamlData::Representation(text, ..) => Value::Text(text.to_string()),
        YamlData::Sequence(items) => {
            Value::List(items.iter().map(|item| convert(path, item, deeper)).collect::<Result<_, _>>()?)
        }
        YamlData::Mapping(map) => Value::Map(
            map.iter().map(|(key, item)| entry(path, key, convert(path, item, deeper)?)).collect::<Result<_, _>>()?,
        ),
        YamlData::Tagged(..) => return Err(Mistake::new(&origin, "", "tags (!name) mean nothing here")),
        YamlData::Alias(_) => return Err(Mistake::new(&origin, "", "an alias without its anchor")),
        // The library's way to say both "an empty document" and "a value that its tag forbids".
        YamlData::BadValue if depth == DEPTH_MAX => Value::Map(Vec::new()),
        YamlData::BadValue => return Err(Mistake::new(&origin, "", "not a value")),
    };
    let value = if depth == DEPTH_MAX && value == Value::Null { Value::Map(Vec::new()) } else { value };
    Ok(Node::new(value, origin))
}

fn from_scalar(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(flag) => Value::Bool(*flag),
        Scalar::Integer(number) => Value::Int(*number),
        Scalar::FloatingPoint(number) => Value::Float(number.into_inner()),
        Scalar::String(text) => Value::Text(text.to_string()),
    }
}

fn entry(path: &Arc<str>, key: &MarkedYaml<'_>, node: Node) -> Result<Entry, Mistake> {
    let (line, column) = place(key.span.start);
    let key_origin = Origin::File { path: Arc::clone(path), line, column };
    let (text, key_is_number) = match &key.data {
        YamlData::Value(Scalar::String(text)) => (text.to_string(), false),
        YamlData::Value(Scalar::Integer(number)) => (number.to_string(), true),
        YamlData::Value(Scalar::Boolean(flag)) => (flag.to_string(), false),
        _ => return Err(Mistake::new(&key_origin, "", "a key must be text")),
    };
    Ok(Entry { key: text, key_is_number, key_origin, node })
}

#[cfg(test)]
mod tests {
    use super::{Node, Origin, Value, read};

    fn place(node: &Node) -> (usize, usize) {
        let Origin::File { line, column, .. } = &node.origin else { panic!("not of a file") };
        (*line, *column)
    }

    #[test]
    fn every_value_knows_its_line_and_column() {
        let text = "version: 1\naccounts:\n  # said\n  include: [\"012345678901\", 111122223333]\n";
        let root = read(&"p.yaml".into(), text).unwrap();
        let items = root.at("accounts.include").unwrap().items();
        assert_eq!(place(&items[0]), (4, 13));
        assert_eq!(place(&items[1]), (4, 29));
        assert_eq!(items[1].value, Value::Int(111_122_223_333));
        let key = &root.entries()[1].key_origin;
        assert_eq!(key.to_string(), "p.yaml:2:1");
    }

    #[test]
    fn what_is_not_one_document_is_refused_with_its_place() {
        let deep = format!("a:\n  {}1", "- ".repeat(100));
        let brackets = format!("a: {}1{}", "[".repeat(100), "]".repeat(100));
        for (text, place, part) in [
            ("a: 1\na: 2\n", "p.yaml:2:1", "duplicated key"),
            ("a: 1\n---\nb: 2\n", "p.yaml:3:1", "second document"),
            ("a: {b: ${ENV:X}}\n", "p.yaml:1:", "in quotes"),
            ("a: *nowhere\n", "p.yaml:1:", "not YAML"),
            ("a: !secret {b: 1}\n", "p.yaml:1:", "tags (!name) mean nothing here"),
            (deep.as_str(), "p.yaml:2:1", "too deeply"),
            (brackets.as_str(), "p.yaml:1:", "too deeply"),
        ] {
            let said = read(&"p.yaml".into(), text).unwrap_err().to_string();
            assert!(said.starts_with(place) && said.contains(part), "{said}");
        }
    }

    #[test]
    fn an_empty_file_says_nothing() {
        for text in ["", "# only a comment\n", "---\n"] {
            assert!(read(&"p.yaml".into(), text).unwrap().entries().is_empty(), "{text:?}");
        }
    }
}
