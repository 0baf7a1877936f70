//! Every definition against `catalog/schema.json`, and the schema against definitions that are wrong.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{EMBEDDED, validate};

/// What the validator understands. A schema that uses anything else fails, so that no rule is passed over.
const KEYWORDS: &[&str] = &[
    "$ref",
    "$schema",
    "$defs",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "description",
    "enum",
    "if",
    "items",
    "minItems",
    "minimum",
    "not",
    "oneOf",
    "properties",
    "required",
    "then",
    "title",
    "type",
];

fn keywords(schema: &Value, found: &mut BTreeSet<String>) {
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        found.insert(keyword.clone());
        match keyword.as_str() {
            "properties" | "$defs" => value.as_object().unwrap().values().for_each(|below| keywords(below, found)),
            "allOf" | "anyOf" | "oneOf" => value.as_array().unwrap().iter().for_each(|below| keywords(below, found)),
            "if" | "then" | "not" | "items" | "contains" | "additionalProperties" => keywords(value, found),
            _ => {}
        }
    }
}

#[test]
fn the_validator_knows_every_keyword_of_the_schema() {
    let mut found = BTreeSet::new();
    keywords(&serde_json::from_str(include_str!("../../catalog/schema.json")).unwrap(), &mut found);
    let unknown: Vec<&String> = found.iter().filter(|keyword| !KEYWORDS.contains(&keyword.as_str())).collect();
    assert!(unknown.is_empty() && found.len() > 15, "{unknown:?}");
}

fn wrong(file: &Value) -> Vec<String> {
    validate(file).into_iter().map(|finding| format!("{}: {}", finding.at, finding.message)).collect()
}

#[test]
fn every_definition_is_as_the_schema_says() {
    for service in EMBEDDED {
        let mut kinds: Value = serde_json::from_str(service.json).unwrap();
        // What the build wrote into the definitions is no word of theirs; it refuses files that say it.
        let definitions = kinds.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut);
        for action in definitions.filter_map(|kind| kind.get_mut("actions")?.as_array_mut()).flatten() {
            action.as_object_mut().unwrap().remove("members");
        }
        assert_eq!(wrong(&json!({"service": service.service, "kinds": kinds})), [""; 0], "{}", service.service);
    }
}

fn right() -> Value {
    json!({"tier": "core", "scope": "region", "id": "{A}", "arn": "{A}", "confirm": "describe", "list": {"operation": "ListA", "items": "A"}})
}

fn file(service: &str, kind: &Value) -> Value {
    json!({"service": service, "kinds": {"K": kind}})
}

#[test]
fn the_schema_refuses() {
    assert_eq!(wrong(&file("sqs", &right())), [""; 0]);
    for (key, value) in [
        ("tier", json!("cor")),
        ("unknown", json!(1)),
        ("list", json!({"operation": "ListA"})),
        ("list", json!({"operation": "ListA", "items": []})),
        ("list", json!({"operation": "ListA", "items": "A", "outer": "kept"})),
        ("actions", json!([{"name": "A", "operation": "B", "take": "C", "batch": 0}])),
        ("arn", json!([])),
        ("types", json!({"A": "number"})),
        ("parents", json!([{"id": "{A}"}])),
        ("parents", json!([{"operation": "A", "items": "A"}])),
        ("parents", json!([{"operation": "A", "items": "A", "id": "{A}", "values": ["B"]}])),
        ("keep", json!([{"at": "A"}])),
        ("keep", json!([{"at": "A", "is": ["B"]}])),
        ("since", json!({"input": {}})),
        ("default", json!({})),
        ("default", json!({"when": [], "unless": {"operation": "A"}})),
    ] {
        let mut kind = right();
        kind[key] = value.clone();
        assert!(!wrong(&file("sqs", &kind)).is_empty(), "{key} {value}");
    }
    for key in ["id", "confirm", "list"] {
        let mut kind = right();
        kind.as_object_mut().unwrap().remove(key);
        assert!(!wrong(&file("sqs", &kind)).is_empty(), "{key}");
    }
    for (key, value) in [
        (
            "parents",
            json!([{"values": ["A"]}, {"home_values": ["A"]}, {"service": "ec2", "operation": "A", "items": ["A", "B"], "id": "{A}"}]),
        ),
        ("keep", json!([{"at": "A", "in": ["B"], "not_in": ["C"], "starts_with": ["D"], "absent": false}])),
        ("since", json!({"at": "A", "input": {"B": "{$since}"}, "newest_first": true})),
        (
            "default",
            json!({"when": [{"at": "A", "absent": true}], "unless": {"operation": "A", "input": {}, "items": "B"}}),
        ),
        ("events", json!(["CreateA"])),
        ("home", json!(["us-west-2"])),
    ] {
        let mut kind = right();
        kind[key] = value;
        assert_eq!(wrong(&file("sqs", &kind)), [""; 0], "{key}");
    }
}

