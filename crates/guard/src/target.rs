//! Path and query of a request, taken apart once and never again.

use crate::limits;
use crate::percent;
use crate::refusal::{Fault, Rule, shown};

/// A target in its canonical form.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// The path's segments as they stand on the wire; `/` is one empty segment.
    pub(crate) segments: Vec<&'a str>,
    /// The query's parts in order; the value is none where there is no `=`. Still encoded.
    pub(crate) query: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Target<'a> {
    /// Reads a target, or says why it is not canonical.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Fault> {
        if text.len() > limits::TARGET_BYTES {
            return Err(Fault::new(
                Rule::Limit,
                format!("the target has {} bytes, at most {} are allowed", text.len(), limits::TARGET_BYTES),
            ));
        }
        let fault = |what: &str| Fault::new(Rule::Target, format!("the target {:?} {what}", shown(text)));
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        let Some(relative) = path.strip_prefix('/') else { return Err(fault("does not begin with /")) };
        // The characters of `pchar` that AWS's own path templates use; `@` is among those of RFC 3986 and
        // not here: `//user@host` and `/@host` are how one URL reads as two hosts.
        let literal =
            |byte: u8| percent::unreserved(byte) || matches!(byte, b'%' | b'/' | b':' | b'$' | b'+' | b'=' | b',');
        if !path.bytes().all(literal) {
            return Err(fault("has a character in its path that must be percent-encoded"));
        }
        let segments: Vec<&str> = relative.split('/').collect();
        let last = segments.len().saturating_sub(1);
        for (index, segment) in segments.iter().enumerate() {
            if segment.is_empty() && index != last {
                return Err(fault("has an empty path segment"));
            }
            if matches!(*segment, "." | "..") {
                return Err(fault("has a dot segment"));
            }
        }
        let query: Vec<_> = match query {
            None => Vec::new(),
            Some("") => return Err(fault("has an empty query string")),
            Some(query) => query.split('&').map(pair).collect(),
        };
        if query.iter().any(|(key, _)| key.is_empty()) {
            return Err(fault("has an empty query key"));
        }
        if segments.len() + query.len() > limits::TARGET_PARTS {
            return Err(Fault::new(
                Rule::Limit,
                format!("the target has more than {} path segments and query keys", limits::TARGET_PARTS),
            ));
        }
        Ok(Self { segments, query })
    }

    /// Whether it is exactly `/`, as all protocols but the REST ones have it.
    pub(crate) fn is_root(&self) -> bool {
        self.query.is_empty() && self.segments.iter().all(|segment| segment.is_empty())
    }
}

fn pair(part: &str) -> (&str, Option<&str>) {
    match part.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (part, None),
    }
}
