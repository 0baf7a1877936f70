//! AWS denies, throttles, breaks off, talks nonsense: a problem on that unit, never a crash, never a deletion.

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

/// The listing of every kind, one for each protocol and way of paging.
const LISTINGS: [&str; 10] = [
    "DescribeInstances",
    "DescribeVolumes",
    "DescribeDBInstances",
    "ListTopics",
    "ListQueues",
    "ListTables",
    "ListClusters",
    "ListServices",
    "ListFunctions",
    "ListBuckets",
];
const KINDS: [&str; 11] = [
    "AWS::EC2::Instance",
    "AWS::EC2::Volume",
    "AWS::RDS::DBInstance",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::DynamoDB::Table",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::EKS::Cluster",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
];

struct Estate {
    organization: Organization,
    portolan: Portolan,
    before: Vec<Value>,
}

impl Estate {
    fn new(name: &str) -> Self {
        let organization = Organization::build(Scale::Tiny);
        let portolan = Portolan::in_organization(name, &organization);
        let mut made = Self { organization, portolan, before: Vec::new() };
        made.sync().expect(0);
        made.before = made.alive();
        for kind in KINDS {
            let query = format!("SELECT count(*) FROM resources WHERE kind = '{kind}'");
            assert!(number(&made.portolan.catalogue(), &query) > 0, "{kind}");
        }
        made
    }

    /// One account in one region, so that many runs take little time. Each run answers for itself: by default a scope
    /// that was incomplete in the run before, too, would not fail this one.
    fn sync(&self) -> Run {
        let account = self.organization.account("prod-web").to_owned();
        let scope = ["--include-accounts", &account, "--regions", "eu-west-1", "--fail-on", "any"];
        self.portolan.sync(&self.organization, &scope)
    }

    /// What is there, properties included: a failure may make them stale, but never lose them.
    fn alive(&self) -> Vec<Value> {
        let query = "SELECT resource_key, properties FROM resources WHERE deleted_at IS NULL AND missing_since IS NULL
                     ORDER BY resource_key";
        rows(&self.portolan.catalogue(), query)
    }

    /// Spoils every listing, syncs, and checks that nothing went and that every kind says so.
    fn check(&self, rule: &Value, status: i32) -> Run {
        let mut rule = rule.clone();
        rule["operation"] = json!(LISTINGS);
        self.organization.front().rule(&rule);
        let run = self.sync();
        self.organization.front().clear_rules();
        assert_eq!(run.status, Some(status), "{rule}\n{}", run.stderr);
        assert_eq!(self.alive(), self.before, "{rule}");
        assert!(!run.stderr.contains("panicked"), "{rule}\n{}", run.stderr);
        let report = run.report();
        for kind in KINDS {
            assert!(
                report["kinds"][kind]["problems"].as_u64().unwrap() > 0,
                "{rule}: no problem in {kind}\n{}",
                report["kinds"]
            );
            assert_eq!(report["kinds"][kind]["gone"], 0, "{rule}: {kind}");
        }
        assert!(report["units"]["unknown"].as_u64().unwrap() >= KINDS.len() as u64 - 1, "{rule}: {}", report["units"]);
        run
    }
}

#[test]
fn broken_answers_delete_nothing_and_are_problems() {
    let estate = Estate::new("broken");
    for fault in ["truncate", "html", "not-utf8", "empty", "error-in-200", "cut", "drop"] {
        estate.check(&json!({ "do": fault }), 2);
    }
    // Whole again, and nothing was lost or doubled on the way.
    estate.sync().expect(0);
    assert_eq!(estate.alive(), estate.before);
}

#[test]
fn tokens_that_repeat_or_never_end_end_the_listing_with_a_problem() {
    let estate = Estate::new("tokens");
    let run = estate.check(&json!({ "do": "repeat-token" }), 2);
    assert!(run.report()["problems"].to_string().contains("token"), "{}", run.report()["problems"]);
}

#[test]
fn denials_and_throttles_delete_nothing_and_are_told_apart() {
    let estate = Estate::new("denied");
    let cases = [
        ("identity", "denied-by-identity-policy"),
        ("scp", "denied-by-scp"),
        ("session", "denied-by-session-policy"),
        ("boundary", "denied-by-boundary"),
    ];
    for (by, told) in cases {
        let run = estate.check(&json!({ "do": "deny", "by": by }), 2);
        let problems = run.report()["problems"].as_array().unwrap().clone();
        let apart = problems.iter().filter(|problem| problem["told_apart"] == told).count();
        assert!(apart >= KINDS.len() - 1, "{by}: {problems:#?}");
    }
    let run = estate.check(&json!({ "do": "throttle" }), 2);
    assert!(run.report()["call_totals"]["retries"].as_u64().unwrap() > 0);
    assert!(run.report()["call_totals"]["throttled"].as_u64().unwrap() > 0);
    let classes = run.report()["problems"].to_string();
    assert!(classes.contains("\"throttled\""), "{classes}");
}

