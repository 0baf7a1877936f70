//! REST with JSON bodies.

use portolan_tables::Shape;
use serde_json::{Map, Value};

use super::place::Misfit;
use super::{Answer, Call, Written, json, rest};

pub(super) fn request(call: &Call<'_>, input: &Map<String, Value>) -> Result<Written, Misfit> {
    let (target, mut headers) = rest::target_and_headers(call, input)?;
    let shape = call.input();
    let (body, is_json) = match shape.payload.as_deref().and_then(|name| shape.member(name)) {
        Some(member) => match (call.service.shape(member.shape), input.get(&member.name)) {
            (Shape::String, Some(Value::String(text))) => (text.clone(), false),
            (Shape::String, _) => (String::new(), false),
            (Shape::Blob, Some(_)) => return Err(Misfit::new("bytes to send: no read has any").at(&member.name)),
            (Shape::Blob, None) => (String::new(), false),
            (_, Some(value)) if !value.is_null() => (json::encode(call.service, member, value)?.to_string(), true),
            _ => ("{}".to_owned(), true),
        },
        // A body is sent, if an empty one, wherever the input has members that could stand in it.
        None if shape.members.iter().any(|member| member.location.is_none()) => {
            (Value::Object(json::encode_structure(call.service, shape, input)?).to_string(), true)
        }
        None => (String::new(), false),
    };
    if is_json && !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Ok(Written { target, headers, body })
}

pub(super) fn response(call: &Call<'_>, answer: &Answer<'_>) -> Result<Map<String, Value>, Misfit> {
    let mut read = rest::beside_the_body(call, answer)?;
    let output = call.output();
    match output.payload.as_deref().and_then(|name| output.member(name)) {
        Some(member) => {
            let shape = call.service.shape(member.shape);
            if matches!(shape, Shape::String | Shape::Blob) {
                read.extend(rest::raw_payload(shape, answer.body).map(|value| (member.name.clone(), value)));
            } else if let Some(value) = json::parse(answer.body)?.filter(|value| !value.is_null()) {
                let value = json::decode(call.service, member, value).map_err(|misfit| misfit.at(&member.name))?;
                read.insert(member.name.clone(), value);
            }
        }
        None => read.extend(json::read_body(call, answer.body)?),
    }
    Ok(read)
}
