//! Where in a value something is wrong, and the check of an input against its shape.

use std::fmt;

use portolan_tables::{Location, Member, Service, Shape, Structure};
use serde_json::{Map, Value};

use super::encode;

/// How deep an input may nest. The deepest input of a read nests four levels.
const MAX_INPUT_DEPTH: usize = 32;

/// A value that does not fit its shape. The place is put together on the way out, so that a good value costs nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// `Reservations[0].Instances`; empty for the whole.
    pub(super) place: String,
    /// What is wrong; names no values, since they may be secret.
    pub(super) reason: String,
}

impl Misfit {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { place: String::new(), reason: reason.into() }
    }

    /// The same, inside of the member `name`.
    pub(super) fn at(self, name: &str) -> Self {
        let joint = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        Self { place: format!("{name}{joint}{}", self.place), ..self }
    }

    /// The same, inside of the item `index` of a list.
    pub(super) fn at_index(self, index: usize) -> Self {
        self.at(&format!("[{index}]"))
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "is wrong at {}: {}", self.place, self.reason)
        }
    }
}

/// Whether a member stands in the body of an answer. Places of a request mean nothing there.
pub(super) fn in_answers_body(member: &Member) -> bool {
    !matches!(member.location, Some(Location::Header | Location::Headers | Location::Status))
}

/// The members that are given: null counts as not given.
pub(super) fn given<'v>(
    structure: &'v Structure,
    values: &'v Map<String, Value>,
) -> impl Iterator<Item = (&'v Member, &'v Value)> {
    let found = structure.members.iter().filter_map(|member| Some((member, values.get(&member.name)?)));
    found.filter(|(_, value)| !value.is_null())
}

/// Checks the members of an input: known, of the right type, and all there that must be.
pub(super) fn check_structure(
    service: &Service,
    structure: &Structure,
    values: &Map<String, Value>,
) -> Result<(), Misfit> {
    check_members(service, structure, values, 0)
}

fn check_members(
    service: &Service,
    structure: &Structure,
    values: &Map<String, Value>,
    depth: usize,
) -> Result<(), Misfit> {
    if let Some(name) = values.keys().find(|name| structure.member(name).is_none()) {
        return Err(Misfit::new("no such member").at(name));
    }
    let missing = |member: &&Member| member.required && values.get(&member.name).is_none_or(Value::is_null);
    if let Some(member) = structure.members.iter().find(missing) {
        return Err(Misfit::new("required and not given").at(&member.name));
    }
    for (member, value) in given(structure, values) {
        check_value(service, member, value, depth + 1).map_err(|misfit| misfit.at(&member.name))?;
    }
    Ok(())
}

fn check_value(service: &Service, member: &Member, value: &Value, depth: usize) -> Result<(), Misfit> {
    if depth > MAX_INPUT_DEPTH {
        return Err(Misfit::new(format!("nested deeper than {MAX_INPUT_DEPTH} levels")));
    }
    let expected = match (service.shape(member.shape), value) {
        (Shape::Document, _) => return Ok(()),
        (Shape::Structure(structure), Value::Object(values)) => {
            return check_members(service, structure, values, depth);
        }
        (Shape::List { member }, Value::Array(items)) => {
            return items.iter().enumerate().try_for_each(|(index, item)| {
                check_value(service, member, item, depth + 1).map_err(|misfit| misfit.at_index(index))
            });
        }
        (Shape::Map { value: member, .. }, Value::Object(values)) => {
            return values.iter().try_for_each(|(key, value)| {
                check_value(service, member, value, depth + 1).map_err(|misfit| misfit.at(key))
            });
        }
        (Shape::String, _) if member.json => return Ok(()),
        (Shape::String | Shape::Blob | Shape::EncodedJson, Value::String(_))
        | (Shape::Boolean, Value::Bool(_))
        | (Shape::Float, Value::Number(_))
        | (Shape::Timestamp, Value::String(_) | Value::Number(_)) => return Ok(()),
        (Shape::Float, Value::String(text)) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => {
            return Ok(());
        }
        (Shape::Integer, Value::Number(number)) if !number.is_f64() => return Ok(()),
        (Shape::Structure(_) | Shape::Map { .. }, _) => "an object",
        (Shape::List { .. }, _) => "a list",
        (Shape::String | Shape::EncodedJson, _) => "text",
        (Shape::Blob, _) => "base64 text",
        (Shape::Boolean, _) => "true or false",
        (Shape::Integer, _) => "a whole number",
        (Shape::Float, _) => "a number",
        (Shape::Timestamp, _) => "a point in time",
    };
    Err(Misfit::new(format!("expected {expected}, found {}", kind(value))))
}

/// Text that is JSON, percent-encoded. What is something else stays text.
pub(super) fn encoded_json(text: &str) -> Value {
    let decoded = encode::decoded(text);
    let parsed = decoded.as_deref().and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_else(|| Value::from(text))
}

/// What a value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
