//! Kinds that the configuration brings along: checked as the catalogue's own are, and read like them.

use portolan_guest::Guest;
use portolan_guest::interface::{Fate, Remark, Unit};
use serde_json::{Value, json};

use crate::script::{OWN, Script, account, config, fault, guest_with, limits, ok, own, read_all, run, unit};

fn remarks(config: &Value) -> Vec<Remark> {
    Guest::configure(&config.to_string(), run(limits())).err().unwrap_or_default()
}

#[track_caller]
fn refused(config: &Value, at: &str, instead: Option<&str>) {
    let remarks = remarks(config);
    let found = remarks.iter().find(|remark| remark.at == at).unwrap_or_else(|| panic!("{at}: {remarks:?}"));
    assert_eq!(found.instead.as_deref(), instead, "{found:?}");
}

fn roots() -> Value {
    json!({"list": {"operation": "ListRoots", "items": "Roots"}, "id": "{Id}"})
}

fn with(key: &str, value: Value) -> Value {
    let mut definition = roots();
    definition[key] = value;
    own("organizations", definition)
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    let kind = format!("/definitions/0/kinds/{OWN}");
    assert_eq!(remarks(&own("organizations", roots())), []);
    refused(&with("teir", json!("core")), &format!("{kind}/teir"), Some("tier"));
    refused(&with("tier", json!("mroe")), &format!("{kind}/tier"), Some("more"));
    refused(&with("id", json!("{Ids}")), &format!("{kind}/id"), None);
    let list = json!({"operation": "ListRoot", "items": "Roots"});
    refused(&with("list", list), &format!("{kind}/list/operation"), Some("ListRoots"));
    let list = json!({"operation": "ListRoots", "input": {"MaxResult": 5}, "items": "Root"});
    refused(&with("list", list.clone()), &format!("{kind}/list/input/MaxResult"), Some("MaxResults"));
    refused(&with("list", list), &format!("{kind}/list/items"), Some("Roots"));
    refused(&own("organisations", roots()), &kind, Some("organizations"));
    for definitions in [json!({}), json!([5]), json!([{"kinds": {}}])] {
        let mut config = config("AWS::SQS::Queue", json!([]));
        config["definitions"] = definitions;
        assert!(!remarks(&config).is_empty(), "{config}");
    }
}

#[test]
fn a_name_is_given_once() {
    let named = |names: &[&str], aliases: Value| {
        let mut config = own("organizations", roots());
        let mut definition = config["definitions"][0]["kinds"][OWN].clone();
        definition["aliases"] = aliases;
        config["definitions"] =
            names.iter().map(|name| json!({"service": "organizations", "kinds": {*name: definition}})).collect();
        config["kinds"] = json!([]);
        config
    };
    refused(&named(&["AWS::SQS::Queue"], json!([])), "/definitions/0/kinds/AWS::SQS::Queue", None);
    refused(&named(&["A::B::C"], json!(["AWS::SQS::Queue"])), "/definitions/0/kinds/A::B::C", None);
    refused(&named(&["A::B::C", "A::B::C"], json!([])), "/definitions/1/kinds/A::B::C", None);
    refused(&named(&["A::B::C", "A::B::D"], json!(["Both"])), "/definitions/1/kinds/A::B::D", None);
    let mut other = named(&["A::B::C"], json!(["Other"]));
    other["kinds"] = json!([{"kind": "Other"}]);
    assert_eq!(remarks(&other), []);
    other["kinds"] = json!([{"kind": "A::B::c"}]);
    refused(&other, "/kinds/0/kind", Some("A::B::C"));
}

#[test]
fn the_time_and_the_defaults_are_checked() {
    let mut given = own("organizations", roots());
    given["include_defaults"] = json!("yes");
    given["kinds"][0]["since"] = json!("2026-01-01");
    refused(&given, "/include_defaults", Some("false"));
    refused(&given, "/kinds/0/since", None);
    let history = json!({"list": {"operation": "ListAccounts", "items": "Accounts"}, "id": "{Id}", "since": {"at": "JoinedTimestamp"}});
    for (since, wrong) in
        [(json!("2026-01-01T00:00:00Z"), false), (json!("yesterday"), true), (json!(1_700_000_000), true)]
    {
        let mut given = own("organizations", history.clone());
        given["kinds"][0]["since"] = since.clone();
        assert_eq!(remarks(&given).iter().any(|remark| remark.at == "/kinds/0/since"), wrong, "{since}");
    }
}

#[test]
fn the_manifest_has_all_that_a_kind_may_call() {
    let config = own(
        "ecs",
        json!({
            "parents": [{"service": "eks", "operation": "ListClusters", "items": "clusters", "as": "name", "id": "{name}"}],
            "list": {"operation": "ListServices", "input": {"cluster": "{$parent.0}"}, "items": "serviceArns", "as": "serviceArn"},
            "id": "{serviceArn}", "aliases": ["Test"], "events": ["CreateService"],
            "actions": [{"name": "Tags", "service": "lambda", "operation": "ListTags", "input": {"Resource": "{serviceArn}"}, "take": "Tags", "into": "Tags"}],
            "default": {"when": [{"at": "serviceArn", "in": ["x"]}], "unless": {"operation": "ListClusters", "input": {}, "items": "clusterArns"}},
        }),
    );
    let (_, configured) = Guest::configure(&config.to_string(), run(limits())).unwrap();
    let manifest: Value = serde_json::from_str(&configured.manifest).unwrap();
    let kind = &manifest["kinds"][0];
    let calls: Vec<&str> =
        kind["calls"].as_array().unwrap().iter().map(|call| call["operation"].as_str().unwrap()).collect();
    assert_eq!(calls, ["ecs:ListClusters", "ecs:ListServices", "eks:ListClusters", "lambda:ListTags"]);
    assert_eq!(kind["actions"][0]["operation"], "lambda:ListTags");
    assert_eq!((&kind["aliases"], &kind["events"]), (&json!(["Test"]), &json!(["CreateService"])));
    assert_eq!((&kind["since"], &kind["defaults"]), (&json!(false), &json!(true)));
}

