//! `sync --plan` says what a sync would do and does nothing; `sync --apply` does exactly that, and asks nobody.

use std::path::Path;

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

use crate::endings::{signal, wait_until_asked};

const REGION: &str = "eu-west-1";
const ALIVE: &str = "SELECT resource_key, properties, context, stale_since IS NULL AS fresh FROM resources
                     WHERE deleted_at IS NULL ORDER BY resource_key";
const GONE: &str = "SELECT run_id, resource_key, grounds, outcome, guard FROM deletions ORDER BY resource_key";

/// The catalogue's bytes, its log included: what was written since would be in one or the other.
fn bytes(portolan: &Portolan) -> (Vec<u8>, Vec<u8>) {
    let log = std::fs::read(portolan.file("catalogue.db-wal")).unwrap_or_default();
    (std::fs::read(portolan.catalogue()).unwrap(), log)
}

/// A folder without an identity and without an endpoint, with these files of another.
fn elsewhere(name: &str, from: &Portolan, files: &[&str]) -> Portolan {
    let portolan = Portolan::new(name);
    for file in files {
        std::fs::copy(from.file(file), portolan.file(file)).unwrap();
    }
    portolan
}

fn ids(plan: &Value, kind: &str, change: &str) -> Vec<String> {
    let items = plan["kinds"][kind][change]["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[cfg(unix)]
fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn a_plan_changes_nothing_and_what_is_applied_is_what_it_said() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let mut portolan = Portolan::in_organization("planned", &organization);
    portolan.set("PORTOLAN_WEBHOOK_SECRET", "0123456789abcdef0123456789abcdef");
    let account = organization.account("prod-web").to_owned();
    portolan.sync(&organization, &[]);

    let url = |name: &str| front.queue_url(&account, REGION, name);
    front.boto(&account, REGION, "sqs", "delete_queue", &json!({ "QueueUrl": url("work-1") }));
    front.boto(&account, REGION, "sqs", "create_queue", &json!({ "QueueName": "planned" }));
    let longer = json!({ "QueueUrl": url("work-0"), "Attributes": { "VisibilityTimeout": "99" } });
    front.boto(&account, REGION, "sqs", "set_queue_attributes", &longer);

    // In the folder of a plan that was killed, half a file may lie in the way.
    portolan.write("estate.plan.part", "half");
    let before = bytes(&portolan);
    let sinks = ["--to", "sqlite:catalogue.db", "--to", "ndjson:all.ndjson"];
    let with = |more: &[&'static str]| -> Vec<&'static str> { sinks.iter().chain(more).copied().collect() };
    let run = portolan.sync(&organization, &with(&["--plan-out", "estate.plan"])).expect(2);
    println!("{}", run.stdout);
    assert_eq!(bytes(&portolan), before, "a plan writes nothing");
    // Nobody listens there: a delivery would end the run with 4.
    let webhook = ["--to", "sqlite:catalogue.db", "--to", "webhook:http://127.0.0.1:9/hook", "--plan"];
    portolan.sync(&organization, &webhook).expect(2);
    assert_eq!(bytes(&portolan), before, "a plan delivers nothing");
    for absent in ["all.ndjson", "all.ndjson.part", "estate.plan.part", "estate.plan.new"] {
        assert!(!portolan.file(absent).exists(), "{absent}");
    }
    assert_eq!(mode(&portolan.file("estate.plan")), 0o600);
    let plan = &run.report()["plan"];
    let kind = "AWS::SQS::Queue";
    assert_eq!(ids(plan, kind, "create"), ["planned"], "{plan:#}");
    assert_eq!(ids(plan, kind, "change"), ["work-0"], "{plan:#}");
    assert_eq!(ids(plan, kind, "delete"), ["work-1"], "{plan:#}");
    assert_eq!(plan["kinds"].as_object().unwrap().len(), 1, "{plan:#}");
    let changed = plan["kinds"][kind]["change"]["items"][0]["properties"].to_string();
    assert!(changed.contains("VisibilityTimeout"), "{changed}");
    assert!(run.stdout.contains("nothing was written") && run.stdout.contains("--apply estate.plan"), "{}", run.stdout);

    // Somewhere else, without keys and endpoint: nobody can be asked.
    let applying = elsewhere("applied", &portolan, &["catalogue.db", "estate.plan", "external-id"]);
    front.forget();
    let applied = applying.sync(&organization, &with(&["--apply", "estate.plan"])).expect(2);
    assert!(front.calls().is_empty());
    assert_eq!(applied.report()["run_id"], run.report()["run_id"]);
    let counts = &applied.report()["kinds"][kind];
    assert_eq!([&counts["new"], &counts["changed"], &counts["gone"]], [1, 1, 1], "{counts}");
    assert!(applying.read("all.ndjson").contains("planned"), "other sinks get what they would have got");

    // The same as a sync would have done.
    portolan.sync(&organization, &[]);
    assert_eq!(rows(&applying.catalogue(), ALIVE), rows(&portolan.catalogue(), ALIVE));
    let gone = "SELECT resource_key, grounds, outcome FROM deletions";
    assert_eq!(rows(&applying.catalogue(), gone), rows(&portolan.catalogue(), gone));

    // Once is enough.
    let moved = bytes(&applying);
    let again = applying.sync(&organization, &["--apply", "estate.plan"]).expect(1);
    assert!(again.stderr.contains("the catalogue has changed since it was made"), "{}", again.stderr);
    assert_eq!(bytes(&applying), moved);
}

#[test]
fn a_plan_that_does_not_fit_is_refused_and_nothing_is_written() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("misfit", &organization);
    let kinds = ["--kinds", "AWS::SQS::Queue"];
    let with = |more: &[&'static str]| -> Vec<&'static str> { kinds.iter().chain(more).copied().collect() };
    portolan.sync(&organization, &kinds);
    portolan.sync(&organization, &with(&["--plan-out", "estate.plan"]));
    let plan = std::fs::read(portolan.file("estate.plan")).unwrap();
    let before = bytes(&portolan);
    let refused = |arguments: &[&str], why: &str| {
        let run = portolan.sync(&organization, arguments).expect(1);
        assert!(run.stderr.contains(why), "{why}: {}", run.stderr);
        assert_eq!(bytes(&portolan), before, "{why}");
    };
    refused(&["--kinds", "AWS::S3::Bucket", "--apply", "estate.plan"], "another choice of kinds");
    refused(&with(&["--exclude-accounts", "123456789012", "--apply", "estate.plan"]), "other settings (accounts)");
    refused(&with(&["--apply", "external-id"]), "no plan made by --plan-out");
    refused(&with(&["--apply", "absent.plan"]), "absent.plan");
    refused(&with(&["--apply", "estate.plan", "--to", "ndjson:-"]), "name it with --to sqlite:FILE");
    for cut in [plan.len() - 1, plan.len() / 2, 200] {
        std::fs::write(portolan.file("cut.plan"), &plan[..cut]).unwrap();
        refused(&with(&["--apply", "cut.plan"]), "make the plan again");
    }
    let mut other = plan.clone();
    let middle = other.len() / 2;
    other[middle] ^= 1;
    std::fs::write(portolan.file("other.plan"), &other).unwrap();
    refused(&with(&["--apply", "other.plan"]), "the file is damaged");
}

#[test]
fn a_plan_where_there_is_no_catalogue_makes_none_and_can_be_applied() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("first-plan", &organization);
    let plan = portolan.sync(&organization, &["--plan-out", "estate.plan"]);
    assert!(!portolan.catalogue().exists() && !portolan.file("catalogue.db.lock").exists());
    portolan.sync(&organization, &["--apply", "estate.plan"]);
    let stored = number(&portolan.catalogue(), "SELECT count(*) FROM resources");
    let kinds = plan.report()["plan"]["kinds"].as_object().unwrap();
    let planned: i64 = kinds.values().map(|kind| kind["create"]["count"].as_i64().unwrap()).sum();
    assert!(stored > 20 && stored == planned, "{stored} {planned}");
    // What was redacted has the digests that every later run gives it.
    let next = portolan.sync(&organization, &["--plan"]);
    assert_eq!(next.report()["plan"]["kinds"], json!({}));
    assert!(next.stdout.contains("Nothing would change"), "{}", next.stdout);
}

#[test]
fn a_plan_shows_what_a_guard_withholds_and_applied_withholds_it() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let portolan = Portolan::in_organization("guarded-plan", &organization);
    let account = organization.account("prod-web").to_owned();
    let names: Vec<Value> = (0..25).map(|number| json!({ "QueueName": format!("many-{number}") })).collect();
    let made = front.boto(&account, REGION, "sqs", "create_queue", &Value::Array(names));
    let scope = ["--include-accounts", account.as_str(), "--kinds", "AWS::SQS::Queue"];
    portolan.sync(&organization, &scope).expect(0);
    front.boto(&account, REGION, "sqs", "delete_queue", &made);

    let mut planning = scope.to_vec();
    planning.extend(["--plan-out", "estate.plan"]);
    let run = portolan.sync(&organization, &planning).expect(5);
    let queues = &run.report()["plan"]["kinds"]["AWS::SQS::Queue"];
    assert_eq!((&queues["delete"]["count"], &queues["withhold"]["count"]), (&json!(0), &json!(25)));
    assert_eq!(queues["withhold"]["items"].as_array().unwrap().len(), 25, "what goes is listed whole");
    assert!(run.stdout.contains("A guard would withhold"), "{}", run.stdout);
    assert_eq!(number(&portolan.catalogue(), "SELECT count(*) FROM deletions"), 0);

    let mut applying = scope.to_vec();
    applying.extend(["--apply", "estate.plan"]);
    portolan.sync(&organization, &applying).expect(5);
    let withheld = rows(&portolan.catalogue(), GONE);
    assert_eq!(withheld.len(), 25);
    assert!(withheld.iter().all(|row| row["outcome"] == "withheld" && row["run_id"] == run.report()["run_id"]));
}

