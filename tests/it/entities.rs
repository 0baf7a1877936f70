//! `sync --mapping`: entities of what is in moto, their life, and what a run says of them.

use std::fmt::Write as _;

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";
const LIVE: &str =
    "SELECT blueprint, identifier, title FROM entities WHERE deleted_at IS NULL ORDER BY blueprint, identifier";

/// A mapping in the peer's form: queues and buckets, each with the account that it is in.
const MAPPING: &str = r#"
deleteDependentEntities: true
createMissingRelatedEntities: true
resources:
  - kind: AWS::SQS::Queue
    selector: { query: '.Properties.QueueName | startswith("work")', includeActions: [ListQueueTagsAction] }
    port:
      entity:
        mappings:
          identifier: .Properties.QueueArn
          title: .Properties.QueueName
          blueprint: '"sqs"'
          properties: { seconds: .Properties.VisibilityTimeout, tags: .Properties.Tags }
          relations: { account: .__ExtraContext.AccountId }
  - kind: AWS::S3::Bucket
    selector: { query: 'true' }
    port:
      entity:
        mappings:
          identifier: .Properties.BucketName
          title: .Properties.BucketName
          blueprint: '"s3Bucket"'
          relations: { account: .__ExtraContext.AccountId }
"#;

fn live(portolan: &Portolan) -> Vec<(String, String)> {
    let rows = rows(&portolan.catalogue(), LIVE);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(row, "blueprint"), text(row, "title"))).collect()
}

#[test]
fn a_mapping_chooses_what_is_read_and_its_entities_follow_the_resources() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let portolan = Portolan::in_organization("entities", &organization);
    let account = organization.account("prod-web").to_owned();
    portolan.write("map.yml", MAPPING);
    let mapped = ["--mapping", "map.yml"];

    let run = portolan.sync(&organization, &mapped);
    println!("{}", run.stdout);
    let kinds = "SELECT DISTINCT kind FROM resources ORDER BY kind";
    let kinds: Vec<Value> = rows(&portolan.catalogue(), kinds).into_iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds, ["AWS::S3::Bucket", "AWS::SQS::Queue"], "the mapping chooses the kinds");

    // What boto3 says there is, through the mapping by hand.
    let is_work =
        "SELECT count(*) FROM resources WHERE kind = 'AWS::SQS::Queue' AND name LIKE 'work%' AND deleted_at IS NULL";
    let queues = number(&portolan.catalogue(), is_work);
    let buckets = number(&portolan.catalogue(), "SELECT count(*) FROM resources WHERE kind = 'AWS::S3::Bucket'");
    let entities = live(&portolan);
    let of = |blueprint: &str| entities.iter().filter(|(name, _)| name == blueprint).count();
    assert!(queues > 0 && buckets > 0);
    assert_eq!((of("sqs"), of("s3Bucket")), (usize::try_from(queues).unwrap(), usize::try_from(buckets).unwrap()));
    let url = front.queue_url(&account, REGION, "work-0");
    let asked = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
    let truth = front.boto(&account, REGION, "sqs", "get_queue_attributes", &asked)["Attributes"].clone();
    let stored = rows(
        &portolan.catalogue(),
        "SELECT identifier, entity, account_id FROM entities WHERE title = 'work-0' ORDER BY account_id",
    );
    let mine = stored.iter().find(|row| row["account_id"] == account.as_str()).unwrap();
    assert_eq!(mine["identifier"], truth["QueueArn"]);
    let entity: Value = serde_json::from_str(mine["entity"].as_str().unwrap()).unwrap();
    assert_eq!(
        entity["properties"]["seconds"].to_string().trim_matches('"'),
        truth["VisibilityTimeout"].as_str().unwrap()
    );
    let related = format!("SELECT count(*) FROM relations WHERE type = 'account' AND to_key = '{account}'");
    assert!(number(&portolan.catalogue(), &related) > 0);
    assert_eq!(run.report()["entities"]["new"], json!(queues + buckets));
    assert!(run.stdout.contains("entities ·"), "{}", run.stdout);

    // Nothing changed: nothing is written.
    let before = rows(&portolan.catalogue(), "SELECT * FROM entities ORDER BY entity_key");
    let again = portolan.sync(&organization, &mapped);
    assert_eq!(rows(&portolan.catalogue(), "SELECT * FROM entities ORDER BY entity_key"), before);
    let counts = &again.report()["entities"];
    assert_eq!((&counts["new"], &counts["changed"], &counts["gone"]), (&json!(0), &json!(0), &json!(0)), "{counts}");

    // A plan shows them, and a queue that goes takes its entity with it when it is proven gone; a denial takes none.
    front.boto(&account, REGION, "sqs", "delete_queue", &json!({ "QueueUrl": url }));
    let longer = front.queue_url(&account, REGION, "work-1");
    let longer = json!({ "QueueUrl": longer, "Attributes": { "VisibilityTimeout": "99" } });
    front.boto(&account, REGION, "sqs", "set_queue_attributes", &longer);
    let planned = portolan.sync(&organization, &["--mapping", "map.yml", "--plan"]);
    let plan = &planned.report()["plan"]["kinds"]["entity sqs"];
    assert_eq!((&plan["change"]["count"], &plan["delete"]["count"]), (&json!(1), &json!(1)), "{plan:#}");
    assert_eq!(plan["change"]["items"][0]["properties"], json!(["properties.seconds"]), "{plan:#}");
    assert_eq!(
        rows(&portolan.catalogue(), "SELECT * FROM entities ORDER BY entity_key"),
        before,
        "a plan writes nothing"
    );
    let gone = portolan.sync(&organization, &mapped);
    assert_eq!(gone.report()["entities"]["gone"], json!(1), "{}", gone.report()["entities"]);
    assert_eq!(live(&portolan).len(), entities.len() - 1);
    let run_id = gone.report()["run_id"].as_str().unwrap().to_owned();
    portolan.run(&["restore", "--to", "sqlite:catalogue.db", "--run", &run_id]).expect(0);
    assert_eq!(live(&portolan), entities, "with the resource its entity is back");
}

