//! REST with XML bodies: S3 and a few more. Bodies are read, not written: no read sends one.

use portolan_tables::{Shape, Structure};
use portolan_xml::Element;
use serde_json::{Map, Value};

use super::place::{Misfit, given};
use super::{Answer, Call, Written, rest, xml};

pub(super) fn request(call: &Call<'_>, input: &Map<String, Value>) -> Result<Written, Misfit> {
    if let Some((member, _)) = given(call.input(), input).find(|(member, _)| member.location.is_none()) {
        return Err(Misfit::new("XML to send: no read has any").at(&member.name));
    }
    let (target, headers) = rest::target_and_headers(call, input)?;
    Ok(Written { target, headers, body: String::new() })
}

pub(super) fn response(call: &Call<'_>, answer: &Answer<'_>) -> Result<Map<String, Value>, Misfit> {
    let mut read = rest::beside_the_body(call, answer)?;
    let output = call.output();
    let payload = output.payload.as_deref().and_then(|name| output.member(name));
    let shape = payload.map(|member| call.service.shape(member.shape));
    if let (Some(member), Some(shape @ (Shape::String | Shape::Blob))) = (payload, shape) {
        read.extend(rest::raw_payload(shape, answer.body).map(|value| (member.name.clone(), value)));
        return Ok(read);
    }
    if answer.body.trim().is_empty() {
        // Not an empty output: what stands in front of AWS answers so, and an empty listing deletes.
        return if call.answers_in_body() { Err(Misfit::new("is empty")) } else { Ok(read) };
    }
    let root = portolan_xml::parse(answer.body).map_err(|error| Misfit::new(format!("is {error}")))?;
    match (payload, shape) {
        (Some(member), Some(shape)) => {
            if let Shape::Structure(structure) = shape {
                recognise(call, structure, &root)?;
            }
            let value = xml::value(call.service, shape, &root).map_err(|misfit| misfit.at(&member.name))?;
            read.insert(member.name.clone(), value);
        }
        _ => read.extend(body(call, output, &root)?),
    }
    Ok(read)
}

fn body(call: &Call<'_>, output: &Structure, root: &Element) -> Result<Map<String, Value>, Misfit> {
    // GetBucketLocation answers with its one member as the root: <LocationConstraint>eu-west-1</LocationConstraint>,
    // and with an empty one for us-east-1, which boto3 gives as null.
    if let [member] = output.members.as_slice()
        && root.children.is_empty()
        && root.name == member.wire_name()
    {
        let text = root.text.trim();
        let value = if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) };
        return Ok(Map::from_iter([(member.name.clone(), value)]));
    }
    if call.answers_in_body() {
        recognise(call, output, root)?;
    }
    xml::structure(call.service, output, root)
}

/// Refuses a document that has elements, but none of the output's: the models do not name S3's root elements, and a
/// foreign document must not pass for an empty listing.
fn recognise(call: &Call<'_>, output: &Structure, root: &Element) -> Result<(), Misfit> {
    let known = |element: &Element| xml::has_member(call.service, output, &element.name);
    if root.name.eq_ignore_ascii_case("html") || (!root.children.is_empty() && !root.children.iter().any(known)) {
        return Err(Misfit::new(format!("is a <{}> with none of the members of the output", root.name)));
    }
    Ok(())
}
