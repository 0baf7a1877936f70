//! What mappings make of resources. What is expected of the files in `tests/mapping` is libjq's, by `generator/mapping.py`.

use std::path::{Path, PathBuf};

use portolan_guest::Guest;
use portolan_guest::interface::Unit;
use portolan_guest::problem::{Problem, ProblemClass};
use serde_json::{Value, json};

use crate::script::{KEY, Script, account, fault, guest_with, limits, lines, member, ok, run, unit};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn file(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join(path)).unwrap()).unwrap()
}

/// A configuration with a mapping and nothing else.
fn mapped(mapping: &Value) -> Value {
    json!({"version": 1, "redaction_key": KEY, "mapping": mapping})
}

/// A mapping of queues with these parts in place of the plainest.
pub fn queues(port: &Value, selector: &Value) -> Value {
    let mut entity = json!({"identifier": ".Properties.QueueName", "blueprint": "\"queue\""});
    let given = port.as_object().unwrap();
    entity.as_object_mut().unwrap().extend(given.clone().into_iter().filter(|(name, _)| !name.starts_with("items")));
    let mut port = json!({"entity": {"mappings": entity}});
    port.as_object_mut().unwrap().extend(given.clone().into_iter().filter(|(name, _)| name.starts_with("items")));
    json!({"kind": "AWS::SQS::Queue", "selector": selector, "port": port})
}

fn queue(id: &str, properties: Value) -> Value {
    json!({"id": id, "arn": "", "gaps": [], "resource": {"Type": "AWS::SQS::Queue", "Properties": properties}})
}