#[test]
fn tags_that_cannot_be_read_keep_the_entity_whole_and_a_wrong_mapping_deletes_nothing_unasked() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let portolan = Portolan::in_organization("entities-kept", &organization);
    let account = organization.account("prod-web").to_owned();
    portolan.write("map.yml", MAPPING);
    let url = front.queue_url(&account, REGION, "work-0");
    front.boto(&account, REGION, "sqs", "tag_queue", &json!({ "QueueUrl": url, "Tags": { "team": "blue" } }));
    let mapped = ["--mapping", "map.yml"];
    portolan.sync(&organization, &mapped);
    let of_queue = format!(
        "SELECT json_extract(entity, '$.properties.seconds') AS seconds, json_extract(entity, '$.properties.tags') AS tags
         FROM entities WHERE title = 'work-0' AND account_id = '{account}'"
    );
    let before = rows(&portolan.catalogue(), &of_queue);
    assert!(before[0]["tags"].to_string().contains("blue"), "{before:?}");

    // The queue changes while its tags are denied: the change comes, the tags stay.
    front.boto(
        &account,
        REGION,
        "sqs",
        "set_queue_attributes",
        &json!({ "QueueUrl": url, "Attributes": { "VisibilityTimeout": "77" } }),
    );
    front.rule(&json!({ "do": "deny", "service": "sqs", "operation": "ListQueueTags" }));
    let run = portolan.sync(&organization, &mapped);
    let after = rows(&portolan.catalogue(), &of_queue);
    assert_eq!(after[0]["tags"], before[0]["tags"], "{}", run.stderr);
    assert!(after[0]["seconds"].to_string().contains("77"), "{after:?}");
    front.clear_rules();

    // An expression that gives null for every identifier: nothing is known, all stays, and the run says which and where.
    let all = live(&portolan);
    portolan.write("map.yml", &MAPPING.replace(".Properties.QueueArn", ".Properties.QueuArn"));
    let run = portolan.sync(&organization, &mapped);
    assert_eq!(live(&portolan), all);
    let problems = run.report()["problems"].to_string();
    assert!(problems.contains(".Properties.QueuArn"), "{problems}");

    // A mapping that makes nothing of buckets and queues any more: many go, and the guard asks first.
    portolan.write("more.yml", &many(&account));
    let made = portolan.sync(&organization, &["--mapping", "more.yml", "--fail-on", "none"]).expect(0);
    let total = live(&portolan).len();
    assert!(total > 100, "{total} {}", made.stderr);
    portolan.write("none.yml", &many(&account).replace("query: 'true'", "query: 'false'"));
    let kept = portolan.sync(&organization, &["--mapping", "none.yml", "--fail-on", "none"]).expect(5);
    assert_eq!(live(&portolan).len(), total, "{}", kept.stdout);
    assert!(kept.stdout.contains("--allow-mass-delete"), "{}", kept.stdout);
    let run_id = kept.report()["run_id"].as_str().unwrap().to_owned();
    portolan
        .sync(&organization, &["--mapping", "none.yml", "--fail-on", "none", "--allow-mass-delete", &run_id])
        .expect(0);
    assert_eq!(live(&portolan).len(), 0);
}

