//! What is wrong with a configuration, all of it at once, and what it says of itself.

use portolan_guest::Guest;
use serde_json::{Value, json};

use crate::script::{KEY, config, limits, run};

fn remarks(config: &str) -> Vec<(String, Option<String>)> {
    let remarks = Guest::configure(config, run(limits())).err().unwrap_or_default();
    remarks.into_iter().map(|remark| (remark.at, remark.instead)).collect()
}

#[test]
fn everything_wrong_is_said_at_once_with_what_to_write() {
    let config = json!({
        "version": 2, "redaction_key": "xyz", "regoins": {}, "sensitive": "no",
        "accounts": {"ous": {"include": ["ou-1"]}, "include": [111_122_223_333_u64, "1"], "exlude": []},
        "kinds": [
            {"kind": "AWS::SQS::Queues"},
            {"kind": "AWS::SQS::Queue", "actions": ["GetQueueTagsAction"]},
            {"kind": "AWS::SQS::Queue"},
            {"kind": "AWS::EC2::Volume", "regions": {"allow": ["eu-wst-1", "cn-north-1"]}},
        ],
        "home_region": "Frankfurt",
        "account_regions": {"12": {"alow": []}},
    });
    let found = remarks(&config.to_string());
    let expected = [
        ("/regoins", Some("regions")),
        ("/version", Some("1")),
        ("/accounts/exlude", Some("exclude")),
        ("/accounts/ous/include/0", None),
        ("/accounts/include/0", Some("\"111122223333\"")),
        ("/accounts/include/1", None),
        ("/kinds/0/kind", Some("AWS::SQS::Queue")),
        ("/kinds/2/kind", None),
        ("/kinds/1/actions/0", Some("ListQueueTagsAction")),
        ("/kinds/3/regions/allow/0", Some("eu-west-1")),
        ("/account_regions/12", None),
        ("/account_regions/12/alow", Some("allow")),
        ("/sensitive", Some("redact")),
        ("/redaction_key", None),
    ];
    for (at, instead) in expected {
        let found = found.iter().find(|remark| remark.0 == at).unwrap_or_else(|| panic!("{at} is missing: {found:?}"));
        assert_eq!(found.1.as_deref(), instead, "{at}");
    }
    for at in ["/kinds/3/regions/allow/1", "/home_region"] {
        assert!(found.iter().any(|remark| remark.0 == at), "{at} is missing: {found:?}");
    }
    assert_eq!(found.len(), expected.len() + 2, "{found:?}");
}

#[test]
fn what_is_no_configuration_is_refused() {
    for text in ["", "[]", "{", "null", "{}"] {
        assert!(!remarks(text).is_empty(), "{text:?}");
    }
}

#[test]
fn a_new_region_needs_no_new_tables() {
    let given = json!({"version": 1, "redaction_key": KEY, "regions": {"allow": ["eu-west-9", "eu-west-1"]}});
    assert_eq!(remarks(&given.to_string()), []);
}

fn configured(config: &Value) -> (Value, String) {
    let (_, configured) = Guest::configure(&config.to_string(), run(limits())).unwrap();
    (serde_json::from_str(&configured.manifest).unwrap(), configured.fingerprint)
}

#[test]
fn the_manifest_has_what_is_used_and_no_more() {
    let operations = |manifest: &Value| -> Vec<String> {
        let calls = manifest["kinds"][0]["calls"].as_array().unwrap();
        calls.iter().map(|call| call["operation"].as_str().unwrap().to_owned()).collect()
    };
    let (manifest, without) = configured(&config("AWS::SQS::Queue", json!([])));
    assert_eq!(operations(&manifest), ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueues"]);
    let (manifest, with) = configured(&config("AWS::SQS::Queue", json!(["ListQueueTagsAction"])));
    assert!(operations(&manifest).contains(&"sqs:ListQueueTags".to_owned()));
    assert_ne!(without, with, "the configuration is in the fingerprint");
    let action = &manifest["kinds"][0]["actions"][1];
    let expected =
        json!({"name": "ListQueueTagsAction", "default": false, "operation": "sqs:ListQueueTags", "fills": ["Tags"]});
    assert_eq!(*action, expected);
    let all = manifest["calls"].as_array().unwrap();
    for wanted in ["organizations:ListAccountsForParent", "account:ListRegions", "ec2:DescribeRegions"] {
        assert!(all.iter().any(|call| call["operation"] == wanted), "{wanted}");
    }
}

#[test]
fn every_call_of_every_kind_has_an_action_and_every_action_fills_something() {
    let manifest: Value = serde_json::from_str(&portolan_guest::describe()).unwrap();
    for call in manifest["calls"].as_array().unwrap() {
        assert!(call["action"].is_string(), "{call}");
    }
    for kind in manifest["kinds"].as_array().unwrap() {
        for action in kind["actions"].as_array().unwrap() {
            assert!(!action["fills"].as_array().unwrap().is_empty(), "{} {action}", kind["kind"]);
        }
    }
}
