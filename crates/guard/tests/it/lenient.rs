//! A reader of requests that is as careless as any server could be, as the oracle of the property tests.
//!
//! It finds every operation that some reading of the bytes could mean: headers and parameters in any case,
//! first or last of two, percent-encoding undone twice, paths cleaned up, methods overridden, targets in
//! the wrong place. It shares no code with the guard. What it over-reads only makes the tests stricter.

use std::collections::BTreeSet;

use portolan_tables::{Protocol, Service};

use super::sent::{Sent, hostile, plain};

/// `service:Operation` of everything that the request might be.
pub fn readings(sent: &Sent) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let words = words(sent);
    let method_overridden = sent.headers.iter().any(|(name, _)| name.to_ascii_lowercase().contains("method"));
    for service in endpoint_services(sent) {
        for (name, operation) in service.operations() {
            let lower = name.to_ascii_lowercase();
            let carried = words.iter().any(|word| *word == lower || word.rsplit('.').next() == Some(lower.as_str()));
            let rest = matches!(service.protocol, Protocol::RestJson | Protocol::RestXml);
            let routed = rest
                && (method_overridden || operation.method == sent.method.as_str())
                && paths(&sent.target).iter().any(|target| routes(target, &operation.path));
            if if rest { routed } else { carried } {
                found.insert(format!("{}:{name}", service.name));
            }
        }
    }
    found
}

/// All services that answer where the request goes: at its service's endpoint, or anywhere if the place
/// itself was tampered with.
fn endpoint_services(sent: &Sent) -> Vec<&'static Service> {
    let named = hostile().iter().find(|service| service.name == sent.service);
    let tampered = sent.headers.iter().any(|(name, _)| name.trim().eq_ignore_ascii_case("host"))
        || sent.host_prefix.is_some()
        || sent.target.contains('@')
        || sent.target.starts_with("//");
    match named {
        Some(named) if !tampered => {
            hostile().iter().filter(|other| other.endpoint_prefix == named.endpoint_prefix).collect()
        }
        _ => hostile().iter().collect(),
    }
}

/// Every text in the request that could name an operation, in lower case.
fn words(sent: &Sent) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (_, value) in &sent.headers {
        out.extend(value.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').map(str::to_ascii_lowercase));
    }
    let query = sent.target.split_once('?').map_or("", |(_, query)| query);
    for text in [query, &sent.body] {
        let text = unquoted(&unquoted(text));
        let pairs = text.split(['&', ';']).filter_map(|pair| pair.split_once('='));
        for (name, value) in pairs {
            if name.trim().to_ascii_lowercase().starts_with("action") {
                out.insert(value.trim().to_ascii_lowercase());
            }
        }
        // A JSON body that carries its own target.
        if let Some((_, rest)) = text.split_once("\"Action\"") {
            out.extend(rest.split('"').map(str::to_ascii_lowercase));
        }
    }
    out
}

/// The target in every form that some server makes of it.
fn paths(target: &str) -> Vec<String> {
    let mut out = vec![target.to_owned()];
    for _ in 0..2 {
        let last = unquoted(out.last().unwrap());
        out.push(last);
    }
    for index in 0..out.len() {
        out.push(cleaned(&out[index]));
    }
    out
}

/// Without parameters after `;`, with `\` as `/`, slashes merged and dot segments resolved.
fn cleaned(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut segments = Vec::new();
    for segment in path.replace('\\', "/").split('/') {
        let segment = segment.split([';', '#', '\0']).next().unwrap_or("");
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment.to_owned()),
        }
    }
    format!("/{}?{query}", segments.join("/"))
}

fn routes(target: &str, template: &str) -> bool {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (template_path, template_query) = template.split_once('?').unwrap_or((template, ""));
    let keys: Vec<String> = query.split('&').map(|key| key.trim_end_matches('=').to_ascii_lowercase()).collect();
    let fixed = template_query.split('&').filter(|key| !key.is_empty());
    if !fixed.clone().all(|key| keys.contains(&key.to_ascii_lowercase())) {
        return false;
    }
    // A server goes by the keys that name an operation: without any in the template, none may be there.
    let naming = ["tagging", "encryption", "delete", "uploads", "list-type=2", "acl"];
    if template_query.is_empty() && keys.iter().any(|key| naming.contains(&key.as_str())) {
        return false;
    }
    let wanted: Vec<&str> = template_path.trim_matches('/').split('/').collect();
    let given: Vec<&str> = path.trim_matches('/').split('/').collect();
    let greedy = wanted.last().is_some_and(|part| part.ends_with("+}"));
    let long_enough = if greedy { given.len() >= wanted.len() } else { given.len() == wanted.len() };
    long_enough
        && wanted
            .iter()
            .zip(&given)
            .all(|(part, segment)| (part.starts_with('{') && !segment.is_empty()) || part.eq_ignore_ascii_case(segment))
}

fn unquoted(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let pair = bytes.get(index + 1..index + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (bytes[index], pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                index += 3;
            }
            (byte, _) => {
                out.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn the_careless_reader_sees_through_each_trick() {
    for (sent, write) in [
        (plain("sqs", "DeleteQueue"), "sqs:DeleteQueue"),
        (plain("sqs", "ListQueues").with(|s| s.target = "/?Action=DeleteQueue".to_owned()), "sqs:DeleteQueue"),
        (
            plain("ec2", "DescribeInstances").with(|s| s.body.push_str("&%41CTION=TerminateInstances")),
            "ec2:TerminateInstances",
        ),
        (plain("s3", "GetBucketTagging").with(|s| s.target = "/bucket/%252e%252e/other".to_owned()), "s3:GetObject"),
        (
            plain("eks", "DescribeCluster").with(|s| s.set_header("x-http-method-override", "DELETE")),
            "eks:DeleteCluster",
        ),
        (plain("s3", "GetBucketTagging").with(|s| s.target = "/bucket%2Fkey".to_owned()), "s3:GetObject"),
    ] {
        let found = readings(&sent);
        assert!(found.contains(write), "{sent:?}: {found:?}");
    }
    assert_eq!(readings(&plain("sqs", "ListQueues")), BTreeSet::from(["sqs:ListQueues".to_owned()]));
}
