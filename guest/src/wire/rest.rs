//! What the two REST protocols share: where members stand in path, query, headers and status.

use portolan_tables::{Location, Member, Service, Shape};
use serde_json::{Map, Value};

use super::place::{Misfit, given};
use super::query::scalar;
use super::{Answer, Call, base64, encode, timestamp, xml};

/// Writes path, query and headers.
pub(super) fn target_and_headers(
    call: &Call<'_>,
    input: &Map<String, Value>,
) -> Result<(String, Vec<(String, String)>), Misfit> {
    let (path, fixed) = call.entry.path.split_once('?').unwrap_or((&call.entry.path, ""));
    let mut path = path.to_owned();
    let mut query: Vec<String> = fixed.split('&').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let mut headers = Vec::new();
    for (member, value) in given(call.input(), input) {
        let written = match member.location {
            Some(Location::Uri) => label(call.service, member, value).map(|text| fill(&mut path, member, &text)),
            Some(Location::Query) if is_map(call.service, member) => Ok(()),
            Some(Location::Query) => pairs(call.service, member, value).map(|pairs| query.extend(pairs)),
            Some(Location::Header) => header(call.service, member, value).map(|found| headers.extend(found)),
            Some(Location::Headers) => prefixed(member, value).map(|found| headers.extend(found)),
            Some(Location::Status) | None => Ok(()),
        };
        written.map_err(|misfit| misfit.at(&member.name))?;
    }
    // A member of its own wins over the key of a map.
    let mut free = Vec::new();
    for (member, value) in given(call.input(), input).filter(|(member, _)| is_map(call.service, member)) {
        if let (Some(Location::Query), Value::Object(values)) = (member.location, value) {
            free.extend(map_pairs(values).map_err(|misfit| misfit.at(&member.name))?);
        }
    }
    let taken = |pair: &String| query.iter().any(|known| key_of(known) == key_of(pair));
    free.retain(|pair| !taken(pair));
    query.append(&mut free);
    let target = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
    Ok((target, headers))
}

/// The text of a label. An empty one, or dots, would make another path of it.
fn label(service: &Service, member: &Member, value: &Value) -> Result<String, Misfit> {
    let text = text(service, member, value)?;
    if text.is_empty() || text.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(Misfit::new("cannot stand in a path: empty, or a segment of dots"));
    }
    Ok(text)
}

fn fill(path: &mut String, member: &Member, text: &str) {
    let name = member.wire_name();
    let greedy = format!("{{{name}+}}");
    *path = if path.contains(&greedy) {
        path.replace(&greedy, &encode::percent_but_slashes(text))
    } else {
        path.replace(&format!("{{{name}}}"), &encode::percent(text))
    };
}

fn is_map(service: &Service, member: &Member) -> bool {
    matches!(service.shape(member.shape), Shape::Map { .. })
}

fn key_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(key, _)| key)
}

fn pair(name: &str, text: &str) -> String {
    format!("{}={}", encode::percent(name), encode::percent(text))
}

fn pairs(service: &Service, member: &Member, value: &Value) -> Result<Vec<String>, Misfit> {
    match (service.shape(member.shape), value) {
        (Shape::List { member: item }, Value::Array(items)) => {
            items.iter().map(|value| Ok(pair(member.wire_name(), &text(service, item, value)?))).collect()
        }
        (_, value) => Ok(vec![pair(member.wire_name(), &text(service, member, value)?)]),
    }
}

fn map_pairs(values: &Map<String, Value>) -> Result<Vec<String>, Misfit> {
    let mut written = Vec::new();
    for (key, value) in values {
        match value {
            Value::Array(items) => {
                for item in items {
                    written.push(pair(key, &scalar(item)?));
                }
            }
            value => written.push(pair(key, &scalar(value)?)),
        }
    }
    Ok(written)
}

fn header(service: &Service, member: &Member, value: &Value) -> Result<Option<(String, String)>, Misfit> {
    let text = match (service.shape(member.shape), value) {
        (Shape::List { .. }, Value::Array(items)) if items.is_empty() => return Ok(None),
        (Shape::List { member: item }, Value::Array(items)) => {
            let is_text = *service.shape(item.shape) == Shape::String;
            let items = items.iter().filter(|value| !value.is_null()).map(|value| {
                let text = text(service, item, value)?;
                let quoted = is_text && text.contains(['"', ',']);
                Ok(if quoted { format!("\"{}\"", text.replace('"', "\\\"")) } else { text })
            });
            items.collect::<Result<Vec<_>, Misfit>>()?.join(",")
        }
        (_, value) if member.json => base64::encode(value.to_string().as_bytes()),
        (_, value) => text(service, member, value)?,
    };
    if text.chars().any(char::is_control) {
        return Err(Misfit::new("a control character cannot stand in a header"));
    }
    Ok(Some((member.wire_name().to_ascii_lowercase(), text)))
}

