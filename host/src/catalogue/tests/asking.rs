//! Each question on an estate made for it, and each on an empty catalogue: nothing known is not *none*.

use rusqlite::types::Value as Cell;

use super::*;
use crate::catalogue::questions::{QUESTIONS, Question};

const OTHER: &str = "222222222222";

fn estate(kind: &str, resources: &[(&str, serde_json::Value)]) -> Catalogue {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let lines = resources.iter().map(|(id, properties)| line(kind, id, properties.clone(), json!({}))).collect();
    run(&mut catalogue, 1, &[(unit(kind, ACCOUNT, "eu-west-1"), lines)], Confirm::SecondRun);
    catalogue
}

/// The answer's rows as text, only these columns.
#[track_caller]
fn ask(catalogue: &Catalogue, name: &str, parameters: &[(&str, &str)], columns: &[&str]) -> Vec<String> {
    let answer = Question::named(name).unwrap().ask(catalogue.connection(), parameters).unwrap();
    let chosen: Vec<usize> =
        columns.iter().map(|column| answer.columns.iter().position(|c| c == column).unwrap()).collect();
    let text = |cell: &Cell| match cell {
        Cell::Null => String::new(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Blob(_) => "blob".to_owned(),
    };
    answer.rows.iter().map(|row| chosen.iter().map(|c| text(&row[*c])).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn all_can_be_asked_and_none_claims_to_know_what_was_never_read() {
    let catalogue = Catalogue::in_memory().unwrap();
    for question in QUESTIONS {
        let answer = question.ask(catalogue.connection(), &[]).unwrap();
        assert!(answer.rows.is_empty(), "{}", question.name);
        assert!(!answer.is_whole(), "{}", question.name);
        assert!(question.sql.starts_with("-- ") && question.sql.contains("\n-- scope\n"), "{}", question.name);
    }
}

#[test]
fn instances_by_type_and_account() {
    let instance = |kind: &str, state: &str| json!({"InstanceType": kind, "State": {"Name": state}});
    let catalogue = estate(
        "AWS::EC2::Instance",
        &[
            ("i-1", instance("m5.large", "running")),
            ("i-2", instance("m5.large", "stopped")),
            ("i-3", instance("t3.nano", "running")),
        ],
    );
    let rows = ask(&catalogue, "instances_by_type_and_account", &[], &["account_id", "type", "instances", "running"]);
    assert_eq!(rows, [format!("{ACCOUNT}|m5.large|2|1"), format!("{ACCOUNT}|t3.nano|1|1")]);
}

#[test]
fn untagged_by_key() {
    let catalogue = estate(
        "AWS::SQS::Queue",
        &[("a", json!({"Tags": {"Owner": "x"}})), ("b", json!({"Tags": {"Team": "x"}})), ("c", json!({"Tags": {}}))],
    );
    assert_eq!(ask(&catalogue, "untagged_by_key", &[], &["id", "tag"]), ["b|missing", "c|missing"]);
    assert_eq!(ask(&catalogue, "untagged_by_key", &[("key", "Team")], &["id", "tag"]), ["a|missing", "c|missing"]);
    let unread = estate("AWS::SQS::Queue", &[("a", json!({}))]);
    assert_eq!(ask(&unread, "untagged_by_key", &[], &["id", "tag"]), ["a|unknown"]);
}

#[test]
fn unencrypted_volumes_and_databases() {
    let volumes = estate(
        "AWS::EC2::Volume",
        &[("v-1", json!({"Encrypted": true})), ("v-2", json!({"Encrypted": false})), ("v-3", json!({}))],
    );
    let name = "unencrypted_volumes_and_databases";
    assert_eq!(ask(&volumes, name, &[], &["id", "encryption"]), ["v-2|not encrypted", "v-3|unknown"]);
    let databases = estate(
        "AWS::RDS::DBInstance",
        &[("d-1", json!({"StorageEncrypted": false})), ("d-2", json!({"StorageEncrypted": true}))],
    );
    assert_eq!(ask(&databases, name, &[], &["id", "encryption"]), ["d-1|not encrypted"]);
    // The volumes were read, the databases were not.
    let answer = Question::named(name).unwrap().ask(volumes.connection(), &[]).unwrap();
    let expected = [("AWS::EC2::Volume", "whole"), ("AWS::RDS::DBInstance", "not read")];
    assert_eq!(answer.scope, expected.map(|(kind, answer)| (kind.to_owned(), answer.to_owned())));
    assert!(!answer.is_whole());
}

#[test]
fn public_buckets_and_unknown_is_not_no() {
    let block = |on: bool| {
        json!({"PublicAccessBlockConfiguration":
        {"BlockPublicAcls": on, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}})
    };
    let catalogue = estate(
        "AWS::S3::Bucket",
        &[
            ("closed", block(true)),
            ("open", block(false)),
            ("none", json!({"PublicAccessBlockConfiguration": null})),
            ("empty", json!({"PublicAccessBlockConfiguration": {}})),
            ("unread", json!({})),
        ],
    );
    let rows = ask(&catalogue, "public_buckets", &[], &["bucket", "public"]);
    assert_eq!(rows, ["empty|block is open in part", "open|block is open in part", "none|no block", "unread|unknown"]);
}

#[test]
fn functions_by_runtime() {
    let catalogue = estate(
        "AWS::Lambda::Function",
        &[
            ("a", json!({"Runtime": "python3.8"})),
            ("b", json!({"Runtime": "python3.8"})),
            ("c", json!({"PackageType": "Image"})),
        ],
    );
    assert_eq!(
        ask(&catalogue, "functions_by_runtime", &[], &["runtime", "functions"]),
        ["python3.8|2", "none: Image|1"]
    );
}

#[test]
fn unattached_volumes() {
    let catalogue = estate(
        "AWS::EC2::Volume",
        &[
            ("v-1", json!({"State": "available", "Size": 8})),
            ("v-2", json!({"State": "in-use", "Size": 80})),
            ("v-3", json!({"State": "available", "Size": 100})),
        ],
    );
    assert_eq!(ask(&catalogue, "unattached_volumes", &[], &["volume", "gib"]), ["v-3|100", "v-1|8"]);
    let answer = Question::named("unattached_volumes").unwrap().ask(catalogue.connection(), &[]).unwrap();
    assert!(answer.is_whole());
}

#[test]
fn roles_assumable_from_outside() {
    let role = |principals: serde_json::Value, flags: serde_json::Value| json!({"Trust": {"Principals": principals, "Flags": flags, "Outside": true}});
    let somebody = |name: &str, place: &str, account: &str| json!({"Name": name, "Kind": "role", "Place": place, "ClosedBy": ["external-id"], "Account": account});
    let provider = json!({"Name": "saml", "Kind": "saml", "Place": "federation", "ClosedBy": []});
    let everybody = json!({"Name": "*", "Kind": "anyone", "Place": "anywhere", "ClosedBy": []});
    let machine = json!({"Name": "ec2.amazonaws.com", "Kind": "service", "Place": "service", "ClosedBy": []});
    let catalogue = estate(
        "AWS::IAM::Role",
        &[
            ("inside", role(json!([machine, somebody("own", "own-account", ACCOUNT)]), json!([]))),
            ("vendor", role(json!([machine, somebody("collector", "outside", "999988887777")]), json!([]))),
            ("sister", role(json!([somebody("known", "outside", ACCOUNT)]), json!([]))),
            ("people", role(json!([provider]), json!([]))),
            ("open", role(json!([everybody]), json!(["wildcard-without-condition"]))),
            ("unread", json!({"RoleName": "unread"})),
            ("nobody", role(json!([]), json!([]))),
        ],
    );
    let account = AccountRow {
        id: AccountId::parse(ACCOUNT).unwrap(),
        name: None,
        email: None,
        state: "ACTIVE".to_owned(),
        ou_path: None,
        tags: None,
        is_management: false,
    };
    let mut catalogue = catalogue;
    catalogue.put_accounts(&[account], true, 3).unwrap();
    let rows = ask(&catalogue, "roles_assumable_from_outside", &[], &["who", "outside", "closed_by", "flags"]);
    let expected = [
        "known|account of the catalogue|external-id|",
        "*|anybody||wildcard-without-condition",
        "saml|identity provider||",
        "collector|other account|external-id|",
        "|unknown||",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn changed_since() {
    let mut catalogue = estate("AWS::SQS::Queue", &[("a", json!({})), ("b", json!({})), ("c", json!({}))]);
    let changed = line("AWS::SQS::Queue", "b", json!({"Delay": 1}), json!({}));
    let pages = [(queues(), vec![queue("a"), changed, queue("d")])];
    run(&mut catalogue, 2, &pages, Confirm::Off);
    let columns = &["change", "id"];
    let mut rows = ask(&catalogue, "changed_since", &[], columns);
    rows.sort();
    assert_eq!(rows, ["changed|a", "changed|b", "gone|c", "new|d"]);
    assert_eq!(ask(&catalogue, "changed_since", &[("since", "2024-01-01")], columns).len(), 4);
    assert!(ask(&catalogue, "changed_since", &[("since", "2099-01-01")], columns).is_empty());
}

#[test]
fn not_seen() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let now = begin(&mut catalogue, 1);
    let account = |id: &str, state: &str| AccountRow {
        id: AccountId::parse(id).unwrap(),
        name: Some("n".to_owned()),
        email: None,
        state: state.to_owned(),
        ou_path: None,
        tags: None,
        is_management: false,
    };
    catalogue.put_accounts(&[account(ACCOUNT, "ACTIVE"), account(OTHER, "ACTIVE")], true, now).unwrap();
    let regions = ["eu-west-1", "me-south-1"]
        .map(|r| RegionRow { region: Region::parse(r).unwrap(), enabled: r.starts_with("eu") });
    catalogue.put_regions(&AccountId::parse(ACCOUNT).unwrap(), &regions, true, now).unwrap();
    let refused = Problem { message: "role not assumable".to_owned(), ..problem(ProblemClass::NoCredentials) };
    catalogue.put_problems(None, Some(OTHER), &[refused], now).unwrap();
    let topics = unit("AWS::SNS::Topic", ACCOUNT, "eu-west-1");
    catalogue.store_page(&page(&queues(), vec![queue("a")], now)).unwrap();
    catalogue.finish_unit(&queues(), &end(Ended::AtItsEnd), now).unwrap();
    let denied = UnitEnd { problem: Some(problem(ProblemClass::Denied)), ..end(Ended::Before(ProblemClass::Denied)) };
    catalogue.finish_unit(&topics, &denied, now).unwrap();
    catalogue.finish_run(2, "{}", now).unwrap();
    let rows = ask(&catalogue, "not_seen", &[], &["what", "kind", "account_id", "region", "class", "why"]);
    let expected = [
        format!("account||{OTHER}||active|role not assumable"),
        format!("region||{ACCOUNT}|me-south-1|disabled|not enabled in the account"),
        format!("unit|AWS::SNS::Topic|{ACCOUNT}|eu-west-1|denied|AccessDenied: not authorized"),
    ];
    assert_eq!(rows, expected);
    let answer = Question::named("not_seen").unwrap().ask(catalogue.connection(), &[]).unwrap();
    let scope: Vec<&str> = answer.scope.iter().map(|(_, answer)| answer.as_str()).collect();
    assert_eq!(scope, ["not whole: 1 of 1 units incomplete", "not whole: 1 accounts not read"]);
}
