//! Who may assume a role, as a property of it: what its trust policy says, seen from its account.
//!
//! Of the organization nothing is known here: another account is `outside`, and whoever asks the catalogue holds it against
//! the accounts that are there.

use std::collections::BTreeSet;

use portolan_names::AccountId;
use portolan_trust::{Flag, GateKind, Grant, Standpoint, document, judge};
use serde_json::{Map, Value, json};

/// The name of the property.
pub(crate) const PROPERTY: &str = "Trust";

/// What is said of the trust policy in a property; none where it is not there or cannot be read.
pub(crate) fn trust(properties: &Map<String, Value>, policy: &str, account: &str) -> Option<Value> {
    let account = AccountId::parse(account).ok()?;
    let policy = match properties.get(policy)? {
        Value::String(text) => document(text).ok()?,
        other => other.clone(),
    };
    let verdict = judge(&policy, &Standpoint::of_account(account));
    let flags: BTreeSet<Flag> = verdict.flags();
    let principals: Vec<Value> = verdict.grants.iter().filter(|grant| grant.assumes).map(principal).collect();
    let outside = verdict.from_outside().next().is_some();
    Some(json!({ "Flags": flags, "Outside": outside, "Principals": principals }))
}

fn principal(grant: &Grant) -> Value {
    let closed_by: BTreeSet<GateKind> = grant.gates.iter().filter(|gate| gate.closes).map(|gate| gate.kind).collect();
    let mut told = Map::new();
    let mut say = |name: &str, value: Value| told.insert(name.to_owned(), value);
    say("Name", json!(grant.principal.name));
    say("Kind", json!(grant.principal.kind));
    say("Place", json!(grant.place));
    say("ClosedBy", json!(closed_by));
    if let Some(account) = &grant.principal.account {
        say("Account", json!(account));
    }
    if grant.all_but {
        say("AllBut", json!(true));
    }
    Value::Object(told)
}