fn prefixed(member: &Member, value: &Value) -> Result<Vec<(String, String)>, Misfit> {
    let Value::Object(values) = value else { return Ok(Vec::new()) };
    let prefix = member.wire_name().to_ascii_lowercase();
    values.iter().map(|(key, value)| Ok((format!("{prefix}{}", key.to_ascii_lowercase()), scalar(value)?))).collect()
}

fn text(service: &Service, member: &Member, value: &Value) -> Result<String, Misfit> {
    match service.shape(member.shape) {
        Shape::Timestamp => timestamp::write_text(value, member.timestamp),
        _ => scalar(value),
    }
}

/// Reads the members that stand in headers and status.
pub(super) fn beside_the_body(call: &Call<'_>, answer: &Answer<'_>) -> Result<Map<String, Value>, Misfit> {
    let mut read = Map::new();
    for member in &call.output().members {
        let value = match member.location {
            Some(Location::Status) => Some(Value::from(answer.status)),
            Some(Location::Headers) => Some(headers_with_prefix(member, answer)),
            Some(Location::Header) => {
                let name = member.wire_name();
                let found = answer.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                let value = found.map(|(_, text)| from_header(call.service, member, text));
                value.transpose().map_err(|misfit| misfit.at(&member.name))?
            }
            _ => None,
        };
        if let Some(value) = value {
            read.insert(member.name.clone(), value);
        }
    }
    Ok(read)
}

/// All headers with a prefix, none of them too: as boto3 gives it.
fn headers_with_prefix(member: &Member, answer: &Answer<'_>) -> Value {
    let prefix = member.wire_name().to_ascii_lowercase();
    let mut read = Map::new();
    for (name, text) in answer.headers {
        let name = name.to_ascii_lowercase();
        if let Some(rest) = name.strip_prefix(&prefix) {
            read.insert(rest.to_owned(), Value::String(text.clone()));
        }
    }
    Value::Object(read)
}

fn from_header(service: &Service, member: &Member, text: &str) -> Result<Value, Misfit> {
    match service.shape(member.shape) {
        Shape::List { member: item } => {
            let shape = service.shape(item.shape);
            // The dates of HTTP have a comma of their own.
            let dates = item.timestamp == Some(portolan_tables::TimestampFormat::Rfc822);
            let items = split_list(text, dates);
            Ok(Value::Array(items.iter().map(|text| xml::scalar(shape, text)).collect::<Result<_, _>>()?))
        }
        Shape::String if member.json => {
            let decoded = base64::decode(text.trim()).and_then(|bytes| serde_json::from_slice(&bytes).ok());
            decoded.ok_or_else(|| Misfit::new("not JSON in base64"))
        }
        shape => xml::scalar(shape, text),
    }
}

/// The items of a list in a header, with their quotes taken off.
fn split_list(text: &str, dates: bool) -> Vec<String> {
    let mut items = vec![String::new()];
    let (mut quoted, mut escaped, mut commas) = (false, false, 0);
    for character in text.chars() {
        let Some(item) = items.last_mut() else { break };
        match character {
            _ if escaped => {
                item.push(character);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' if quoted || item.trim().is_empty() => quoted = !quoted,
            ',' if !quoted => {
                commas += 1;
                if dates && commas % 2 == 1 {
                    item.push(character);
                } else {
                    items.push(String::new());
                }
            }
            _ => item.push(character),
        }
    }
    items.iter().map(|item| item.trim().to_owned()).collect()
}

/// Reads a payload that is text or bytes: the body as it is, bytes in base64. The host has made text of the body.
pub(super) fn raw_payload(shape: &Shape, body: &str) -> Option<Value> {
    match shape {
        _ if body.is_empty() => None,
        Shape::Blob => Some(Value::String(base64::encode(body.as_bytes()))),
        _ => Some(Value::String(body.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_headers() {
        assert_eq!(split_list("a, b,c", false), ["a", "b", "c"]);
        assert_eq!(split_list("\"a,b\", \"say \\\"x\\\"\", c", false), ["a,b", "say \"x\"", "c"]);
        let dates = "Tue, 02 Jan 2024 03:04:05 GMT, Wed, 03 Jan 2024 03:04:05 GMT";
        assert_eq!(split_list(dates, true), ["Tue, 02 Jan 2024 03:04:05 GMT", "Wed, 03 Jan 2024 03:04:05 GMT"]);
    }
}