#[test]
fn what_passes_is_retried_and_leaves_no_trace() {
    let estate = Estate::new("retried");
    let front = estate.organization.front();
    let reads = ["account", "dynamodb", "ec2", "ecs", "eks", "lambda", "organizations", "rds", "s3", "sns", "sqs"];
    for rule in [
        json!({ "do": "throttle", "times": 4, "service": reads }),
        json!({ "do": "status", "status": 503, "times": 4, "service": reads }),
        json!({ "do": "drop", "times": 2, "service": reads }),
    ] {
        front.rule(&rule);
        let run = estate.sync().expect(0);
        assert!(run.report()["call_totals"]["retries"].as_u64().unwrap() > 0, "{rule}");
        assert_eq!(estate.alive(), estate.before, "{rule}");
        front.clear_rules();
    }
    front.assert_signatures();
}

#[test]
fn a_session_that_is_not_had_at_once_is_asked_for_again() {
    let estate = Estate::new("sts-retried");
    let front = estate.organization.front();
    for operation in ["AssumeRole", "GetCallerIdentity"] {
        for rule in [json!({ "do": "throttle" }), json!({ "do": "status", "status": 503 }), json!({ "do": "drop" })] {
            let mut once = rule;
            once["times"] = json!(1);
            once["operation"] = json!(operation);
            front.rule(&once);
            let run = estate.sync();
            assert_eq!(run.status, Some(0), "{once}\n{}", run.stderr);
            assert_eq!(estate.alive(), estate.before, "{once}");
            front.clear_rules();
        }
    }
}

#[test]
fn a_detail_call_that_fails_leaves_the_last_known_values_and_marks_them() {
    let estate = Estate::new("stale");
    estate.organization.front().rule(&json!({ "do": "deny", "service": "sqs", "operation": "GetQueueAttributes" }));
    let run = estate.sync().expect(0);
    assert_eq!(estate.alive(), estate.before);
    let stale = "SELECT count(*) FROM resources WHERE kind = 'AWS::SQS::Queue' AND stale_since IS NOT NULL";
    let queues = "SELECT count(*) FROM resources WHERE kind = 'AWS::SQS::Queue'";
    let file = estate.portolan.catalogue();
    assert_eq!(number(&file, stale), number(&file, queues), "{}", run.stderr);
    assert!(run.report()["units"]["stale"].as_u64().unwrap() > 0);
}

#[test]
fn one_vanished_queue_does_not_spoil_the_others() {
    let estate = Estate::new("vanished");
    estate.organization.front().rule(&json!({
        "do": "error", "code": "AWS.SimpleQueueService.NonExistentQueue", "service": "sqs", "operation": "GetQueueAttributes", "contains": "/work-1",
    }));
    estate.sync().expect(0);
    let fresh = "SELECT count(*) FROM resources WHERE kind = 'AWS::SQS::Queue' AND name <> 'work-1' AND stale_since IS NULL AND deleted_at IS NULL";
    let file = estate.portolan.catalogue();
    let queues = "SELECT count(*) FROM resources WHERE kind = 'AWS::SQS::Queue' AND name <> 'work-1'";
    assert_eq!(number(&file, fresh), number(&file, queues));
}

#[test]
fn a_session_that_ends_on_the_way_is_renewed() {
    let estate = Estate::new("sessions");
    let front = estate.organization.front();
    // One answer says so, as when a session was revoked.
    front.rule(&json!({
        "do": "error", "code": "ExpiredTokenException", "service": "sqs", "operation": "ListQueues", "times": 1,
    }));
    estate.sync().expect(0);
    assert_eq!(estate.alive(), estate.before);
}

#[test]
fn a_clock_that_is_off_is_named_and_nothing_goes() {
    let estate = Estate::new("clock");
    estate.organization.front().clock_ahead(600);
    let run = estate.sync();
    // Either the difference is made up for, or the run says what to mend; it is never an empty estate.
    assert!(run.status == Some(0) || run.status == Some(3) && run.stderr.contains("clock"), "{run:#?}");
    assert_eq!(estate.alive(), estate.before);
}
