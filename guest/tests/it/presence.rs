//! What belongs into a listing: conditions, defaults, and that a call that fails makes nothing vanish.

use portolan_guest::host::Request;
use serde_json::{Value, json};

use crate::Answer;
use crate::script::{
    OWN, Script, Whole, account, described, fault, guest_with, limits, lines, member, ok, own, read_all, unit,
};

fn read(host: &Script<'_>, config: &Value) -> Whole {
    read_all(host, config, limits(), &unit(OWN)).unwrap()
}

fn accounts(conditions: Value) -> Value {
    let mut definition = json!({"list": {"operation": "ListAccounts", "items": "Accounts"}, "id": "{Id}"});
    definition.as_object_mut().unwrap().extend(conditions.as_object().unwrap().clone());
    own("organizations", definition)
}

#[test]
fn conditions() {
    let host = Script::new(|_| {
        ok(json!({"Accounts": [
            {"Id": "1", "Name": "prod-eu", "Status": "ACTIVE", "Paths": ["o/a", "o/b"]},
            {"Id": "2", "Name": "prod-us", "Status": "SUSPENDED", "Paths": []},
            {"Id": "3", "Name": "test"}]}))
    });
    for (condition, kept) in [
        (json!({"at": "Status", "in": ["ACTIVE"]}), "1"),
        (json!({"at": "Status", "not_in": ["ACTIVE"]}), "2 3"),
        (json!({"at": "Name", "starts_with": ["prod", "dev"]}), "1 2"),
        (json!({"at": "Status", "absent": true}), "3"),
        (json!({"at": "Status", "absent": false}), "1 2"),
        (json!({"at": "Paths", "absent": true}), "2 3"),
        (json!({"at": "Paths[]", "in": ["o/b"]}), "1"),
        (json!({"at": "Name", "starts_with": ["prod"], "not_in": ["prod-eu"]}), "2"),
    ] {
        let all = read(&host, &accounts(json!({"keep": [condition]})));
        assert_eq!(all.ids().join(" "), kept, "keep {condition}");
        let others: Vec<&str> = ["1", "2", "3"].into_iter().filter(|id| !kept.contains(id)).collect();
        assert_eq!(read(&host, &accounts(json!({"drop": [condition]}))).ids(), others, "drop {condition}");
        assert!(all.whole);
    }
    let both = json!([{"at": "Status", "absent": false}, {"at": "Name", "starts_with": ["prod-u"]}]);
    assert_eq!(read(&host, &accounts(json!({"keep": both}))).ids(), ["2"], "all must hold");
    assert_eq!(read(&host, &accounts(json!({"drop": both}))).ids(), ["3"], "one is enough");
}

fn tables(conditions: Value) -> Value {
    let mut definition = json!({"list": {"operation": "ListTables", "items": "TableNames", "as": "TableName"}, "id": "{TableName}",
        "actions": [{"name": "Describe", "operation": "DescribeTable", "input": {"TableName": "{TableName}"}, "take": "Table"}],
        "not_sensitive": {"Replicas": "x"}});
    definition.as_object_mut().unwrap().extend(conditions.as_object().unwrap().clone());
    own("dynamodb", definition)
}

fn described_tables(request: &Request) -> Answer {
    match member(request, "TableName").as_str() {
        None => ok(json!({"TableNames": ["active", "deleting", "denied", "system"]})),
        Some("denied") => fault("AccessDeniedException"),
        Some(name) => ok(json!({"Table": {"TableName": name, "TableStatus": name.to_uppercase()}})),
    }
}

