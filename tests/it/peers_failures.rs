//! What the field's syncs lose or blank resources over, one test each, through the binary.
//!
//! The rest of the list stands elsewhere: a role that is denied in `deletion.rs`, one vanished queue in `broken_answers.rs`.

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";
const OTHER_REGION: &str = "eu-central-1";

struct Estate {
    organization: Organization,
    portolan: Portolan,
    account: String,
}

impl Estate {
    fn new(name: &str) -> Self {
        let organization = Organization::build(Scale::Tiny);
        organization.front().clear_rules();
        let portolan = Portolan::in_organization(name, &organization);
        let account = organization.account("prod-web").to_owned();
        Self { organization, portolan, account }
    }

    /// One account, as far as not said otherwise.
    fn sync(&self, more: &[&str]) -> Run {
        let mut arguments = vec!["--include-accounts", self.account.as_str(), "--fail-on", "any"];
        arguments.extend(more);
        self.portolan.sync(&self.organization, &arguments)
    }

    /// All that is there, properties included.
    fn alive(&self) -> Vec<Value> {
        let query = "SELECT resource_key, properties, missing_since FROM resources WHERE deleted_at IS NULL ORDER BY 1";
        rows(&self.portolan.catalogue(), query)
    }

    fn count(&self, query: &str) -> i64 {
        number(&self.portolan.catalogue(), query)
    }

    fn boto(&self, region: &str, service: &str, operation: &str, arguments: &Value) -> Value {
        self.organization.front().boto(&self.account, region, service, operation, arguments)
    }
}

/// The peer takes a throttled describe for an empty answer: what it should have described is gone.
#[test]
fn a_throttled_describe_batch_loses_nothing_and_blanks_nothing() {
    let estate = Estate::new("throttled-batch");
    let kinds = ["--kinds", "AWS::ECS::Cluster,AWS::ECS::Service", "--regions", REGION];
    estate.sync(&kinds).expect(0);
    let before = estate.alive();
    assert!(estate.count("SELECT count(*) FROM resources WHERE kind = 'AWS::ECS::Service'") > 0);
    // A wait that nobody waits for: the retries are given up at once.
    estate.organization.front().rule(&json!({
        "do": "throttle", "service": "ecs", "operation": ["DescribeClusters", "DescribeServices"], "retry_after_ms": 120_000,
    }));
    for _ in 0..2 {
        let run = estate.sync(&kinds).expect(0);
        assert_eq!(estate.alive(), before, "{}", run.stderr);
        assert_eq!(run.report()["units"]["stale"], 2, "{}", run.report()["units"]);
        assert_eq!(run.report()["kinds"]["AWS::ECS::Service"]["gone"], 0);
    }
    let fresh = "SELECT count(*) FROM resources WHERE kind LIKE 'AWS::ECS::%' AND stale_since IS NULL";
    assert_eq!(estate.count(fresh), 0);
    estate.organization.front().clear_rules();
    estate.sync(&kinds).expect(0);
    assert_eq!(estate.count("SELECT count(*) FROM resources WHERE stale_since IS NOT NULL"), 0);
}

/// The peer goes on with its own account alone, and all others' entities are stale to it.
#[test]
fn an_organization_that_may_not_be_listed_keeps_all_its_accounts() {
    let estate = Estate::new("unlisted-organization");
    let kinds = ["--kinds", "AWS::SQS::Queue,AWS::S3::Bucket,AWS::Organizations::Account"];
    estate.portolan.sync(&estate.organization, &kinds);
    let before = estate.alive();
    assert!(estate.count("SELECT count(DISTINCT account_id) FROM resources") > 2);
    estate.organization.front().rule(&json!({ "do": "deny", "service": "organizations", "by": "identity" }));
    estate.organization.front().forget();
    for _ in 0..2 {
        let run = estate.portolan.sync(&estate.organization, &kinds).expect(3);
        assert_eq!(estate.alive(), before, "{}", run.stderr);
        let incomplete = run.report()["incomplete"].to_string();
        assert!(incomplete.contains("\"organization\"") && incomplete.contains("\"denied\""), "{incomplete}");
    }
    let calls = estate.organization.front().calls();
    assert!(!calls.iter().any(|call| call.operation() == "sqs:ListQueues"), "nothing falls back to one account");
}

