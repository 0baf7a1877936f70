//! `portolan restore`: what a run deleted comes back, and goes again only if two runs agree.

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";

fn alive(portolan: &Portolan) -> Vec<Value> {
    rows(
        &portolan.catalogue(),
        "SELECT resource_key, properties, tags, first_seen, last_seen FROM resources
         WHERE deleted_at IS NULL ORDER BY resource_key",
    )
}

fn gone(portolan: &Portolan) -> i64 {
    number(&portolan.catalogue(), "SELECT count(*) FROM resources WHERE deleted_at IS NOT NULL")
}

#[test]
fn what_a_run_deleted_comes_back_and_goes_only_when_two_runs_agree() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let portolan = Portolan::in_organization("restored", &organization);
    let account = organization.account("prod-web").to_owned();
    let kinds = ["--kinds", "AWS::SQS::Queue,AWS::DynamoDB::Table"];
    let to = ["--to", "sqlite:catalogue.db"];
    let restore = |more: &[&str]| portolan.run(&[&["restore"], &to[..], more].concat());

    let none = restore(&[]).expect(1);
    assert!(none.stderr.contains("there is no such catalogue") && !portolan.catalogue().exists(), "{}", none.stderr);
    portolan.sync(&organization, &kinds);
    assert!(restore(&[]).expect(0).stdout.contains("no run deleted anything"));
    let before = alive(&portolan);

    let queue = front.queue_url(&account, REGION, "work-1");
    front.boto(&account, REGION, "sqs", "delete_queue", &json!({ "QueueUrl": queue }));
    front.boto(&account, REGION, "dynamodb", "delete_table", &json!({ "TableName": "Orders_v1.0" }));
    let mut run = portolan.sync(&organization, &kinds);
    if gone(&portolan) < 2 {
        run = portolan.sync(&organization, &kinds);
    }
    assert_eq!(gone(&portolan), 2, "{}", run.stderr);
    let run_id = run.report()["run_id"].as_str().unwrap().to_owned();

    let listed = restore(&[]).expect(0).stdout;
    println!("{listed}");
    assert!(listed.lines().nth(1).unwrap().starts_with(&run_id), "{listed}");
    for (arguments, why) in [
        (&["--run", "20200101T000000Z-0000"][..], "deleted nothing here"),
        (&["--run", &run_id, "--kind", "AWS::S3::Bucket"], "deleted nothing of AWS::S3::Bucket"),
    ] {
        let refused = restore(arguments).expect(1);
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    }

    // One kind, then the rest; what is back already is said.
    let one = restore(&["--run", &run_id, "--kind", "AWS::SQS::Queue"]).expect(0).stdout;
    assert!(one.contains("1 of 1 put back") && one.contains("work-1"), "{one}");
    let rest = restore(&["--run", &run_id]).expect(0).stdout;
    println!("{rest}");
    assert!(rest.contains("1 of 2 put back") && rest.contains("put back before"), "{rest}");
    let back = alive(&portolan);
    let keys = |rows: &[Value]| rows.iter().map(|row| row["resource_key"].clone()).collect::<Vec<_>>();
    let known = |rows: &[Value]| rows.iter().map(|row| row["properties"].clone()).collect::<Vec<_>>();
    assert_eq!((keys(&back), known(&back)), (keys(&before), known(&before)));

    // Really gone: missing after one run, though the service says not found; gone after two.
    portolan.sync(&organization, &kinds);
    assert_eq!(keys(&alive(&portolan)), keys(&before));
    let missing = "SELECT count(*) FROM resources WHERE deleted_at IS NULL AND missing_since IS NOT NULL";
    assert_eq!(number(&portolan.catalogue(), missing), 2);
    portolan.sync(&organization, &kinds);
    assert_eq!(gone(&portolan), 2);

    // There again under the old name: a later run has seen it, and the old row stays where it is.
    let listed = restore(&[]).expect(0).stdout;
    assert_eq!(listed.lines().filter(|line| line.starts_with("202")).count(), 2, "{listed}");
    let latest = listed.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert_ne!(latest, run_id);
    front.boto(&account, REGION, "sqs", "create_queue", &json!({ "QueueName": "work-1" }));
    portolan.sync(&organization, &kinds);
    let some = restore(&["--run", &latest]).expect(0).stdout;
    assert!(some.contains("1 of 2 put back") && some.contains("a later run has seen it"), "{some}");
    let older = restore(&["--run", &run_id, "--kind", "AWS::DynamoDB::Table"]).expect(0).stdout;
    assert!(older.contains("0 of 1 put back"), "{older}");
}
