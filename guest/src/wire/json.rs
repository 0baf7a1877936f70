//! The JSON protocols, 1.0 and 1.1: one POST target, the operation in a header. And JSON bodies as such, which REST has too.

use portolan_tables::{Member, Service, Shape, Structure};
use serde_json::{Map, Number, Value};

use super::place::{self, Misfit, given, in_answers_body, kind};
use super::{Answer, Call, Written, timestamp};

pub(super) fn request(call: &Call<'_>, input: &Map<String, Value>) -> Result<Written, Misfit> {
    let body = encode_structure(call.service, call.input(), input)?;
    let mut headers = vec![
        ("x-amz-target".to_owned(), format!("{}.{}", call.service.target_prefix, call.name)),
        ("content-type".to_owned(), format!("application/x-amz-json-{}", call.service.json_version)),
    ];
    if call.service.query_compatible {
        headers.push(("x-amzn-query-mode".to_owned(), "true".to_owned()));
    }
    Ok(Written { target: call.entry.path.clone(), headers, body: Value::Object(body).to_string() })
}

pub(super) fn response(call: &Call<'_>, answer: &Answer<'_>) -> Result<Map<String, Value>, Misfit> {
    read_body(call, answer.body)
}

/// Reads a body that is the output itself.
///
/// An empty body, or one without any member of the output, is not an empty output: what stands in front of AWS answers
/// so, and an empty listing deletes.
pub(super) fn read_body(call: &Call<'_>, body: &str) -> Result<Map<String, Value>, Misfit> {
    let output = call.output();
    let mut values = match parse(body)? {
        None if call.answers_in_body() => return Err(Misfit::new("is empty")),
        None => return Ok(Map::new()),
        Some(Value::Object(values)) => values,
        Some(other) => return Err(Misfit::new(format!("is {}, not an object", kind(&other)))),
    };
    // The type of a structure, which some services state in it, is no member.
    values.remove("__type");
    let known =
        |name: &String| output.members.iter().any(|member| in_answers_body(member) && member.wire_name() == name);
    if call.answers_in_body() && !values.is_empty() && !values.keys().any(known) {
        return Err(Misfit::new("has none of the members of the output"));
    }
    decode_structure(call.service, output, values)
}

/// The JSON of a body; `None` for an empty one. The parser bounds the depth, at 128.
pub(super) fn parse(body: &str) -> Result<Option<Value>, Misfit> {
    let text = body.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = serde_json::from_str(text);
    parsed
        .map(Some)
        .map_err(|error| Misfit::new(format!("is not JSON (line {}, column {})", error.line(), error.column())))
}