/// The peer swallows the denial: the region looks empty.
#[test]
fn a_region_that_a_policy_closes_keeps_its_rows_and_is_named() {
    let estate = Estate::new("closed-region");
    let regions = format!("{REGION},{OTHER_REGION}");
    let scope = ["--kinds", "AWS::SQS::Queue,AWS::DynamoDB::Table,AWS::EC2::Volume", "--regions", &regions];
    estate.boto(OTHER_REGION, "sqs", "create_queue", &json!({ "QueueName": "in-the-other-region" }));
    estate.sync(&scope).expect(0);
    let in_region = format!("SELECT count(*) FROM current WHERE region = '{OTHER_REGION}'");
    let before = (estate.alive(), estate.count(&in_region));
    assert!(before.1 > 0);
    estate.organization.front().rule(&json!({ "do": "deny", "by": "scp", "region": OTHER_REGION }));
    estate.boto(REGION, "sqs", "create_queue", &json!({ "QueueName": "made-meanwhile" }));
    for _ in 0..2 {
        let run = estate.sync(&scope).expect(2);
        let incomplete = run.report()["incomplete"].as_array().unwrap();
        assert_eq!(incomplete.len(), 3, "{incomplete:?}");
        for scope in incomplete {
            assert_eq!((&scope["region"], &scope["class"]), (&json!(OTHER_REGION), &json!("denied-by-scp")), "{scope}");
        }
    }
    assert_eq!(estate.count(&in_region), before.1);
    // The other region is read as ever.
    assert_eq!(estate.alive().len(), before.0.len() + 1);
}

/// A part of the organization in which there is nothing to read is no failure, and says nothing about the rest.
#[test]
fn an_ou_without_accounts_is_read_as_empty_and_removes_nothing() {
    let estate = Estate::new("empty-unit");
    let organization = &estate.organization;
    let kinds = ["--kinds", "AWS::SQS::Queue"];
    estate.portolan.sync(organization, &kinds);
    let before = estate.alive();
    assert!(!before.is_empty());
    let unit = organization.front().boto(
        organization.account("management"),
        "us-east-1",
        "organizations",
        "create_organizational_unit",
        &json!({ "ParentId": organization.root(), "Name": "empty" }),
    );
    let empty = unit["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let run = estate.portolan.sync(organization, &["--kinds", "AWS::SQS::Queue", "--ou-id", &empty]).expect(0);
        let read = run.report()["accounts"].as_array().unwrap().iter().filter(|account| account["outcome"] == "read");
        assert_eq!(read.count(), 0, "{}", run.report()["accounts"]);
        assert_eq!(estate.alive(), before, "{}", run.stderr);
    }
    // Beside another it changes nothing of what is read there.
    let both = format!("{empty},{}", organization.unit("prod"));
    let run = estate.portolan.sync(organization, &["--kinds", "AWS::SQS::Queue", "--ou-id", &both]).expect(0);
    assert!(run.report()["units"]["whole"].as_u64().unwrap() > 0, "{}", run.report()["units"]);
    assert_eq!(estate.alive(), before, "{}", run.stderr);
}

/// The peer's enrichments give nothing where one is denied, so that the fields are blanked.
#[test]
fn an_enrichment_denied_on_one_bucket_keeps_what_was_known_of_it_and_spoils_no_other() {
    let estate = Estate::new("denied-bucket");
    for name in ["enriched-one", "enriched-two"] {
        estate.boto("us-east-1", "s3", "create_bucket", &json!({ "Bucket": name }));
    }
    let tag = |bucket: &str, value: &str| {
        let tagging = json!({ "TagSet": [{ "Key": "team", "Value": value }] });
        estate.boto("us-east-1", "s3", "put_bucket_tagging", &json!({ "Bucket": bucket, "Tagging": tagging }));
    };
    tag("enriched-one", "old");
    tag("enriched-two", "old");
    let kinds = ["--kinds", "AWS::S3::Bucket"];
    estate.sync(&kinds).expect(0);
    tag("enriched-one", "new");
    tag("enriched-two", "new");
    estate.organization.front().rule(&json!({
        "do": "deny", "by": "resource", "service": "s3", "operation": "GetBucketTagging", "contains": "/enriched-one?",
    }));
    let run = estate.sync(&kinds).expect(0);
    let buckets = "SELECT name, json_extract(properties, '$.Tags[0].Value') AS team, stale_since IS NOT NULL AS stale
                   FROM current WHERE name LIKE 'enriched-%' ORDER BY name";
    let expected = [
        json!({ "name": "enriched-one", "team": "old", "stale": 1 }),
        json!({ "name": "enriched-two", "team": "new", "stale": 0 }),
    ];
    assert_eq!(rows(&estate.portolan.catalogue(), buckets), expected, "{}", run.stderr);
    let others = "SELECT count(*) FROM current WHERE kind = 'AWS::S3::Bucket' AND stale_since IS NOT NULL";
    assert_eq!(estate.count(others), 1);
}
