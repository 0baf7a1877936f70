//! The documents of session policies: what exactly is called, or that by patterns.

use std::collections::BTreeSet;

use portolan_tables::{Access, denied_reads};
use serde_json::{Value, json};

use crate::credentials::{SessionPolicy, allowing};

/// What the packed form allows of a service as a whole. Not `Get*`: that is where contents and secrets are.
const PATTERNS: [&str; 3] = ["List", "Describe", "BatchGet"];

/// These actions and no other; none where that is longer than AWS takes.
pub(super) fn exact(actions: &BTreeSet<String>) -> Option<SessionPolicy> {
    SessionPolicy::inline(&allowing(&actions.iter().collect::<Vec<_>>(), &json!("*")))
}

/// The lists and descriptions of these actions' services and the rest of the actions by name, without what is no
/// inventory; none where that is longer than AWS takes. `services` are called so in the tables.
pub(super) fn packed(actions: &BTreeSet<String>, services: &BTreeSet<&str>) -> Option<SessionPolicy> {
    let prefixes: BTreeSet<&str> = actions.iter().filter_map(|action| action.split(':').next()).collect();
    let of_prefix = |prefix: &&str| PATTERNS.map(|verb| format!("{prefix}:{verb}*"));
    let mut allowed: Vec<String> = prefixes.iter().flat_map(of_prefix).collect();
    allowed.extend(actions.iter().filter(|action| !is_in_pattern(action)).cloned());
    let denied = denied(&prefixes, actions, services);
    let mut document = allowing(&allowed, &json!("*"));
    if let (false, Some(Value::Array(statements))) = (denied.is_empty(), document.get_mut("Statement")) {
        statements.push(json!({ "Effect": "Deny", "Action": denied, "Resource": "*" }));
    }
    SessionPolicy::inline(&document)
}

fn is_in_pattern(action: &str) -> bool {
    action.split_once(':').is_some_and(|(_, name)| PATTERNS.iter().any(|verb| name.starts_with(verb)))
}

/// What the patterns would let through and nobody here may ask for: what the reviewed list denies, and what of these
/// services AWS does not call a read. What is called is not among it: the guard judges that by its parameters.
fn denied(prefixes: &BTreeSet<&str>, called: &BTreeSet<String>, services: &BTreeSet<&str>) -> BTreeSet<String> {
    let is_meant = |action: &str| {
        action.split_once(':').is_some_and(|(prefix, _)| prefixes.contains(prefix))
            && is_in_pattern(action)
            && !called.iter().any(|other| other.eq_ignore_ascii_case(action))
    };
    let mut denied: BTreeSet<String> = denied_reads().map(|row| row.action.to_owned()).collect();
    for service in services.iter().filter_map(|name| portolan_tables::service(name)) {
        let no_reads = service.operations().filter(|(_, it)| !matches!(it.access, Some(Access::List | Access::Read)));
        denied.extend(no_reads.filter_map(|(_, operation)| operation.action.clone()));
    }
    denied.retain(|action| is_meant(action));
    denied
}
