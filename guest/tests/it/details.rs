//! Detail calls: batches, identity, items that vanish, calls that fail.

use portolan_guest::host::Request;
use serde_json::{Value, json};

use crate::script::{KEY, Script, Whole, config, fault, limits, member, ok, read_all, status, unit};

const QUEUE: &str = "AWS::SQS::Queue";
const CLUSTER: &str = "AWS::ECS::Cluster";
const INSTANCE: &str = "AWS::EC2::Instance";

fn all(host: &Script<'_>, kind: &str, actions: Value) -> Whole {
    read_all(host, &config(kind, actions), limits(), &unit(kind)).unwrap()
}

fn cluster(name: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:111122223333:cluster/{name}")
}

fn named(request: &Request, list: &str) -> Vec<String> {
    let names = member(request, list);
    names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_over_the_batch_is_a_second_call() {
    let arns: Vec<String> = (0..101).map(|n| cluster(&format!("c{n:03}"))).collect();
    let sizes = std::cell::RefCell::new(Vec::new());
    let host = Script::new(|request| match request.operation.as_str() {
        "ListClusters" => ok(json!({ "clusterArns": arns })),
        _ => {
            let asked = named(request, "clusters");
            sizes.borrow_mut().push(asked.len());
            let mut clusters: Vec<Value> = asked.iter().map(|arn| json!({"clusterArn": arn, "status": arn})).collect();
            clusters.reverse();
            ok(json!({ "clusters": clusters }))
        }
    });
    let all = all(&host, CLUSTER, json!([]));
    assert_eq!(*sizes.borrow(), [100, 1]);
    assert_eq!(all.ids(), arns);
    for line in &all.lines {
        assert_eq!(line["resource"]["Properties"]["Status"], line["id"], "merged by identity, not by position");
    }
}

#[test]
fn one_that_vanished_does_not_spoil_its_batch() {
    let host = Script::new(|request| {
        let ids: Vec<&str> = request
            .body
            .split('&')
            .filter_map(|part| part.strip_prefix("InstanceId.")?.split_once('='))
            .map(|(_, id)| id)
            .collect();
        match request.operation.as_str() {
            "DescribeInstances" => {
                let items: String = (0..8).map(|n| format!("<item><instanceId>i-{n}</instanceId></item>")).collect();
                ok(format!(
                    "<DescribeInstancesResponse><reservationSet><item><instancesSet>{items}</instancesSet></item></reservationSet></DescribeInstancesResponse>"
                ))
            }
            _ if ids.contains(&"i-5") => status(
                400,
                "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>The instance ID 'i-5' does not exist</Message></Error></Errors><RequestID>r</RequestID></Response>",
            ),
            _ => {
                let items: String = ids.iter().map(|id| format!("<item><instanceId>{id}</instanceId><availabilityZone>zone-of-{id}</availabilityZone></item>")).collect();
                ok(format!(
                    "<DescribeInstanceStatusResponse><instanceStatusSet>{items}</instanceStatusSet></DescribeInstanceStatusResponse>"
                ))
            }
        }
    });
    let all = all(&host, INSTANCE, json!("all"));
    assert_eq!(all.ids(), ["i-0", "i-1", "i-2", "i-3", "i-4", "i-6", "i-7"]);
    for line in &all.lines {
        let id = line["id"].as_str().unwrap();
        assert_eq!(line["resource"]["Properties"]["AvailabilityZone"], format!("zone-of-{id}"));
        assert_eq!(line["gaps"], json!([]));
    }
    assert!(all.whole, "a vanished item never makes a page partial");
    assert_eq!(all.problems(), ["vanished ec2:DescribeInstanceStatus x1 about i-5"]);
}

#[test]
fn what_a_batch_leaves_out_is_present_and_stale() {
    let host = Script::new(|request| match request.operation.as_str() {
        "ListClusters" => ok(json!({"clusterArns": [cluster("a"), cluster("b"), cluster("c"), cluster("d")]})),
        _ => ok(json!({
            "clusters": [{"clusterArn": cluster("b"), "clusterName": "b"}, {"clusterArn": cluster("x"), "clusterName": "x"}],
            "failures": [{"arn": cluster("c"), "reason": "MISSING"}, {"arn": cluster("d"), "reason": "INTERNAL"}],
        })),
    });
    let all = all(&host, CLUSTER, json!([]));
    assert_eq!(all.ids(), [cluster("a"), cluster("b"), cluster("d")]);
    let gaps: Vec<&Value> = all.lines.iter().map(|line| &line["gaps"]).collect();
    assert_eq!(gaps, [&json!(["DescribeClustersAction"]), &json!([]), &json!(["DescribeClustersAction"])]);
    assert_eq!(all.lines[0]["name"], "a");
    assert!(all.whole);
    let about = |name: &str| format!(" about {}", cluster(name));
    assert_eq!(
        all.problems(),
        [
            format!("vanished ecs:DescribeClusters x1{}", about("c")),
            // `d`, that the answer could not describe; `a`, that it leaves out; `x`, that nobody asked for.
            format!("bad-answer ecs:DescribeClusters x3{}", about("d")),
        ]
    );
}

fn three_queues(request: &Request, failing: impl Fn(&str, &str) -> Option<&'static str>) -> crate::Answer {
    let url = |name: &str| format!("https://sqs.eu-west-1.amazonaws.com/111122223333/{name}");
    if request.operation == "ListQueues" {
        return ok(json!({"QueueUrls": [url("a"), url("b"), url("c")]}));
    }
    let asked = member(request, "QueueUrl");
    let name = asked.as_str().unwrap().rsplit('/').next().unwrap();
    if let Some(code) = failing(&request.operation, name) {
        return fault(code);
    }
    match request.operation.as_str() {
        "GetQueueAttributes" => ok(json!({"Attributes": {"DelaySeconds": "1", "Policy": name}})),
        _ => ok(json!({"Tags": {"of": name}})),
    }
}

#[test]
fn a_vanished_queue_costs_itself_only() {
    let gone = |_: &str, name: &str| (name == "b").then_some("QueueDoesNotExist");
    let host = Script::new(|request| three_queues(request, gone));
    let all = all(&host, QUEUE, json!("all"));
    assert_eq!(all.ids(), ["a", "c"]);
    assert!(all.whole);
    for (line, name) in all.lines.iter().zip(["a", "c"]) {
        assert_eq!(line["resource"]["Properties"]["Policy"], name);
        assert_eq!(line["resource"]["Properties"]["Tags"], json!({"of": name}));
    }
}

#[test]
fn throttled_attributes_are_gaps_and_one_problem() {
    let throttled = |operation: &str, name: &str| {
        (operation == "GetQueueAttributes" && name != "b").then_some("ThrottlingException")
    };
    let host = Script::new(|request| three_queues(request, throttled));
    let all = all(&host, QUEUE, json!("all"));
    assert_eq!(all.ids(), ["a", "b", "c"], "present under their list identity");
    let gap = json!(["GetQueueAttributesAction"]);
    let gaps: Vec<&Value> = all.lines.iter().map(|line| &line["gaps"]).collect();
    assert_eq!(gaps, [&gap, &json!([]), &gap]);
    assert_eq!(all.lines[0]["arn"], "arn:aws:sqs:eu-west-1:111122223333:a");
    assert_eq!(all.lines[0]["resource"]["Properties"]["Tags"], json!({"of": "a"}), "the other action still counts");
    assert!(all.whole, "freshness is not membership");
    assert_eq!(all.problems(), ["throttled sqs:GetQueueAttributes x2 about a"]);
}

#[test]
fn an_answer_about_another_resource_is_discarded() {
    let host = Script::new(|request| match request.operation.as_str() {
        "ListTables" => ok(json!({"TableNames": ["orders"]})),
        _ => ok(json!({"Table": {"TableName": "customers", "ItemCount": 1}})),
    });
    let all = all(&host, "AWS::DynamoDB::Table", json!([]));
    assert_eq!(all.lines[0]["gaps"], json!(["GetTableDetailsAction"]));
    assert_eq!(all.lines[0]["resource"]["Properties"]["TableName"], "orders");
    assert!(all.lines[0]["resource"]["Properties"].get("ItemCount").is_none());
    assert_eq!(all.problems(), ["bad-answer dynamodb:DescribeTable x1 about orders"]);
}

#[test]
fn only_chosen_optional_actions_are_asked() {
    let host = Script::new(|request| three_queues(request, |_, _| None));
    let without = all(&host, QUEUE, json!([]));
    assert_eq!(host.count("ListQueueTags"), 0);
    assert!(without.lines[0]["resource"]["Properties"].get("Tags").is_none());
    all(&host, QUEUE, json!(["ListQueueTagsAction"]));
    assert_eq!(host.count("ListQueueTags"), 3);
}

#[test]
fn details_go_together_and_never_more_than_the_limit() {
    let urls: Vec<String> = (0..40).map(|n| format!("https://q/1/q{n}")).collect();
    let host = Script::new(|request| match request.operation.as_str() {
        "ListQueues" => ok(json!({ "QueueUrls": urls })),
        _ => ok(json!({"Attributes": {}})),
    });
    assert_eq!(all(&host, QUEUE, json!([])).ids().len(), 40);
    assert_eq!(*host.sends.borrow(), [1, 16, 16, 8]);
}

#[test]
fn secrets_do_not_leave_unless_told() {
    let function = json!({"Functions": [{"FunctionName": "f", "FunctionArn": "arn:f", "Environment": {"Variables": {"PASSWORD": "hunter2"}}}]});
    let host = Script::new(|_| ok(&function));
    let kind = "AWS::Lambda::Function";
    let text = |config: &Value| read_all(&host, config, limits(), &unit(kind)).unwrap().lines[0].to_string();
    let redacted = text(&config(kind, json!([])));
    assert!(!redacted.contains("hunter2") && redacted.contains("PASSWORD"), "{redacted}");
    let mut keep = config(kind, json!([]));
    keep["sensitive"] = json!("keep");
    assert!(text(&keep).contains("hunter2"));
    let mut other = config(kind, json!([]));
    other["redaction_key"] = json!(format!("{KEY}01"));
    assert_ne!(text(&other), redacted, "the digest depends on the key");
}

#[test]
fn buckets_go_by_their_region_and_the_home_may_be_closed() {
    let list = "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name><BucketRegion>eu-west-1</BucketRegion></Bucket><Bucket><Name>b</Name><BucketRegion>ap-south-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>";
    let host = Script::new(|request| match (request.operation.as_str(), request.region.as_str()) {
        ("ListBuckets", "us-east-1") => status(
            403,
            "<Error><Code>AccessDenied</Code><Message>with an explicit deny in a service control policy</Message></Error>",
        ),
        ("ListBuckets", _) => ok(list),
        _ => ok("<Tagging><TagSet/></Tagging>"),
    });
    let kind = "AWS::S3::Bucket";
    let global = portolan_guest::interface::Unit { kind: kind.to_owned(), region: None };
    let mut given = config(kind, json!([]));
    given["regions"] = json!({"allow": ["us-east-1", "eu-west-1"]});
    let all = read_all(&host, &given, limits(), &global).unwrap();
    assert_eq!(all.ids(), ["a", "b"], "the region policy does not remove buckets");
    let asked: Vec<(String, String)> =
        host.asked.borrow().iter().map(|request| (request.target.clone(), request.region.clone())).collect();
    assert_eq!(
        asked[2..],
        [("/a?tagging".to_owned(), "eu-west-1".to_owned()), ("/b?tagging".to_owned(), "ap-south-1".to_owned())]
    );
    given["regions"]["buckets"] = json!("allowed");
    assert_eq!(read_all(&host, &given, limits(), &global).unwrap().ids(), ["a"]);
}

#[test]
fn answers_too_large_together_are_asked_for_one_by_one() {
    let host = Script::new(|request| three_queues(request, |_, _| None));
    let crowded = Crowded(&host);
    let guest = crate::script::guest(QUEUE, json!([]));
    let page = guest.sync_page(&crowded, &crate::script::account(), &unit(QUEUE), None).unwrap();
    let lines = crate::script::lines(&page);
    assert!(page.problems.is_empty() && lines.iter().all(|line| line["gaps"] == json!([])), "{lines:?}");
    assert_eq!(lines.len(), 3);
}

/// Lets no more than one answer through at once.
struct Crowded<'a>(&'a Script<'a>);

impl portolan_guest::host::Host for Crowded<'_> {
    fn send(&self, requests: Vec<Request>) -> Vec<crate::Answer> {
        if requests.len() == 1 {
            return self.0.send(requests);
        }
        requests.iter().map(|_| crate::script::unsent(portolan_guest::host::SendFailure::TooLarge)).collect()
    }

    fn log(&self, _: portolan_guest::host::Level, _: &str) {}
}