#[test]
fn a_wrong_word_is_named_with_the_right_one() {
    let mut kind = right();
    kind["teir"] = json!("core");
    kind["list"]["itmes"] = json!("A");
    let found = validate(&file("sqs", &kind));
    let at = |at: &str| found.iter().find(|finding| finding.at == at).unwrap().instead.clone();
    assert_eq!(at("/kinds/K/teir").as_deref(), Some("tier"));
    assert_eq!(at("/kinds/K/list/itmes").as_deref(), Some("items"));
}

/// Ruling 27: what shows others' images, snapshots and documents is asked for one's own.
#[test]
fn listings_of_what_others_own_need_their_filter() {
    let filter = |key: &str, values: &[&str]| json!({"Filters": [{"Key": "Name", "Values": ["x"]}, {"Key": key, "Values": values}]});
    for (service, operation, own, foreign) in [
        ("ec2", "DescribeImages", json!({"Owners": ["self"]}), vec![json!({}), json!({"Owners": ["self", "amazon"]})]),
        ("ec2", "DescribeFpgaImages", json!({"Owners": ["self"]}), vec![json!({})]),
        ("ec2", "DescribeSnapshots", json!({"OwnerIds": ["self"]}), vec![json!({}), json!({"MaxResults": 5})]),
        ("iam", "ListPolicies", json!({"Scope": "Local"}), vec![json!({}), json!({"Scope": "All"})]),
        ("ssm", "ListDocuments", filter("Owner", &["Self"]), vec![json!({}), filter("Owner", &["Amazon"])]),
        ("ssm", "DescribePatchBaselines", filter("OWNER", &["Self"]), vec![json!({}), filter("OWNER", &["AWS"])]),
        ("cloudtrail", "DescribeTrails", json!({"includeShadowTrails": false}), vec![json!({})]),
        ("imagebuilder", "ListImages", json!({"owner": "Self"}), vec![json!({}), json!({"owner": "Amazon"})]),
        (
            "rds",
            "DescribeDBSnapshots",
            json!({}),
            vec![json!({"IncludeShared": true}), json!({"SnapshotType": "public"})],
        ),
        ("docdb", "DescribeDBClusterSnapshots", json!({"IncludePublic": false}), vec![json!({"IncludePublic": true})]),
    ] {
        let listed = |input: &Value| {
            let mut kind = right();
            kind["list"] = json!({"operation": operation, "items": "A", "input": input});
            wrong(&file(service, &kind))
        };
        let parent = |input: &Value, inside: &str, of: Option<&str>| {
            let mut kind = right();
            kind["parents"] = json!([{"operation": operation, "items": "A", "id": "{A}", "input": input}]);
            if let Some(of) = of {
                kind["parents"][0]["service"] = json!(of);
            }
            wrong(&file(inside, &kind))
        };
        assert_eq!(listed(&own), [""; 0], "{operation}");
        assert_eq!(parent(&own, service, None), [""; 0], "{operation}");
        for input in &foreign {
            assert!(!listed(input).is_empty(), "{operation} {input}");
            assert!(!parent(input, service, None).is_empty(), "{operation} {input} as a parent");
            assert!(!parent(input, "sqs", Some(service)).is_empty(), "{operation} {input} of another service");
        }
    }
    let mut without = right();
    without["list"] = json!({"operation": "DescribeImages", "items": "Images"});
    assert!(!wrong(&file("ec2", &without)).is_empty());
    assert_eq!(wrong(&file("ecr", &without)), [""; 0], "another service's operation of that name");
}