#[test]
fn templates_know_the_answer_and_the_place() {
    let config = own(
        "organizations",
        json!({
            "list": {"operation": "ListRoots", "items": "Roots[].PolicyTypes", "outer": "keep"},
            "id": "{$outer.Id}|{$index}", "name": "{$outer.Arn|account}", "region": "{$outer.Arn|region}",
            "set": {"First": "{$answer.Roots[].Id}", "Place": "{$index}"}, "types": {"Place": "integer"},
        }),
    );
    let host = Script::new(|_| {
        ok(json!({"Roots": [
            {"Id": "r1", "Arn": "arn:aws:organizations::111122223333:root/r1", "PolicyTypes": [{"Type": "A"}, {"Type": "B"}]},
            {"Id": "r2", "Arn": "arn:aws:organizations::111122223333:root/r2", "PolicyTypes": [{"Type": "A"}]}]}))
    });
    let all = read_all(&host, &config, limits(), &unit(OWN)).unwrap();
    assert_eq!(all.ids(), ["r1|1", "r1|2", "r2|1"]);
    assert_eq!(all.lines[2]["name"], "111122223333");
    assert_eq!(
        all.lines[1]["resource"]["Properties"],
        json!({"First": "r1", "Place": 2, "Type": "B"}),
        "typed after it is made"
    );
    assert_eq!(all.lines[1]["resource"]["__ExtraContext"].get("Arn"), None, "kept for templates, and no more");
}

#[test]
fn one_structure_is_one_item() {
    let config = own(
        "organizations",
        json!({"list": {"operation": "DescribeOrganization", "items": "Organization", "one": true}, "id": "{Id}"}),
    );
    let host = Script::new(|_| ok(json!({"Organization": {"Id": "o-1", "FeatureSet": "ALL"}})));
    assert_eq!(read_all(&host, &config, limits(), &unit(OWN)).unwrap().ids(), ["o-1"]);
    let host = Script::new(|_| ok(json!({})));
    let all = read_all(&host, &config, limits(), &unit(OWN)).unwrap();
    assert!(all.whole && all.ids().is_empty());
}

/// A service that one region answers for is asked there, whatever regions the user reads.
#[test]
fn a_kind_with_a_home_is_asked_there() {
    let global = |home: Value| {
        let mut config = with("home", home);
        config["definitions"][0]["kinds"][OWN]["scope"] = json!("account");
        config["regions"] = json!({"allow": ["eu-west-1"]});
        config
    };
    let unit = Unit { kind: OWN.to_owned(), region: None };
    let host = Script::new(|request| match request.region.as_str() {
        "us-west-2" => fault("AccessDeniedException"),
        _ => ok(json!({"Roots": [{"Id": request.region}]})),
    });
    let all = read_all(&host, &global(json!(["us-west-2", "us-east-2"])), limits(), &unit).unwrap();
    assert_eq!(all.ids(), ["us-east-2"]);
    let regions: Vec<String> = host.asked.borrow().iter().map(|request| request.region.clone()).collect();
    assert_eq!(regions, ["us-west-2", "us-east-2"]);

    let silent = Script::new(|_| fault("AccessDeniedException"));
    let fate = |home: Value| guest_with(&global(home), limits()).plan(&silent, &account()).unwrap().kinds[0].fate;
    assert_eq!(fate(json!(["us-west-2"])), Fate::Read);
    assert_eq!(fate(json!(["cn-north-1"])), Fate::Unavailable, "no region of this partition answers for it");
}

#[test]
fn a_digest_is_an_id_that_nothing_is_read_by() {
    let definition = |id: &str| json!({"list": {"operation": "ListRoots", "items": "Roots"}, "id": id, "arn": ["{Name|arn}", "{Arn|arn}"]});
    let config = own("organizations", definition("{$account}|{$digest}"));
    let host =
        Script::new(|_| ok(json!({"Roots": [{"Id": "r", "Name": "n", "Arn": "arn:aws:organizations::1:root/r"}]})));
    let all = read_all(&host, &config, limits(), &unit(OWN)).unwrap();
    assert_eq!(
        (all.ids()[0].len(), all.lines[0]["arn"].as_str()),
        (12 + 1 + 32, Some("arn:aws:organizations::1:root/r"))
    );
    let mut described = definition("{$digest}");
    described["confirm"] = json!("describe");
    described["read"] = json!({"operation": "ListRoots", "items": "Roots"});
    refused(&own("organizations", described), &format!("/definitions/0/kinds/{OWN}/id"), None);
    let mut elsewhere = definition("{Id}");
    elsewhere["name"] = json!("{$digest}");
    refused(&own("organizations", elsewhere), &format!("/definitions/0/kinds/{OWN}/name"), None);
}
