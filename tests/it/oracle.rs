//! What the binary stores, compared with what boto3 gives for the same calls, resource by resource.

use std::collections::BTreeMap;
use std::path::Path;

use portolan_tests::catalogue::rows;
use serde_json::Value;

/// Where ours differs on purpose, by kind and property, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[];

/// Compares a catalogue with the oracle's lines; all differences, each one line.
pub fn differences(catalogue: &Path, oracle: &[Value]) -> Vec<String> {
    let query = "SELECT kind, account_id, region, scope_region, id, arn, properties, context, stale_since
                 FROM resources WHERE deleted_at IS NULL";
    let mut ours: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for row in rows(catalogue, query) {
        ours.entry((text(&row, "kind"), text(&row, "account_id"))).or_default().push(row);
    }
    let mut found = Vec::new();
    for line in oracle {
        let place = (text(line, "kind"), text(line, "account"));
        let name = format!("{} {} {}", place.0, place.1, text(line, "id"));
        let candidates = ours.get_mut(&place).map(std::mem::take).unwrap_or_default();
        let (mut same, others): (Vec<Value>, Vec<Value>) = candidates.into_iter().partition(|row| is_same(row, line));
        ours.insert(place, others);
        match (same.pop(), same.len()) {
            (None, _) => found.push(format!("{name}: boto3 has it, we do not")),
            (Some(row), 0) => found.extend(compare(&row, line).into_iter().map(|what| format!("{name}: {what}"))),
            (Some(_), more) => found.push(format!("{name}: stored {} times", more + 1)),
        }
    }
    let unknown = ours.into_values().flatten();
    found.extend(unknown.map(|row| format!("{} {}: we have it, boto3 does not", text(&row, "kind"), text(&row, "id"))));
    found
}

fn is_same(row: &Value, line: &Value) -> bool {
    let region = line["region"].is_null() || row["scope_region"] == line["region"] || row["region"] == line["region"];
    let id = text(line, "id");
    region && (text(row, "id") == id || text(row, "arn") == id)
}

fn compare(row: &Value, line: &Value) -> Vec<String> {
    let kind = text(line, "kind");
    let (properties, context) = (json(row, "properties"), json(row, "context"));
    let mut found = Vec::new();
    if !row["stale_since"].is_null() {
        found.push("is stale".to_owned());
    }
    for (name, theirs) in members(&line["properties"]) {
        let ours = properties.get(name).unwrap_or(&Value::Null);
        if ours != theirs && !expected(&kind, name) {
            found.push(format!("{name} is {ours}, boto3 gives {theirs}"));
        }
    }
    for (name, ours) in members(&properties) {
        let theirs = line["raw"].get(name);
        if line["properties"].get(name).is_none() && theirs != Some(ours) && !expected(&kind, name) {
            found.push(format!("{name} is {ours}, boto3 gives {theirs:?}"));
        }
    }
    // The account kinds have no context, as at the peer.
    if !matches!(kind.as_str(), "AWS::Account::Info" | "AWS::Organizations::Account") {
        if context["AccountId"] != line["account"] {
            found.push(format!("AccountId is {}", context["AccountId"]));
        }
        if !line["region"].is_null() && context["Region"] != line["region"] {
            found.push(format!("Region is {}", context["Region"]));
        }
        for (name, theirs) in members(&line["extra"]) {
            if context.get(name) != Some(theirs) {
                found.push(format!("__ExtraContext.{name} is {:?}, boto3 gives {theirs}", context.get(name)));
            }
        }
    }
    found
}

fn expected(kind: &str, name: &str) -> bool {
    DIFFERENCES.iter().any(|(of, property, _)| *of == kind && *property == name)
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn json(row: &Value, name: &str) -> Value {
    serde_json::from_str(row[name].as_str().unwrap_or("null")).unwrap()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[test]
fn a_property_that_is_lost_changed_or_made_up_is_a_difference() {
    let line = serde_json::json!({
        "kind": "AWS::SQS::Queue", "account": "1", "region": "r", "id": "q", "extra": {},
        "properties": { "A": 1, "B": "x" }, "raw": { "A": 1, "B": "x", "C": true },
    });
    let check = |properties: &str| {
        let context = r#"{"AccountId":"1","Region":"r"}"#;
        let row = serde_json::json!({ "properties": properties, "context": context, "stale_since": null });
        compare(&row, &line).len()
    };
    assert_eq!(check(r#"{"A":1,"B":"x"}"#), 0);
    assert_eq!(check(r#"{"A":1,"B":"x","C":true}"#), 0);
    assert_eq!(check(r#"{"A":"1","B":"x"}"#), 1);
    assert_eq!(check(r#"{"A":1}"#), 1);
    assert_eq!(check(r#"{"A":1,"B":"x","D":0}"#), 1);
}
