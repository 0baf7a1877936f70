//! The query protocol: a form to send, XML in two wrappers to read. EC2's dialect stands beside it and uses its parts.

use portolan_tables::{Member, Service, Shape, Structure};
use portolan_xml::Element;
use serde_json::{Map, Value};

use super::place::{Misfit, given};
use super::{Answer, Call, Written, encode, timestamp, xml};

pub(super) fn request(call: &Call<'_>, input: &Map<String, Value>) -> Result<Written, Misfit> {
    form(call, input, Dialect::Query)
}

pub(super) fn response(call: &Call<'_>, answer: &Answer<'_>) -> Result<Map<String, Value>, Misfit> {
    let root = document(call, answer)?;
    let Some(wrapper) = &call.entry.result_wrapper else {
        return xml::structure(call.service, call.output(), &root);
    };
    let result = root.child(wrapper).ok_or_else(|| Misfit::new(format!("has no <{wrapper}>")))?;
    xml::structure(call.service, call.output(), result)
}

/// The answer's root element, which bears the operation's name: a foreign document must not pass for an empty listing.
pub(super) fn document(call: &Call<'_>, answer: &Answer<'_>) -> Result<Element, Misfit> {
    let root = portolan_xml::parse(answer.body).map_err(|error| Misfit::new(format!("is {error}")))?;
    if root.name.strip_suffix("Response") != Some(call.name) {
        return Err(Misfit::new(format!("is not a <{}Response>", call.name)));
    }
    Ok(root)
}

/// Who reads the form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Query,
    Ec2,
}

pub(super) fn form(call: &Call<'_>, input: &Map<String, Value>, dialect: Dialect) -> Result<Written, Misfit> {
    let mut form = Form { service: call.service, dialect, fields: Vec::new() };
    form.fields.push(("Action".to_owned(), call.name.to_owned()));
    form.fields.push(("Version".to_owned(), call.service.api_version.clone()));
    form.structure("", call.input(), input)?;
    let encoded: Vec<_> = form
        .fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode::percent(name), encode::percent(value)))
        .collect();
    let content_type = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    Ok(Written {
        target: call.entry.path.clone(),
        headers: vec![("content-type".to_owned(), content_type)],
        body: encoded.join("&"),
    })
}

struct Form<'a> {
    service: &'a Service,
    dialect: Dialect,
    fields: Vec<(String, String)>,
}

impl Form<'_> {
    fn structure(&mut self, prefix: &str, structure: &Structure, values: &Map<String, Value>) -> Result<(), Misfit> {
        for (member, value) in given(structure, values) {
            let name = match (self.dialect, &member.query) {
                (Dialect::Ec2, Some(name)) => name,
                _ => member.wire_name(),
            };
            let full = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
            self.value(&full, member, value).map_err(|misfit| misfit.at(&member.name))?;
        }
        Ok(())
    }

    fn value(&mut self, name: &str, member: &Member, value: &Value) -> Result<(), Misfit> {
        let text = match (self.service.shape(member.shape), value) {
            (Shape::Structure(structure), Value::Object(values)) => return self.structure(name, structure, values),
            (Shape::List { member: item }, Value::Array(items)) => return self.list(name, member, item, items),
            (Shape::Map { key, value }, Value::Object(values)) => return self.map(name, member, (key, value), values),
            (Shape::Timestamp, value) => timestamp::write_text(value, member.timestamp)?,
            (_, value) => scalar(value)?,
        };
        self.fields.push((name.to_owned(), text));
        Ok(())
    }

    fn list(&mut self, name: &str, list: &Member, item: &Member, items: &[Value]) -> Result<(), Misfit> {
        let prefix = match self.dialect {
            Dialect::Ec2 => name.to_owned(),
            // The one way in which this protocol tells an empty list from none.
            Dialect::Query if items.is_empty() => {
                self.fields.push((name.to_owned(), String::new()));
                return Ok(());
            }
            Dialect::Query if !list.flattened => format!("{name}.{}", item.wire_name_or("member")),
            Dialect::Query => match (&item.wire, name.rsplit_once('.')) {
                (Some(wire), Some((before, _))) => format!("{before}.{wire}"),
                (Some(wire), None) => wire.clone(),
                (None, _) => name.to_owned(),
            },
        };
        for (index, value) in items.iter().enumerate() {
            self.value(&format!("{prefix}.{}", index + 1), item, value).map_err(|misfit| misfit.at_index(index))?;
        }
        Ok(())
    }

    fn map(
        &mut self,
        name: &str,
        map: &Member,
        entry: (&Member, &Member),
        values: &Map<String, Value>,
    ) -> Result<(), Misfit> {
        let prefix = if map.flattened { name.to_owned() } else { format!("{name}.entry") };
        let (key_member, value_member) = entry;
        for (index, (key, value)) in values.iter().enumerate() {
            let at = format!("{prefix}.{}", index + 1);
            self.fields.push((format!("{at}.{}", key_member.wire_name_or("key")), key.clone()));
            let name = format!("{at}.{}", value_member.wire_name_or("value"));
            self.value(&name, value_member, value).map_err(|misfit| misfit.at(key))?;
        }
        Ok(())
    }
}

/// A text, number or boolean as text.
pub(super) fn scalar(value: &Value) -> Result<String, Misfit> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => Err(Misfit::new("not a text, a number or a boolean")),
    }
}