#[test]
fn an_item_without_identity_proves_nothing_and_costs_no_other() {
    let host = Script::new(|_| {
        ok(json!({"Functions": [{"FunctionArn": "arn:nameless"}, {"FunctionName": "f", "FunctionArn": "arn:f"}]}))
    });
    let all = all(&host, "AWS::Lambda::Function", json!([]));
    assert_eq!((all.ids(), all.whole), (vec!["f"], false));
    assert_eq!(all.problems(), ["bad-answer lambda:ListFunctions x1"]);
}

#[test]
fn tags_are_asked_for_only_where_the_listing_has_none() {
    let instance = |id: &str, tags: &str| {
        format!(
            "<DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBInstanceArn>arn:{id}</DBInstanceArn>{tags}</DBInstance>"
        )
    };
    let with = instance("with", "<TagList><Tag><Key>a</Key><Value>1</Value></Tag></TagList>");
    let host = Script::new(|request| match request.operation.as_str() {
        "DescribeDBInstances" => ok(format!(
            "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>{with}{}</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
            instance("without", "")
        )),
        _ => {
            assert!(request.body.contains("arn%3Awithout"), "{}", request.body);
            ok(
                "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList><Tag><Key>b</Key><Value>2</Value></Tag></TagList></ListTagsForResourceResult></ListTagsForResourceResponse>",
            )
        }
    });
    let all = all(&host, "AWS::RDS::DBInstance", json!("all"));
    let tags: Vec<&Value> = all.lines.iter().map(|line| &line["resource"]["Properties"]["Tags"]).collect();
    assert_eq!(tags, [&json!([{"Key": "a", "Value": "1"}]), &json!([{"Key": "b", "Value": "2"}])]);
    assert_eq!(host.count("ListTagsForResource"), 1);
}

#[test]
fn what_did_not_change_is_the_same_text() {
    let text = |body: &str| {
        let host = Script::new(|_| ok(body));
        read_all(&host, &config("AWS::Lambda::Function", json!([])), limits(), &unit("AWS::Lambda::Function"))
            .unwrap()
            .lines[0]
            .to_string()
    };
    let one =
        text(r#"{"Functions":[{"FunctionName":"f","FunctionArn":"a","VpcConfig":{"VpcId":"v","SubnetIds":[]}}]}"#);
    let other =
        text(r#"{"Functions":[{"VpcConfig":{"SubnetIds":[],"VpcId":"v"},"FunctionArn":"a","FunctionName":"f"}]}"#);
    assert_eq!(one, other);
}
