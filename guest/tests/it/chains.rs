//! Chains of parents: nested, enumerated, and where there is nothing at all.

use portolan_guest::host::Request;
use portolan_guest::interface::Unit;
use serde_json::{Value, json};

use crate::Answer;
use crate::script::{OWN, Script, Whole, described, fault, limits, member, ok, own, read_all, scopes, unit};

fn services(parents: Value, input: Value) -> Value {
    let list = json!({"operation": "ListServices", "input": input, "items": "serviceArns", "as": "serviceArn", "none": ["ServerException"]});
    own("ecs", json!({"parents": parents, "list": list, "id": "{serviceArn}"}))
}

fn nested() -> Value {
    services(
        json!([{"operation": "ListClusters", "items": "clusterArns", "as": "arn", "id": "{arn}", "none": ["ClientException"]}, {"values": ["EC2", "FARGATE"]}]),
        json!({"cluster": "{$parent.0}", "launchType": "{$parent.1}"}),
    )
}

fn enumerated() -> Value {
    services(json!([{"values": ["EC2", "FARGATE"], "home_values": ["EXTERNAL"]}]), json!({"launchType": "{$parent.0}"}))
}

/// `cluster/type` is the one service below each.
fn ecs(request: &Request) -> Answer {
    match request.operation.as_str() {
        "ListClusters" => ok(json!({"clusterArns": ["c1", "c2"]})),
        _ => {
            let cluster = member(request, "cluster");
            let name =
                format!("{}/{}", cluster.as_str().unwrap_or("-"), member(request, "launchType").as_str().unwrap());
            ok(json!({ "serviceArns": [name] }))
        }
    }
}

fn read(host: &Script<'_>, config: &Value, region: &str) -> Whole {
    let unit = Unit { kind: OWN.to_owned(), region: Some(region.to_owned()) };
    read_all(host, config, limits(), &unit).unwrap()
}

#[test]
fn every_pair_of_parents_is_listed() {
    let host = Script::new(ecs);
    let all = read(&host, &nested(), "eu-west-1");
    assert_eq!(all.ids(), ["c1/EC2", "c1/FARGATE", "c2/EC2", "c2/FARGATE"]);
    assert_eq!(all.lines[0]["parents"], json!(["c1", "EC2"]));
    assert_eq!(scopes(&all).len(), 4);
    assert!(all.whole);
}

#[test]
fn one_denied_value_leaves_the_others_whole() {
    let host = Script::new(|request| match member(request, "launchType").as_str() {
        Some("FARGATE") if member(request, "cluster") == "c1" => fault("AccessDeniedException"),
        _ => ecs(request),
    });
    let all = read(&host, &nested(), "eu-west-1");
    assert_eq!(all.ids(), ["c1/EC2", "c2/EC2", "c2/FARGATE"]);
    assert!(!all.whole);
    let failed: Vec<_> = scopes(&all).into_iter().filter(|(_, whole)| !whole).collect();
    assert_eq!(failed, [(vec!["c1", "FARGATE"], false)]);
}

#[test]
fn further_values_are_asked_at_home_alone() {
    let host = Script::new(ecs);
    assert_eq!(read(&host, &enumerated(), "eu-west-1").ids(), ["-/EC2", "-/FARGATE"]);
    let all = read(&host, &enumerated(), "us-east-1");
    assert_eq!(all.ids(), ["-/EC2", "-/FARGATE", "-/EXTERNAL"]);
    assert!(all.whole);
    assert_eq!(host.count("ListServices"), 5);
}

/// An account's unit that another region than the global one answers for does not say that it read what is only there.
#[test]
fn what_could_not_be_asked_at_home_is_not_whole() {
    let mut config = enumerated();
    config["definitions"][0]["kinds"][OWN]["scope"] = json!("account");
    let host = Script::new(|request| match request.region.as_str() {
        "us-east-1" => fault("AccessDeniedException"),
        _ => ecs(request),
    });
    let all = read_all(&host, &config, limits(), &Unit { kind: OWN.to_owned(), region: None }).unwrap();
    assert_eq!(all.ids(), ["-/EC2", "-/FARGATE"]);
    assert!(!all.whole);
    assert!(scopes(&all).contains(&(vec!["EXTERNAL"], false)));
}

#[test]
fn values_that_are_all_refused_are_the_unit() {
    let host = Script::new(|_| fault("AccessDeniedException"));
    let error = read_all(&host, &enumerated(), limits(), &unit(OWN)).err().unwrap();
    assert_eq!(described(&error), "denied ecs:ListServices x1");
}

#[test]
fn what_is_not_set_up_is_whole_and_empty() {
    let host = Script::new(
        |request| if request.operation == "ListClusters" { fault("ClientException") } else { ecs(request) },
    );
    let all = read(&host, &nested(), "eu-west-1");
    assert!(all.whole && all.lines.is_empty() && all.problems.is_empty());
    let host = Script::new(|request| match member(request, "launchType").as_str() {
        Some("EC2") => fault("ServerException"),
        _ => ecs(request),
    });
    let all = read(&host, &nested(), "eu-west-1");
    assert_eq!(all.ids(), ["c1/FARGATE", "c2/FARGATE"]);
    assert!(all.whole && all.problems.is_empty());
    assert_eq!(scopes(&all).len(), 4, "nothing below it is something known");
}

#[test]
fn nothing_set_up_after_the_first_page_is_a_failure() {
    let host = Script::new(|request| match member(request, "nextToken") {
        Value::Null => ok(json!({"serviceArns": ["s"], "nextToken": "2"})),
        _ => fault("ServerException"),
    });
    let config = services(json!([]), json!({}));
    let all = read(&host, &config, "eu-west-1");
    assert_eq!((all.ids(), all.whole), (vec!["s"], false));
}
