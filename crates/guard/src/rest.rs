//! Path templates and query strings of the REST protocols.

use portolan_tables::{Operation, Protocol};

use crate::input::{Input, Place};
use crate::parameters::Parameters;
use crate::percent;
use crate::refusal::{Fault, Rule, shown};
use crate::target::Target;

/// Whether method, path and fixed query keys are the operation's. Labels are taken as they are; what
/// may stand in them is for [`check_labels`] to say.
pub(crate) fn matches(method: &str, target: &Target<'_>, operation: &Operation) -> bool {
    let (path, fixed) = template(operation);
    method == operation.method && labels(target, path).is_some() && fixed.iter().all(|pair| target.query.contains(pair))
}

/// The template's path, and the query parts that name the operation (`?tagging`, `?list-type=2`).
fn template(operation: &Operation) -> (&str, Vec<(&str, Option<&str>)>) {
    match operation.path.split_once('?') {
        None => (&operation.path, Vec::new()),
        Some((path, query)) => {
            let pair = |part| match str::split_once(part, '=') {
                Some((key, value)) => (key, Some(value)),
                None => (part, None),
            };
            (path, query.split('&').map(pair).collect())
        }
    }
}

/// The labels of a path with their encoded values; none where the path is not the template's.
fn labels<'a, 't>(target: &Target<'a>, path: &'t str) -> Option<Vec<(&'t str, Vec<&'a str>)>> {
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let mut found = Vec::new();
    let mut segments = target.segments.iter();
    for (index, part) in parts.iter().enumerate() {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(label) => {
                let greedy = label.strip_suffix('+');
                // A greedy label takes all that the parts after it leave.
                let count = if greedy.is_some() { segments.len().checked_sub(parts.len() - index - 1)? } else { 1 };
                let taken: Vec<&str> = segments.by_ref().take(count).copied().collect();
                if taken.iter().all(|segment| segment.is_empty()) {
                    return None;
                }
                found.push((greedy.unwrap_or(label), taken));
            }
            // A part that mixes text and label is compared as text, so it never matches: refused, not guessed.
            None => {
                segments.next().filter(|segment| *segment == part)?;
            }
        }
    }
    segments.next().is_none().then_some(found)
}

/// What stands in the labels cannot be read as more than one segment or as another path.
pub(crate) fn check_labels(
    protocol: Protocol,
    target: &Target<'_>,
    operation: &Operation,
    input: &Input<'_>,
    parameters: &mut Parameters,
) -> Result<(), Fault> {
    let found = labels(target, template(operation).0).unwrap_or_default();
    for (label, segments) in found {
        let fault = |what: &str| Fault::new(Rule::Target, format!("the path's {{{label}}} {what}"));
        if !input.members.iter().any(|member| member.place == Place::Label && member.wire == label) {
            return Err(fault("is no member of the operation's input"));
        }
        let mut decoded = Vec::with_capacity(segments.len());
        for segment in segments {
            decoded.push(percent::decode(segment, false).map_err(fault)?);
        }
        let value = decoded.join("/");
        // Characters that some reader cuts at, or decodes a second time.
        if value.contains(['%', '?', '#', '\\', ';', '@']) {
            return Err(fault("has one of % ? # \\ ; @"));
        }
        if value.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(fault("has an empty or dot segment"));
        }
        // An encoded slash belongs into ARNs and nowhere else, and S3, where keys begin after the bucket's
        // slash, takes no ARN in the path of a bucket operation.
        if decoded.iter().any(|part| part.contains('/') && !part.starts_with("arn:")) {
            return Err(fault("has an encoded slash outside an ARN"));
        }
        if protocol == Protocol::RestXml && label == "Bucket" && !is_bucket_name(&value) {
            return Err(fault("is not a bucket's name"));
        }
        if protocol == Protocol::RestXml && value.contains('/') && decoded.len() == 1 {
            return Err(fault("has an encoded slash"));
        }
        parameters.push_text(label, value);
    }
    Ok(())
}

/// The host may put a bucket's name before the endpoint's host name, so it is held to what a label can be.
fn is_bucket_name(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && name.split('.').all(|label| !label.is_empty())
}

/// Every query key is fixed by the template or a member of the input, and is there once unless it is a list.
pub(crate) fn check_query(
    target: &Target<'_>,
    operation: &Operation,
    input: &Input<'_>,
    parameters: &mut Parameters,
) -> Result<(), Fault> {
    let (_, fixed) = template(operation);
    for (index, (key, value)) in target.query.iter().enumerate() {
        let shown_key = shown(key);
        let repeated = target.query.iter().take(index).any(|(earlier, _)| earlier.eq_ignore_ascii_case(key));
        if fixed.contains(&(*key, *value)) {
            if repeated {
                return Err(Fault::new(Rule::Parameter, format!("the query key {shown_key:?} is given twice")));
            }
            continue;
        }
        let name = percent::decode(key, false)
            .map_err(|what| Fault::new(Rule::Target, format!("the query key {shown_key:?} {what}")))?;
        let Some(member) = input.member(Place::Query, &name) else {
            return Err(Fault::new(Rule::Parameter, format!("the operation has no query key {shown_key:?}")));
        };
        let same =
            target.query.iter().take(index).all(|(earlier, _)| !earlier.eq_ignore_ascii_case(key) || earlier == key);
        if repeated && !(member.many && same) {
            return Err(Fault::new(Rule::Parameter, format!("the query key {shown_key:?} is given twice")));
        }
        let Some(value) = value else {
            return Err(Fault::new(Rule::Parameter, format!("the query key {shown_key:?} has no value")));
        };
        let value = percent::decode(value, false)
            .map_err(|what| Fault::new(Rule::Target, format!("the value of the query key {shown_key:?} {what}")))?;
        parameters.push_text(member.wire, value);
    }
    Ok(())
}