/// Reads a value. Members that the model does not know are kept as they are; null members are left out.
pub(super) fn decode(service: &Service, member: &Member, value: Value) -> Result<Value, Misfit> {
    match (service.shape(member.shape), value) {
        (Shape::Document, value) => Ok(value),
        // Lists and maps may be sparse.
        (_, Value::Null) => Ok(Value::Null),
        (Shape::Structure(structure), Value::Object(values)) => {
            Ok(Value::Object(decode_structure(service, structure, values)?))
        }
        (Shape::List { member }, Value::Array(items)) => {
            let items = items.into_iter().enumerate();
            let read =
                items.map(|(index, item)| decode(service, member, item).map_err(|misfit| misfit.at_index(index)));
            Ok(Value::Array(read.collect::<Result<_, _>>()?))
        }
        (Shape::Map { value: member, .. }, Value::Object(values)) => {
            let mut read = Map::new();
            for (key, value) in values {
                let value = decode(service, member, value).map_err(|misfit| misfit.at(&key))?;
                read.insert(key, value);
            }
            Ok(Value::Object(read))
        }
        (Shape::Timestamp, value) => timestamp::read_json(&value),
        (Shape::Integer, value) => integer(value),
        (Shape::Float, value) => float(value),
        (Shape::Boolean, value) => boolean(value),
        (Shape::EncodedJson, Value::String(text)) => Ok(place::encoded_json(&text)),
        (Shape::String | Shape::Blob, value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => Ok(value),
        (Shape::Structure(_) | Shape::Map { .. }, value) => Err(unexpected("an object", &value)),
        (Shape::List { .. }, value) => Err(unexpected("a list", &value)),
        (Shape::String | Shape::Blob | Shape::EncodedJson, value) => Err(unexpected("text", &value)),
    }
}

fn decode_structure(
    service: &Service,
    structure: &Structure,
    values: Map<String, Value>,
) -> Result<Map<String, Value>, Misfit> {
    let mut read = Map::new();
    for (wire, value) in values {
        if value.is_null() {
            continue;
        }
        // The type of a structure, which some services state in it, is no member.
        if wire == "__type" && structure.member(&wire).is_none() {
            continue;
        }
        let known = structure.members.iter().find(|member| in_answers_body(member) && member.wire_name() == wire);
        match known {
            Some(member) => {
                let value = decode(service, member, value).map_err(|misfit| misfit.at(&member.name))?;
                read.insert(member.name.clone(), value);
            }
            None if structure.member(&wire).is_none() => {
                read.insert(wire, value);
            }
            // An unknown member that bears the name of another one that is called otherwise on the wire.
            None => {}
        }
    }
    Ok(read)
}

fn unexpected(expected: &str, found: &Value) -> Misfit {
    Misfit::new(format!("expected {expected}, found {}", kind(found)))
}

/// A whole number, which some services write as text or with a fraction of zero.
fn integer(value: Value) -> Result<Value, Misfit> {
    /// Beyond this, floating point numbers are no longer exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match &value {
        Value::Number(number) if !number.is_f64() => return Ok(value),
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT) {
                #[expect(clippy::cast_possible_truncation, reason = "whole and exact, as just checked")]
                return Ok(Value::from(float as i64));
            }
        }
        Value::String(text) => {
            if let Some(number) = integer_text(text) {
                return Ok(Value::Number(number));
            }
        }
        _ => {}
    }
    Err(unexpected("a whole number", &value))
}

fn float(value: Value) -> Result<Value, Misfit> {
    match &value {
        Value::Number(_) => Ok(value),
        Value::String(text) => float_text(text).ok_or_else(|| unexpected("a number", &value)),
        _ => Err(unexpected("a number", &value)),
    }
}

fn boolean(value: Value) -> Result<Value, Misfit> {
    match &value {
        Value::Bool(_) => Ok(value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        _ => Err(unexpected("true or false", &value)),
    }
}

/// A whole number of at most 64 bits.
pub(super) fn integer_text(text: &str) -> Option<Number> {
    let text = text.trim();
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

/// A number, or one of the three that JSON cannot hold, as text.
pub(super) fn float_text(text: &str) -> Option<Value> {
    let text = text.trim();
    if matches!(text, "NaN" | "Infinity" | "-Infinity") {
        return Some(Value::String(text.to_owned()));
    }
    text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)
}

/// Writes the members of an input that stand in the body.
pub(super) fn encode_structure(
    service: &Service,
    structure: &Structure,
    values: &Map<String, Value>,
) -> Result<Map<String, Value>, Misfit> {
    let mut written = Map::new();
    for (member, value) in given(structure, values).filter(|(member, _)| member.location.is_none()) {
        let value = encode(service, member, value).map_err(|misfit| misfit.at(&member.name))?;
        written.insert(member.wire_name().to_owned(), value);
    }
    Ok(written)
}

pub(super) fn encode(service: &Service, member: &Member, value: &Value) -> Result<Value, Misfit> {
    match (service.shape(member.shape), value) {
        (Shape::Structure(structure), Value::Object(values)) => {
            Ok(Value::Object(encode_structure(service, structure, values)?))
        }
        (Shape::List { member }, Value::Array(items)) => {
            Ok(Value::Array(items.iter().map(|item| encode(service, member, item)).collect::<Result<_, _>>()?))
        }
        (Shape::Map { value: member, .. }, Value::Object(values)) => {
            let written = values.iter().map(|(key, value)| Ok((key.clone(), encode(service, member, value)?)));
            Ok(Value::Object(written.collect::<Result<_, Misfit>>()?))
        }
        (Shape::Timestamp, value) => timestamp::write_json(value, member.timestamp),
        (_, value) => Ok(value.clone()),
    }
}