#[cfg(unix)]
#[test]
fn a_plan_that_is_stopped_is_not_kept_and_leaves_nothing() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.clear_rules();
    let portolan = Portolan::in_organization("stopped-plan", &organization);
    let scope = ["--include-accounts", organization.account("prod-web"), "--kinds", "AWS::SQS::Queue"];
    portolan.sync(&organization, &scope).expect(0);
    let before = bytes(&portolan);
    front.rule(&json!({ "do": "delay", "ms": 60_000, "service": "sqs" }));
    let arguments = [&Portolan::sync_arguments(&organization, &scope)[..], &["--plan-out", "estate.plan"]].concat();
    let child = portolan.start(&arguments);
    wait_until_asked(&organization);
    // Meanwhile somebody else may have the catalogue: a plan holds it for as long as it copies it.
    front.clear_rules();
    let other = elsewhere("beside-a-plan", &portolan, &[]);
    let catalogue = format!("sqlite:{}", portolan.catalogue().display());
    other.run(&["restore", "--to", &catalogue]).expect(0);
    signal(&child, "INT");
    let run = portolan.finish(child, &arguments);
    assert_eq!(run.status, Some(130), "{}", run.stderr);
    assert!(run.stderr.contains("no plan is kept"), "{}", run.stderr);
    for absent in ["estate.plan", "estate.plan.part", "estate.plan.new"] {
        assert!(!portolan.file(absent).exists(), "{absent}");
    }
    assert_eq!(bytes(&portolan), before);
}