fn all(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn map(resources: &Value, lines: &[Value]) -> (Vec<Value>, Vec<Problem>) {
    let guest = guest_with(&mapped(&json!({"resources": resources})), limits());
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mapped = guest.map_resources(&unit("AWS::SQS::Queue"), &lines).unwrap();
    (all(&mapped.entities), mapped.problems)
}

fn told(problems: &[Problem]) -> Vec<String> {
    let told = |problem: &Problem| {
        let subject = problem.subject.as_deref().unwrap_or_default();
        format!("{:?} {} x{} {subject} {}", problem.class, problem.code, problem.count, problem.message)
    };
    problems.iter().map(told).collect()
}

#[track_caller]
fn check(name: &str) {
    let case = file(&format!("mapping/{name}.json"));
    let guest = guest_with(&mapped(&case["mapping"]), limits());
    let kinds = case["mapping"]["resources"].as_array().unwrap().iter().map(|resource| {
        let kind = resource["kind"].as_str().unwrap();
        case["aliases"][kind].as_str().unwrap_or(kind)
    });
    let mut kinds: Vec<&str> = kinds.collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut found = Vec::new();
    for kind in kinds {
        let golden = file(&format!("golden/{}/case.json", kind.replace("::", "_")));
        let own = case["lines"].as_array().into_iter().flatten().filter(|line| line["resource"]["Type"] == kind);
        let mut text = String::new();
        for line in golden["expected"].as_array().unwrap().iter().chain(own) {
            let mut line = line.clone();
            // The host has filled them.
            if line.get("gaps").is_some() {
                line["gaps"] = json!([]);
            }
            text.push_str(&format!("{line}\n"));
        }
        let unit = Unit { kind: kind.to_owned(), region: golden["region"].as_str().map(str::to_owned) };
        found.extend(all(&guest.map_resources(&unit, &text).unwrap().entities));
    }
    // Sorted by mapping, as the expected ones are; within one, by resource and item.
    found.sort_by_key(|line| line["mapping"].as_u64());
    let expected = file(&format!("mapping/{name}.expected.json"));
    let expected = expected.as_array().unwrap();
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "\n found    {found}\n expected {expected}");
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn the_peers_default_gives_what_jq_gives() {
    check("default");
}

/// One of each of its kinds, in the form of its examples.
#[test]
fn the_peers_kinds_give_what_jq_gives() {
    check("peer");
}

#[test]
fn a_mapping_of_several_kinds_gives_what_jq_gives() {
    check("kinds");
}

#[test]
fn a_page_has_the_entities_of_its_resources() {
    let host = Script::new(|request| match request.operation.as_str() {
        "ListQueues" => ok(json!({"QueueUrls": ["https://q/1/a", "https://q/1/b", "https://q/1/c"]})),
        "GetQueueUrl" => ok(json!({"QueueUrl": "https://q/1/c"})),
        "GetQueueAttributes" if member(request, "QueueUrl") == "https://q/1/b" => fault("AccessDenied"),
        _ => ok(json!({"Attributes": {"QueueArn": "arn", "VisibilityTimeout": "30"}})),
    });
    let resources = json!([queues(
        &json!({"properties": {"timeout": ".Properties.VisibilityTimeout"}}),
        &json!({"query": "true"})
    )]);
    let guest = guest_with(&mapped(&json!({"resources": resources})), limits());
    let page = guest.sync_page(&host, &account(), &unit("AWS::SQS::Queue"), None).unwrap();
    assert_eq!(lines(&page).len(), 3);
    // What has gaps is mapped when the host has filled them.
    let entity = |name: &str| json!({"of": name, "mapping": 0, "identifier": name, "blueprint": "queue", "entity": {"properties": {"timeout": 30}}});
    assert_eq!(all(&page.entities), [entity("a"), entity("c")]);
    let again = guest.map_resources(&unit("AWS::SQS::Queue"), &page.resources).unwrap();
    // And what nobody ever knew is left out, not null.
    let unknown =
        json!({"of": "b", "mapping": 0, "identifier": "b", "blueprint": "queue", "entity": {"properties": {}}});
    assert_eq!(all(&again.entities), [entity("a"), unknown, entity("c")]);
    let read = guest.read_resources(&host, &account(), &unit("AWS::SQS::Queue"), &["c".to_owned()]).unwrap();
    assert_eq!(all(&read.entities), [entity("c")]);
}

#[test]
fn entities_count_in_the_size_of_a_page() {
    let urls: Vec<String> = (0..40).map(|index| format!("https://q/1/queue-{index:02}")).collect();
    let host = Script::new(|request| match request.operation.as_str() {
        "ListQueues" => ok(json!({"QueueUrls": urls})),
        _ => ok(json!({"Attributes": {"QueueArn": "arn"}})),
    });
    let long = format!("\"{}\" + .Properties.QueueName", "x".repeat(500));
    let config = mapped(&json!({"resources": [queues(&json!({"title": long}), &json!({"query": "true"}))]}));
    let limits = portolan_guest::interface::Limits { page_bytes: 8 << 10, ..limits() };
    let (mut cursor, mut found, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = guest_with(&config, limits);
        let page = page.sync_page(&host, &account(), &unit("AWS::SQS::Queue"), cursor.as_deref()).unwrap();
        assert!(page.resources.len() + page.entities.len() < 8 << 10);
        assert_eq!(lines(&page).len(), page.entities.lines().count());
        found.extend(all(&page.entities));
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 40);
    assert!(pages > 3, "{pages} pages");
}

#[test]
fn what_gives_no_entity_is_told_once_for_each_cause() {
    let resources = json!([
        queues(
            &json!({"identifier": ".Properties.Tags.id", "title": ".Properties.QueueName.x"}),
            &json!({"query": "true"})
        ),
        queues(&json!({"blueprint": ".Properties.Blueprint"}), &json!({"query": "true"})),
        queues(&json!({}), &json!({"query": ".Properties.QueueName"})),
        queues(&json!({"itemsToParse": ".Properties.Tags"}), &json!({"query": "true"})),
        queues(&json!({"title": ".Properties.QueueName | error"}), &json!({"query": ".Properties.Tags == null"})),
    ]);
    let (entities, problems) =
        map(&resources, &[queue("a", json!({"QueueName": "a"})), queue("b", json!({"QueueName": "b", "Tags": {}}))]);
    let failed = |of: &str, mapping: u64, cause: &str| json!({"of": of, "mapping": mapping, "failed": cause});
    let title = json!({"of": "a", "mapping": 4, "identifier": "a", "blueprint": "queue", "entity": {"title": null}});
    let expected = [
        failed("a", 0, "identifier"),
        failed("a", 1, "blueprint"),
        failed("a", 2, "selector"),
        failed("a", 3, "items"),
        title,
        failed("b", 0, "identifier"),
        failed("b", 1, "blueprint"),
        failed("b", 2, "selector"),
        failed("b", 3, "items"),
    ];
    assert_eq!(entities, expected);
    let at = |index: u32, rest: &str| format!("/mapping/resources/{index}/{rest}");
    let expected = [
        format!(
            "Mapping identifier x2 a {}: a text is expected, not null (.Properties.Tags is null): .Properties.Tags.id",
            at(0, "port/entity/mappings/identifier")
        ),
        format!(
            "Mapping blueprint x2 a {}: a text is expected, not null (.Properties.Blueprint is null): .Properties.Blueprint",
            at(1, "port/entity/mappings/blueprint")
        ),
        format!(
            "Mapping selector x2 a {}: true or false is expected, not a text: .Properties.QueueName",
            at(2, "selector/query")
        ),
        format!("Mapping items x2 a {}: it does not give a list: .Properties.Tags", at(3, "port/itemsToParse")),
        format!("Mapping expression x1 a {}: a: .Properties.QueueName | error", at(4, "port/entity/mappings/title")),
    ];
    assert_eq!(told(&problems), expected);
}

#[test]
fn too_many_items_are_no_entities() {
    let tags: Vec<u32> = (0..5_001).collect();
    let resources = json!([queues(&json!({"itemsToParse": ".Properties.Tags"}), &json!({"query": "true"}))]);
    let (entities, problems) = map(&resources, &[queue("a", json!({"QueueName": "a", "Tags": tags}))]);
    assert_eq!(entities, [json!({"of": "a", "mapping": 0, "failed": "limit"})]);
    assert_eq!(problems.iter().map(|problem| problem.class).collect::<Vec<_>>(), [ProblemClass::Limit]);
}

#[test]
fn now_is_when_the_run_started() {
    let resources = json!([queues(
        &json!({"title": "now | todate", "icon": "now | localtime | mktime"}),
        &json!({"query": "now > 0"})
    )]);
    let (entities, problems) = map(&resources, &[queue("a", json!({"QueueName": "a"}))]);
    assert_eq!(entities[0]["entity"], json!({"title": "2023-11-14T22:13:20Z", "icon": 1_700_000_000}), "{problems:?}");
}

#[test]
fn an_expression_that_does_not_compile_costs_only_itself() {
    // Found when it runs: the variable is defined, but not there.
    let port = json!({"title": "(1 as $x | $x) | $x", "icon": ".Properties.QueueName | length"});
    let (entities, problems) =
        map(&json!([queues(&port, &json!({"query": "true"}))]), &[queue("a", json!({"QueueName": "abc"}))]);
    assert_eq!(entities[0]["entity"], json!({"title": null, "icon": 3}));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("there is no variable \"$x\""), "{problems:?}");
}