#[test]
fn an_item_whose_detail_call_failed_is_present() {
    for (conditions, expected) in [
        (json!({"drop": [{"at": "TableStatus", "in": ["DELETING"]}]}), vec!["active", "denied", "system"]),
        (json!({"drop": [{"at": "TableStatus", "absent": true}]}), vec!["active", "deleting", "denied", "system"]),
        (json!({"drop": [{"at": "TableStatus", "not_in": ["ACTIVE"]}]}), vec!["active", "denied"]),
        (json!({"keep": [{"at": "TableStatus", "in": ["ACTIVE"]}]}), vec!["active", "denied"]),
        (json!({"keep": [{"at": "TableStatus", "absent": true}]}), vec!["denied"]),
        (json!({"default": {"when": [{"at": "TableStatus", "not_in": ["ACTIVE"]}]}}), vec!["active", "denied"]),
    ] {
        let host = Script::new(described_tables);
        let all = read(&host, &tables(conditions.clone()));
        assert_eq!(all.ids(), expected, "{conditions}");
        assert!(all.whole, "membership does not hang on it");
    }
}

#[test]
fn what_the_listing_says_already_is_not_asked_for() {
    let host = Script::new(described_tables);
    let all = read(&host, &tables(json!({"drop": [{"at": "TableName", "in": ["system", "denied"]}]})));
    assert_eq!(all.ids(), ["active", "deleting"]);
    assert_eq!(host.count("DescribeTable"), 2);
    assert!(all.problems.is_empty());
}

/// Clusters named `default…` are everybody's, unless a service runs in them.
fn clusters() -> Value {
    let mut config = own(
        "ecs",
        json!({"list": {"operation": "ListClusters", "items": "clusterArns", "as": "clusterArn"}, "id": "{clusterArn}",
            "default": {"when": [{"at": "clusterArn", "starts_with": ["default"]}],
                "unless": {"operation": "ListServices", "input": {"cluster": "{clusterArn|/}"}, "items": "serviceArns"}},
            "confirm": "describe",
            "read": {"operation": "DescribeClusters", "input": {"clusters": "{$batch}"}, "batch": 100, "items": "clusters"}}),
    );
    // Not of this test.
    config["definitions"][0]["kinds"][OWN]["not_sensitive"] = json!({});
    config
}

fn uses(request: &Request) -> Answer {
    match request.operation.as_str() {
        "ListClusters" => {
            ok(json!({"clusterArns": ["own", "default/unused", "default/used", "default/denied", "default2/used"]}))
        }
        "DescribeClusters" => ok(
            json!({"clusters": member(request, "clusters").as_array().unwrap().iter().map(|arn| json!({"clusterArn": arn})).collect::<Vec<_>>()}),
        ),
        _ => match (member(request, "cluster").as_str().unwrap(), member(request, "nextToken")) {
            ("used", Value::Null) => ok(json!({"serviceArns": [], "nextToken": "2"})),
            ("used", _) => ok(json!({"serviceArns": ["s"]})),
            ("denied", _) => fault("AccessDeniedException"),
            _ => ok(json!({"serviceArns": []})),
        },
    }
}

#[test]
fn a_default_is_left_out_unless_something_uses_it() {
    let host = Script::new(uses);
    let all = read(&host, &clusters());
    assert_eq!(all.ids(), ["own", "default/used", "default/denied", "default2/used"]);
    assert_eq!(
        host.count("ListServices"),
        4,
        "each question once, over all its pages, and none about what is no default"
    );
    assert!(all.whole);
    assert_eq!(
        all.problems(),
        ["denied ecs:ListServices x1 about default/denied"],
        "who could not be asked about stays"
    );
}

#[test]
fn defaults_can_be_asked_for() {
    let mut config = clusters();
    config["include_defaults"] = json!(true);
    let host = Script::new(uses);
    assert_eq!(read(&host, &config).ids().len(), 5);
    assert_eq!(host.count("ListServices"), 0);
}

/// Otherwise what has become a default would be missing from the listing and found by its id, for ever.
#[test]
fn reading_by_id_judges_as_the_listing_does() {
    let host = Script::new(uses);
    let ids = ["own", "default/unused", "default/used", "default/denied"].map(str::to_owned);
    let page = guest_with(&clusters(), limits()).read_resources(&host, &account(), &unit(OWN), &ids).unwrap();
    let found: Vec<String> = lines(&page).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, ["own", "default/used", "default/denied"]);
    assert_eq!(
        page.problems.iter().map(described).collect::<Vec<_>>(),
        ["denied ecs:ListServices x1 about default/denied"]
    );
}
