//! What is wrong with a mapping, and what is odd in it.

use portolan_guest::Guest;
use portolan_guest::interface::Remark;
use serde_json::{Value, json};

use crate::mapping::queues;
use crate::script::{KEY, limits, run};

fn configured(mapping: &Value, kinds: &Value) -> Result<Vec<Remark>, Vec<Remark>> {
    let config = json!({"version": 1, "redaction_key": KEY, "mapping": mapping, "kinds": kinds});
    Guest::configure(&config.to_string(), run(limits())).map(|(_, configured)| configured.warnings)
}

fn places(remarks: &[Remark]) -> Vec<(&str, Option<u32>, Option<&str>)> {
    remarks.iter().map(|remark| (remark.at.as_str(), remark.offset, remark.instead.as_deref())).collect()
}

#[test]
fn everything_wrong_is_said_at_once_with_its_place() {
    let mapping = json!({
        "deleteDependentEntities": "yes",
        "entityDeletionThreshold": 2,
        "resources": [
            queues(&json!({"title": ".Properties.Name |", "properties": {"a/b": ".x | lenght", "ok": ".y"}}), &json!({"query": "tru"})),
            {"kind": "AWS::SQS::Queues", "selector": {}, "port": {"entity": {"mappings": {"identifier": [], "properties": []}}}},
            {"selector": {"query": "true"}},
            queues(&json!({"itemsToParse": "halt", "itemsToParseName": 5}), &json!({"query": "true", "regionPolicy": {"allow": ["eu-wst-1"]}})),
            7,
        ],
    });
    let wrong = configured(&mapping, &json!([])).unwrap_err();
    let at = |rest: &str| format!("/mapping/{rest}");
    let mut found = places(&wrong);
    found.sort_unstable();
    let expected = [
        (at("deleteDependentEntities"), None, None),
        (at("entityDeletionThreshold"), None, None),
        (at("resources/0/port/entity/mappings/properties/a~1b"), Some(5), Some("length")),
        (at("resources/0/port/entity/mappings/title"), Some(18), None),
        (at("resources/0/selector/query"), Some(0), Some("true")),
        (at("resources/1/kind"), None, Some("AWS::SQS::Queue")),
        (at("resources/1/port/entity/mappings"), None, None),
        (at("resources/1/port/entity/mappings/identifier"), None, None),
        (at("resources/1/port/entity/mappings/properties"), None, None),
        (at("resources/1/selector"), None, Some("\"true\"")),
        (at("resources/2"), None, None),
        (at("resources/2"), None, None),
        (at("resources/3/port/itemsToParse"), Some(0), None),
        (at("resources/3/port/itemsToParseName"), None, Some("item")),
        (at("resources/3/selector/regionPolicy/allow/0"), None, Some("eu-west-1")),
        (at("resources/4"), None, None),
    ];
    let expected: Vec<_> = expected.iter().map(|(at, offset, instead)| (at.as_str(), *offset, *instead)).collect();
    assert_eq!(found, expected, "{wrong:#?}");
}

#[test]
fn what_the_peer_ignores_is_a_warning() {
    let mapping = json!({
        "resources": [
            queues(
                &json!({"title": "now", "icon": "env.X", "propertys": {}}),
                &json!({
                    "query": true, "include_actions": ["GetQueueTagsAction", "GetQueueAttributesAction"], "maxConcurrentAccounts": 5,
                    "exportEnvVariables": ["X"], "regionpolicy": {},
                }),
            ),
        ],
        "create_missing_related_entities": false,
        "specVersion": 1,
    });
    let warnings = configured(&mapping, &Value::Null).unwrap();
    let mut found = places(&warnings);
    found.sort_unstable();
    let at = |rest: &str| format!("/mapping/{rest}");
    let expected = [
        (at("resources/0/port/entity/mappings/icon"), None),
        (at("resources/0/port/entity/mappings/propertys"), Some("properties")),
        (at("resources/0/port/entity/mappings/title"), None),
        (at("resources/0/selector/exportEnvVariables"), None),
        (at("resources/0/selector/include_actions/0"), Some("ListQueueTagsAction")),
        (at("resources/0/selector/maxConcurrentAccounts"), None),
        (at("resources/0/selector/regionpolicy"), Some("regionPolicy")),
        (at("specVersion"), None),
    ];
    let expected: Vec<_> = expected.iter().map(|(at, instead)| (at.as_str(), None, *instead)).collect();
    assert_eq!(found, expected, "{warnings:#?}");
}

#[test]
fn what_reads_a_secret_is_warned_of() {
    let mapping = |title: &str| {
        json!({"resources": [{
            "kind": "AWS::Lambda::Function",
            "selector": {"query": "true"},
            "port": {"entity": {"mappings": {"identifier": ".Properties.FunctionName", "title": title, "blueprint": "\"f\""}}},
        }]})
    };
    for title in [
        ".Properties.Environment.Variables.STAGE",
        "\"x\" + .Properties.Environment.Variables.STAGE",
        ".Properties.Environment",
        ".Properties.Environment.Variables | keys",
    ] {
        let warnings = configured(&mapping(title), &Value::Null).unwrap();
        assert_eq!(places(&warnings), [("/mapping/resources/0/port/entity/mappings/title", None, None)], "{title}");
        assert!(warnings[0].message.contains("Properties.Environment.Variables"), "{warnings:?}");
    }
    assert_eq!(configured(&mapping(".Properties.EnvironmentName"), &Value::Null), Ok(Vec::new()));
}

#[test]
fn the_hosts_kinds_win_over_the_mappings() {
    let selector = json!({"query": "true", "includeActions": ["ListQueueTagsAction"]});
    let mapping = json!({"resources": [queues(&json!({}), &selector)]});
    let warnings = configured(&mapping, &json!([{"kind": "AWS::SQS::Queue"}])).unwrap();
    assert_eq!(places(&warnings), [("/mapping/resources/0/selector/includeActions/0", None, None)]);
    let warnings = configured(&mapping, &json!([{"kind": "AWS::SQS::Queue", "actions": "all"}])).unwrap();
    assert_eq!(places(&warnings), []);
    let warnings = configured(&mapping, &json!([{"kind": "AWS::SNS::Topic"}])).unwrap();
    assert_eq!(places(&warnings), [("/mapping/resources/0", None, None)]);
}

#[test]
fn kinds_of_any_sort_can_be_mapped() {
    let resource = |kind: &str| json!({"kind": kind, "selector": {"query": "true"}, "port": {"entity": {"mappings": {"identifier": ".x", "blueprint": "\"b\""}}}});
    let mapping = json!({"resources": [resource("AWS::ElastiCache::CacheCluster"), resource("sqs:ListQueues"), resource("AWS::Made::Up")]});
    assert_eq!(configured(&mapping, &Value::Null), Ok(Vec::new()));
}