/// Forty entities of each bucket of an account.
fn many(account: &str) -> String {
    let mut text = String::from("resources:\n");
    for number in 0..40 {
        let _ = write!(
            text,
            "  - kind: AWS::S3::Bucket
    selector: {{ query: 'true' }}
    port:
      entity:
        mappings:
          identifier: .Properties.BucketName + \"-{number}-\" + .__ExtraContext.AccountId
          title: '\"{account}\"'
          blueprint: '\"copy\"'
"
        );
    }
    text
}

/// A run of one kind under a changed mapping took the entities of all others away: nothing had been mapped for them.
#[test]
fn a_run_of_some_kinds_under_another_mapping_leaves_the_entities_of_the_others() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("entities-of-others", &organization);
    portolan.write("map.yml", MAPPING);
    portolan.sync(&organization, &["--mapping", "map.yml"]);
    let all = live(&portolan);
    let of_queues = |all: &[(String, String)]| all.iter().filter(|(blueprint, _)| blueprint == "sqs").count();
    assert!(of_queues(&all) > 0);
    portolan.write("other.yml", &MAPPING.replace("title: .Properties.BucketName", "title: '\"a bucket\"'"));
    let run = portolan.sync(&organization, &["--mapping", "other.yml", "--kinds", "AWS::S3::Bucket"]);
    let after = live(&portolan);
    assert_eq!(run.report()["entities"]["gone"], json!(0), "{}", run.report()["entities"]);
    assert_eq!((of_queues(&after), after.len()), (of_queues(&all), all.len()));
    assert!(after.contains(&("s3Bucket".to_owned(), "a bucket".to_owned())), "{after:?}");
    // A mapping that chooses the kinds and names the queues no longer is another matter.
    let (_, buckets) = MAPPING.split_once("  - kind: AWS::S3::Bucket").unwrap();
    portolan.write("buckets.yml", &format!("resources:\n  - kind: AWS::S3::Bucket{buckets}"));
    portolan.sync(&organization, &["--mapping", "buckets.yml"]);
    let left = live(&portolan);
    assert_eq!((of_queues(&left), left.len()), (0, all.len() - of_queues(&all)));
}

#[test]
fn a_mapping_that_is_wrong_is_refused_before_anything_is_read() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("entities-refused", &organization);
    portolan.write(
        "map.yml",
        &MAPPING.replace(".Properties.BucketName\n          title", ".Properties.BucketName |\n          title"),
    );
    organization.front().forget();
    let run = portolan.sync(&organization, &["--mapping", "map.yml"]).expect(1);
    assert!(run.stderr.contains("map.yml:") && run.stderr.contains("identifier"), "{}", run.stderr);
    assert!(!portolan.catalogue().exists(), "nothing is made");
    portolan.write("map.yml", MAPPING);
    let streamed = portolan.sync(&organization, &["--mapping", "map.yml", "--to", "ndjson:all.ndjson"]).expect(1);
    assert!(streamed.stderr.contains("--state"), "{}", streamed.stderr);
    let elsewhere = ["--mapping", "map.yml", "--to", "ndjson:all.ndjson", "--state", "ledger.db"];
    portolan.sync(&organization, &elsewhere);
    assert!(number(&portolan.file("ledger.db"), "SELECT count(*) FROM entities") > 0);
}
