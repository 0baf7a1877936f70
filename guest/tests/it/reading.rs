//! Single resources read by their ids, before a deletion is believed.

use portolan_guest::interface::Unit;
use serde_json::json;

use crate::script::{Script, account, described, fault, guest, lines, member, ok, status, unit};

const QUEUE: &str = "AWS::SQS::Queue";

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[track_caller]
fn check(host: &Script<'_>, unit: &Unit, asked: &[&str], found: &[&str], whole: bool, problems: &[&str]) {
    let page = guest(&unit.kind, json!([])).read_resources(host, &account(), unit, &ids(asked)).unwrap();
    let lines = lines(&page);
    let got: Vec<&str> = lines.iter().filter_map(|line| line["id"].as_str()).collect();
    assert_eq!(got, found);
    assert_eq!(page.whole, whole);
    assert_eq!(page.problems.iter().map(described).collect::<Vec<_>>(), problems);
    assert_eq!(page.next, None);
}

#[test]
fn only_the_services_own_word_means_gone() {
    let host = Script::new(|request| match request.operation.as_str() {
        "GetQueueUrl" => match member(request, "QueueName").as_str().unwrap() {
            "gone" => fault("QueueDoesNotExist"),
            "denied" => fault("AccessDeniedException"),
            name => ok(json!({"QueueUrl": format!("https://sqs.eu-west-1.amazonaws.com/111122223333/{name}")})),
        },
        _ => ok(json!({"Attributes": {"DelaySeconds": "0"}})),
    });
    check(&host, &unit(QUEUE), &["there"], &["there"], true, &[]);
    check(&host, &unit(QUEUE), &["gone"], &[], true, &[]);
    check(
        &host,
        &unit(QUEUE),
        &["gone", "denied", "there"],
        &["there"],
        false,
        &["denied sqs:GetQueueUrl x1 about denied"],
    );
}

#[test]
fn gone_between_the_two_calls_is_gone() {
    let host = Script::new(|request| match request.operation.as_str() {
        "GetQueueUrl" => ok(json!({"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q"})),
        _ => fault("QueueDoesNotExist"),
    });
    check(&host, &unit(QUEUE), &["q"], &[], true, &["vanished sqs:GetQueueAttributes x1 about q"]);
}

#[test]
fn a_batch_says_which_are_missing_and_what_it_omits_is_doubtful() {
    let arn = |name: &str| format!("arn:aws:ecs:eu-west-1:111122223333:cluster/{name}");
    let host = Script::new(|_| {
        ok(json!({
            "clusters": [{"clusterArn": arn("there"), "status": "ACTIVE"}, {"clusterArn": arn("deleted"), "status": "INACTIVE"}],
            "failures": [{"arn": arn("gone"), "reason": "MISSING"}],
        }))
    });
    let kind = unit("AWS::ECS::Cluster");
    check(&host, &kind, &[&arn("there"), &arn("gone"), &arn("deleted")], &[&arn("there")], true, &[]);
    let left_out = format!("bad-answer ecs:DescribeClusters x1 about {}", arn("x"));
    check(&host, &kind, &[&arn("there"), &arn("x")], &[&arn("there")], false, &[&left_out]);
    assert_eq!(host.count("DescribeClusters"), 2, "one call each, and no detail call after it");
}

#[test]
fn services_are_asked_below_their_cluster() {
    let id = |cluster: &str, name: &str| format!("arn:s/{cluster}/{name}|arn:c/{cluster}");
    let host = Script::new(|request| {
        let cluster = member(request, "cluster");
        let asked = member(request, "services");
        let described: Vec<_> = asked
            .as_array()
            .unwrap()
            .iter()
            .map(|arn| json!({"serviceArn": arn, "clusterArn": cluster, "status": "ACTIVE"}))
            .collect();
        ok(json!({ "services": described }))
    });
    let (first, second, third) = (id("a", "1"), id("b", "2"), id("a", "3"));
    let kind = unit("AWS::ECS::Service");
    check(&host, &kind, &[&first, &second, &third], &[&first, &third, &second], true, &[]);
    assert_eq!(host.count("DescribeServices"), 2);
    check(
        &host,
        &kind,
        &["arn:without-cluster"],
        &[],
        false,
        &["bad-call ecs:DescribeServices x1 about arn:without-cluster"],
    );
}

#[test]
fn a_bucket_is_looked_for_by_its_prefix() {
    let bucket = |name: &str| format!("<Bucket><Name>{name}</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>");
    let host = Script::new(|request| match request.operation.as_str() {
        "ListBuckets" if request.target.contains("prefix=log") => ok(format!(
            "<ListAllMyBucketsResult><Buckets>{}{}</Buckets></ListAllMyBucketsResult>",
            bucket("log"),
            bucket("logs")
        )),
        "ListBuckets" => ok("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"),
        _ => ok("<Tagging><TagSet/></Tagging>"),
    });
    let global = Unit { kind: "AWS::S3::Bucket".to_owned(), region: None };
    check(&host, &global, &["log", "gone"], &["log"], true, &[]);
}

#[test]
fn an_answer_about_another_is_doubtful() {
    let host = Script::new(|_| ok(json!({"Table": {"TableName": "customers"}})));
    check(
        &host,
        &unit("AWS::DynamoDB::Table"),
        &["orders"],
        &[],
        false,
        &["bad-answer dynamodb:DescribeTable x1 about orders"],
    );
}

#[test]
fn nothing_readable_proves_nothing() {
    let host = Script::new(|_| status(200, "<html></html>"));
    check(
        &host,
        &unit("AWS::DynamoDB::Table"),
        &["orders"],
        &[],
        false,
        &["bad-answer dynamodb:DescribeTable x1 about orders"],
    );
}
