//! Detail calls that gather, pick, are left out, or come after others.

use portolan_guest::host::Request;
use serde_json::{Value, json};

use crate::Answer;
use crate::script::{OWN, Script, Whole, fault, limits, member, ok, own, read_all, unit};

fn read(host: &Script<'_>, config: &Value) -> Whole {
    read_all(host, config, limits(), &unit(OWN)).unwrap()
}

fn property<'w>(whole: &'w Whole, id: &str, name: &str) -> &'w Value {
    let line = whole.lines.iter().find(|line| line["id"] == id).unwrap();
    &line["resource"]["Properties"][name]
}

fn clusters(action: Value) -> Value {
    let list = json!({"operation": "ListClusters", "items": "clusterArns", "as": "clusterArn"});
    let mut whole = json!({"name": "A", "operation": "DescribeClusters", "input": {"clusters": "{$batch}"}, "batch": 3,
        "identity": {"of": "{clusterArn}", "at": "clusterArn"}, "take": "clusters"});
    whole.as_object_mut().unwrap().extend(action.as_object().unwrap().clone());
    own("ecs", json!({"list": list, "id": "{clusterArn}", "actions": [whole]}))
}

fn listed(names: &[&str]) -> Answer {
    ok(json!({ "clusterArns": names }))
}

fn asked(request: &Request, list: &str) -> Vec<String> {
    member(request, list).as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_a_batch_leaves_out_means_what_the_definition_says() {
    let host = Script::new(|request| match request.operation.as_str() {
        "ListClusters" => listed(&["a", "b", "c", "d"]),
        _ => {
            let asked = asked(request, "clusters");
            assert!(asked.len() <= 3);
            let clusters: Vec<Value> = asked
                .iter()
                .filter(|name| *name != "b")
                .map(|name| json!({"clusterArn": name, "clusterName": format!("name of {name}")}))
                .collect();
            ok(json!({ "clusters": clusters }))
        }
    });
    let all = read(&host, &clusters(json!({"pick": "clusterName", "into": "Label", "left_out": "none"})));
    assert_eq!(*property(&all, "a", "Label"), "name of a", "the picked value, and not the element");
    assert_eq!(*property(&all, "b", "Label"), "none");
    assert_eq!(*property(&all, "d", "Label"), "name of d");
    assert_eq!(host.count("DescribeClusters"), 2, "one over the batch is a second call");
    assert!(all.problems.is_empty() && all.lines.iter().all(|line| line["gaps"] == json!([])));

    let all = read(&host, &clusters(json!({"pick": "clusterName", "into": "Label", "left_out": null})));
    assert!(property(&all, "b", "Label").is_null() && all.problems.is_empty(), "null: there is none");

    let all = read(&host, &clusters(json!({"pick": "clusterName", "into": "Label"})));
    assert_eq!(all.lines[1]["gaps"], json!(["A"]), "without it nobody knows");
    assert_eq!(all.problems(), ["bad-answer ecs:DescribeClusters x1 about b"]);
}

#[test]
fn any_number_of_elements_is_gathered_for_each() {
    let services = json!({"name": "Services", "operation": "DescribeServices", "input": {"cluster": "x", "services": "{$batch}"},
        "take": "services", "into": "Services", "gather": true, "pick": "serviceName"});
    let host = Script::new(|request| match request.operation.as_str() {
        "ListClusters" => listed(&["a", "b", "c"]),
        _ => {
            let service = |cluster: &str, name: &str| json!({"clusterArn": cluster, "serviceName": name});
            ok(json!({"services": [service("a", "one"), service("c", "three"), service("a", "two")]}))
        }
    });
    let all = read(&host, &clusters(services));
    assert_eq!(*property(&all, "a", "Services"), json!(["one", "two"]));
    assert_eq!(*property(&all, "b", "Services"), json!([]));
    assert_eq!(*property(&all, "c", "Services"), json!(["three"]));
    assert!(all.problems.is_empty());
}

fn queues(actions: Value) -> Value {
    let list = json!({"operation": "ListQueues", "items": "QueueUrls", "as": "QueueUrl"});
    own(
        "sqs",
        json!({"list": list, "id": "{QueueUrl|/}", "actions": actions, "gone": ["ResourceNotFoundException"],
        "drop": [{"at": "State", "in": ["closed"]}]}),
    )
}

/// The attributes name a table; the table is asked for after them, where there is one.
fn with_table() -> Value {
    queues(json!([
        {"name": "Attributes", "operation": "GetQueueAttributes", "input": {"QueueUrl": "{QueueUrl}"}, "take": "Attributes", "fills": ["Table", "State"]},
        {"name": "Table", "service": "dynamodb", "operation": "DescribeTable", "input": {"TableName": "{Table}"},
            "when": [{"at": "Table", "absent": false}], "then": true, "take": "Table.TableStatus", "into": "TableStatus"},
    ]))
}

fn attributes(request: &Request) -> Answer {
    match request.operation.as_str() {
        "ListQueues" => ok(json!({"QueueUrls": ["h/with", "h/without", "h/closed", "h/failing"]})),
        "GetQueueAttributes" => match member(request, "QueueUrl").as_str().unwrap() {
            "h/with" => ok(json!({"Attributes": {"Table": "orders"}})),
            "h/closed" => ok(json!({"Attributes": {"Table": "orders", "State": "closed"}})),
            "h/failing" => fault("AccessDeniedException"),
            _ => ok(json!({"Attributes": {}})),
        },
        _ => {
            assert_eq!((request.service.as_str(), member(request, "TableName")), ("dynamodb", json!("orders")));
            ok(json!({"Table": {"TableStatus": "ACTIVE"}}))
        }
    }
}

#[test]
fn a_second_stage_uses_what_the_first_found() {
    let host = Script::new(attributes);
    let all = read(&host, &with_table());
    assert_eq!(all.ids(), ["with", "without", "failing"]);
    assert_eq!(*property(&all, "with", "TableStatus"), "ACTIVE");
    assert!(property(&all, "without", "TableStatus").is_null());
    assert_eq!(host.count("DescribeTable"), 1, "not for the one without, nor for the one that is dropped");
    let gaps: Vec<&Value> = all.lines.iter().map(|line| &line["gaps"]).collect();
    // Whether the last one has a table is what the failed call would have said.
    assert_eq!(gaps, [&json!([]), &json!([]), &json!(["Attributes", "Table"])]);
    assert_eq!(all.problems(), ["denied sqs:GetQueueAttributes x1 about failing"]);
}

#[test]
fn what_another_service_does_not_know_is_not_gone() {
    let host = Script::new(|request| match request.operation.as_str() {
        "DescribeTable" => fault("ResourceNotFoundException"),
        _ => attributes(request),
    });
    let all = read(&host, &with_table());
    assert!(all.ids().contains(&"with"));
    assert_eq!(all.lines[0]["gaps"], json!(["Table"]));
}

#[test]
fn several_structures_are_merged_in_order_and_the_whole_has_no_token() {
    let config = own(
        "eks",
        json!({"list": {"operation": "ListClusters", "items": "clusters", "as": "name"}, "id": "{name}", "actions": [{
            "name": "Network", "operation": "DescribeCluster", "input": {"name": "{name}"}, "into": "Network",
            "take": ["cluster.resourcesVpcConfig", "cluster.kubernetesNetworkConfig"]}]}),
    );
    let host = Script::new(|request| match request.operation.as_str() {
        "ListClusters" => ok(json!({"clusters": ["c"]})),
        _ => ok(
            json!({"cluster": {"name": "c", "resourcesVpcConfig": {"vpcId": "v"}, "kubernetesNetworkConfig": {"ipFamily": "ipv4"}}}),
        ),
    });
    assert_eq!(*property(&read(&host, &config), "c", "Network"), json!({"vpcId": "v", "ipFamily": "ipv4"}));

    let config = own(
        "organizations",
        json!({"list": {"operation": "ListRoots", "items": "Roots"}, "id": "{Id}", "actions": [{
            "name": "Tags", "operation": "ListTagsForResource", "input": {"ResourceId": "{Id}"}, "take": "."}]}),
    );
    let host = Script::new(|request| match (request.operation.as_str(), member(request, "NextToken")) {
        ("ListRoots", _) => ok(json!({"Roots": [{"Id": "r"}]})),
        (_, Value::Null) => ok(json!({"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "2"})),
        _ => ok(json!({"Tags": [{"Key": "b", "Value": "2"}]})),
    });
    let all = read(&host, &config);
    let expected = json!({"Id": "r", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]});
    assert_eq!(all.lines[0]["resource"]["Properties"], expected);
}

#[test]
fn two_items_with_one_need_ask_for_it_once() {
    let config = own(
        "organizations",
        json!({"list": {"operation": "ListAccounts", "items": "Accounts"}, "id": "{Id}", "actions": [{
            "name": "Cluster", "service": "ecs", "operation": "DescribeClusters", "input": {"clusters": "{$batch}"}, "batch": 100,
            "identity": {"of": "{Name}", "at": ["clusterArn", "clusterName"]}, "take": "clusters", "pick": "status", "into": "ClusterStatus"}]}),
    );
    let host = Script::new(|request| match request.operation.as_str() {
        "ListAccounts" => ok(json!({"Accounts": [{"Id": "1", "Name": "same"}, {"Id": "2", "Name": "same"}]})),
        _ => {
            assert_eq!(asked(request, "clusters"), ["same"]);
            ok(json!({"clusters": [{"clusterName": "same", "status": "ACTIVE"}]}))
        }
    });
    let all = read(&host, &config);
    assert_eq!(
        (property(&all, "1", "ClusterStatus"), property(&all, "2", "ClusterStatus")),
        (&json!("ACTIVE"), &json!("ACTIVE"))
    );
    assert!(all.problems.is_empty());
}
