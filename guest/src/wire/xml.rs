//! XML elements as values, by their shapes: the same in all three protocols that answer in XML.

use portolan_tables::{Member, Service, Shape, Structure};
use portolan_xml::Element;
use serde_json::{Map, Value};

use super::json::{float_text, integer_text};
use super::place::{self, Misfit, in_answers_body};
use super::timestamp;

/// Reads the members of a structure that stand in an element. Elements that the model does not know are left out:
/// nothing says what they are.
pub(super) fn structure(
    service: &Service,
    structure: &Structure,
    element: &Element,
) -> Result<Map<String, Value>, Misfit> {
    let mut read = Map::new();
    for member in structure.members.iter().filter(|member| in_answers_body(member)) {
        let shape = service.shape(member.shape);
        let value = if member.attribute {
            let name = local(member.wire_name());
            let found = element.attributes.iter().find(|(known, _)| known == name);
            found.map(|(_, text)| scalar(shape, text)).transpose()
        } else {
            member_value(service, member, shape, element)
        };
        if let Some(value) = value.map_err(|misfit| misfit.at(&member.name))? {
            read.insert(member.name.clone(), value);
        }
    }
    Ok(read)
}

/// Whether an element of this name is a member of the structure.
pub(super) fn has_member(service: &Service, structure: &Structure, name: &str) -> bool {
    structure.members.iter().filter(|member| in_answers_body(member)).any(|member| {
        let other = flat(member, service.shape(member.shape)).and_then(Flat::item_name);
        local(member.wire_name()) == name || other == Some(name)
    })
}

/// A member from among the children of its structure's element; `None`: it is not there.
fn member_value(service: &Service, member: &Member, shape: &Shape, parent: &Element) -> Result<Option<Value>, Misfit> {
    let own_name = local(member.wire_name());
    let Some(flat) = flat(member, shape) else {
        return parent.child(own_name).map(|element| value(service, shape, element)).transpose();
    };
    let found = [Some(own_name), flat.item_name()].into_iter().flatten().find(|name| parent.child(name).is_some());
    let Some(name) = found else { return Ok(None) };
    let elements = parent.children_named(name);
    match flat {
        Flat::List(item) => list(service, item, elements),
        Flat::Map(key, value) => map(service, key, value, elements),
    }
    .map(Some)
}

/// A list or map whose items stand directly in the structure's element.
#[derive(Clone, Copy)]
enum Flat<'a> {
    List(&'a Member),
    Map(&'a Member, &'a Member),
}

impl<'a> Flat<'a> {
    /// What older services call the items of such a list, instead of calling them by the list's name.
    fn item_name(self) -> Option<&'a str> {
        match self {
            Self::List(item) => item.wire.as_deref().map(local),
            Self::Map(..) => None,
        }
    }
}

fn flat<'a>(member: &Member, shape: &'a Shape) -> Option<Flat<'a>> {
    match shape {
        Shape::List { member: item } if member.flattened => Some(Flat::List(item)),
        Shape::Map { key, value } if member.flattened => Some(Flat::Map(key, value)),
        _ => None,
    }
}

/// The value of an element.
pub(super) fn value(service: &Service, shape: &Shape, element: &Element) -> Result<Value, Misfit> {
    match shape {
        Shape::Structure(members) => structure(service, members, element).map(Value::Object),
        Shape::List { member } => list(service, member, element.children.iter()),
        Shape::Map { key, value } => map(service, key, value, element.children.iter()),
        _ if element.children.is_empty() => scalar(shape, &element.text),
        _ => Err(Misfit::new("expected text, found elements")),
    }
}

fn list<'a>(service: &Service, member: &Member, elements: impl Iterator<Item = &'a Element>) -> Result<Value, Misfit> {
    let shape = service.shape(member.shape);
    let items = elements.enumerate();
    let read = items.map(|(index, element)| value(service, shape, element).map_err(|misfit| misfit.at_index(index)));
    Ok(Value::Array(read.collect::<Result<_, _>>()?))
}

fn map<'a>(
    service: &Service,
    key: &Member,
    member: &Member,
    entries: impl Iterator<Item = &'a Element>,
) -> Result<Value, Misfit> {
    let shape = service.shape(member.shape);
    let mut read = Map::new();
    for (index, entry) in entries.enumerate() {
        let part = |name: &str| {
            let found = entry.child(local(name));
            found.ok_or_else(|| Misfit::new(format!("an entry without <{name}>")).at_index(index))
        };
        let name = &part(key.wire_name_or("key"))?.text;
        let found = value(service, shape, part(member.wire_name_or("value"))?).map_err(|misfit| misfit.at(name))?;
        read.insert(name.clone(), found);
    }
    Ok(Value::Object(read))
}

/// A value that is text in XML.
pub(super) fn scalar(shape: &Shape, text: &str) -> Result<Value, Misfit> {
    let trimmed = text.trim();
    match shape {
        Shape::Integer => integer_text(text).map(Value::Number).ok_or_else(|| Misfit::new("expected a whole number")),
        Shape::Float => float_text(text).ok_or_else(|| Misfit::new("expected a number")),
        Shape::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        // boto3 takes an empty element for false.
        Shape::Boolean if trimmed.is_empty() || trimmed.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        Shape::Boolean => Err(Misfit::new("expected true or false")),
        Shape::Timestamp => timestamp::read_text(text),
        Shape::Blob => Ok(Value::String(trimmed.to_owned())),
        Shape::EncodedJson => Ok(place::encoded_json(text)),
        Shape::String | Shape::Document | Shape::Structure(_) | Shape::List { .. } | Shape::Map { .. } => {
            Ok(Value::String(text.to_owned()))
        }
    }
}

/// The name without its prefix: `xsi:type` stands in the tree as `type`.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
