//! What a request asks for: which operation, of whom, where, with which input.

use bytes::Bytes;
use hyper::http::request::Parts;
use serde_json::Value;

use super::operation::{Named, Operation, Operations, Route};
use super::protocol::Protocol;

/// The signature's scope, as the `Authorization` header tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) key_id: &'a str,
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

impl<'a> Scope<'a> {
    /// `AWS4-HMAC-SHA256 Credential=ID/20240102/eu-west-1/ec2/aws4_request, SignedHeaders=…, Signature=…`
    pub(crate) fn of(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let value = |name: &str| {
            rest.split(',').find_map(|part| part.trim().strip_prefix(name)).and_then(|value| value.strip_prefix('='))
        };
        let signature = value("Signature")?;
        if signature.len() != 64 || !value("SignedHeaders")?.split(';').any(|name| name == "host") {
            return None;
        }
        let mut parts = value("Credential")?.split('/');
        let scope = Self { key_id: parts.next()?, date: parts.next()?, region: parts.next()?, service: parts.next()? };
        (parts.next() == Some("aws4_request")).then_some(scope)
    }
}

/// The input, as names and values: of a form, of the members of a JSON object, of the path and the query.
#[derive(Debug, Default)]
pub(crate) struct Input(pub(crate) Vec<(String, String)>);

impl Input {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the request names by these. None: it names nothing and wants all.
    pub(crate) fn named(&self, by: &[Named]) -> Option<Vec<&str>> {
        let mut found: Option<Vec<&str>> = None;
        for named in by {
            for (name, value) in &self.0 {
                let hit = match named {
                    Named::Member(member) => name == member,
                    Named::List(prefix) => name.starts_with(prefix.as_str()),
                    Named::Filter(filter) => self.is_filter(name, filter),
                };
                if hit {
                    found.get_or_insert_default().push(value);
                }
            }
        }
        found
    }

    /// Whether this is a value of the filter: `Filter.2.Value.1`, and `Filter.2.Name` says so.
    fn is_filter(&self, name: &str, filter: &str) -> bool {
        let Some((place, _)) = name.strip_prefix("Filter.").and_then(|rest| rest.split_once(".Value.")) else {
            return false;
        };
        self.get(&format!("Filter.{place}.Name")) == Some(filter)
    }
}

/// Finds the operation of a request and its input. None: it is unknown.
pub(crate) fn find<'o>(
    operations: &'o Operations,
    service: &str,
    head: &Parts,
    body: &Bytes,
) -> Option<(&'o Operation, Input)> {
    let place = |place: usize| operations.all.get(place);
    let mut input = Input::default();
    if let Some(target) = head.headers.get("x-amz-target") {
        let operation = place(*operations.by_target.get(target.to_str().ok()?)?)?;
        members(body, &mut input)?;
        return (operation.signing == service).then_some((operation, input));
    }
    let candidates = operations.by_service.get(service)?;
    let first = place(*candidates.first()?)?;
    if matches!(first.protocol, Protocol::Query | Protocol::Ec2) {
        form(std::str::from_utf8(body).ok()?, &mut input);
        form(head.uri.query().unwrap_or_default(), &mut input);
        let action = input.get("Action")?.to_owned();
        let operation = place(*operations.by_action.get(&(service.to_owned(), action))?)?;
        return Some((operation, input));
    }
    form(head.uri.query().unwrap_or_default(), &mut input);
    let segments: Vec<&str> = head.uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let fits = |operation: &&Operation| {
        operation.route.as_ref().is_some_and(|route| fits(route, head.method.as_str(), &segments, &input))
    };
    let operation = candidates.iter().filter_map(|candidate| place(*candidate)).find(fits)?;
    for (pattern, segment) in operation.route.iter().flat_map(|route| &route.segments).zip(&segments) {
        if let Some(label) = label(pattern) {
            input.0.push((label.to_owned(), decoded(segment)));
        }
    }
    if operation.protocol == Protocol::RestJson && !body.is_empty() {
        members(body, &mut input)?;
    }
    Some((operation, input))
}

fn fits(route: &Route, method: &str, segments: &[&str], input: &Input) -> bool {
    route.method == method
        && route.segments.len() == segments.len()
        && route.segments.iter().zip(segments).all(|(pattern, segment)| label(pattern).is_some() || pattern == segment)
        && route.query.as_ref().is_none_or(|query| input.get(query).is_some())
}

fn label(pattern: &str) -> Option<&str> {
    pattern.strip_prefix('{')?.strip_suffix('}')
}

/// The members of a JSON object that are texts, numbers, booleans, or lists of them.
fn members(body: &[u8], input: &mut Input) -> Option<()> {
    if body.is_empty() {
        return Some(());
    }
    let value: Value = serde_json::from_slice(body).ok()?;
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for (name, value) in value.as_object()? {
        match value {
            Value::Array(values) => input.0.extend(values.iter().map(|value| (name.clone(), text(value)))),
            value => input.0.push((name.clone(), text(value))),
        }
    }
    Some(())
}

fn form(text: &str, input: &mut Input) {
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        input.0.push((decoded(name), decoded(value)));
    }
}

fn decoded(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Input, Scope, form};
    use crate::aws::operation::Named;

    #[test]
    fn the_scope_is_read_and_half_a_header_is_none() {
        let signature = "0".repeat(64);
        let credential = "Credential=AKIA/20240102/eu-west-1/ec2/aws4_request";
        let header = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature={signature}");
        let scope = Scope::of(&header).unwrap();
        assert_eq!((scope.key_id, scope.region, scope.service), ("AKIA", "eu-west-1", "ec2"));
        assert!(Scope::of(&header.replace("host;", "")).is_none(), "what is not signed can be changed");
        assert!(Scope::of(&header.replace("Signature=0", "Signature=")).is_none());
    }

    #[test]
    fn a_filter_names_what_its_values_say_and_another_filter_names_nothing() {
        let mut input = Input::default();
        form("Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.2.Name=volume-id&Filter.2.Value.1=a%2Fb", &mut input);
        assert_eq!(input.named(&[Named::Filter("volume-id".to_owned())]), Some(vec!["a/b"]));
        assert_eq!(input.named(&[Named::Filter("group-id".to_owned())]), None);
    }
}