#[test]
fn what_is_no_resource_is_a_bad_call() {
    let config = mapped(&json!({"resources": [queues(&json!({}), &json!({"query": "true"}))]}));
    let guest = guest_with(&config, limits());
    for (kind, lines) in [("AWS::SNS::Topic", ""), ("AWS::SQS::Queue", "{"), ("AWS::SQS::Queue", "{\"id\": \"a\"}")] {
        assert_eq!(guest.map_resources(&unit(kind), lines).unwrap_err().class, ProblemClass::BadCall, "{kind} {lines}");
    }
    assert_eq!(
        guest.map_resources(&unit("AWS::SQS::Queue"), "\n{\"parent\": [\"a\"], \"whole\": true}\n").unwrap().entities,
        ""
    );
}

#[test]
fn a_kind_mapped_twice_is_read_once_with_what_both_ask_for() {
    let first = queues(&json!({}), &json!({"query": "true", "regionPolicy": {"deny": ["eu-west-2"]}}));
    let second = queues(
        &json!({"blueprint": "'other'"}),
        &json!({"query": "true", "includeActions": ["ListQueueTagsAction"], "regionPolicy": {"allow": ["eu-west-2"]}}),
    );
    let config = mapped(&json!({"resources": [first, second]}));
    let (guest, configured) = Guest::configure(&config.to_string(), run(limits())).unwrap();
    let manifest: Value = serde_json::from_str(&configured.manifest).unwrap();
    assert_eq!(manifest["kinds"].as_array().unwrap().len(), 1);
    assert!(configured.manifest.contains("sqs:ListQueueTags"), "{}", configured.manifest);
    let line = queue("a", json!({"QueueName": "a"})).to_string();
    let blueprints = |region: &str| -> Vec<String> {
        let unit = Unit { kind: "AWS::SQS::Queue".to_owned(), region: Some(region.to_owned()) };
        let entities = all(&guest.map_resources(&unit, &line).unwrap().entities);
        entities.iter().map(|line| line["blueprint"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(blueprints("eu-west-1"), ["queue"]);
    assert_eq!(blueprints("eu-west-2"), ["other"]);
}
