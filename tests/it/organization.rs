//! The main job: an organization, discovered and synced by the real binary.

use std::collections::BTreeSet;

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};

use crate::oracle::differences;

const ALIVE: &str = "SELECT resource_key, properties, context, first_seen, changed_at FROM resources
                     WHERE deleted_at IS NULL ORDER BY resource_key";

#[test]
fn every_kind_is_stored_as_boto3_gives_it_and_a_second_run_changes_nothing() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("organization", organization);
    let everything = ["--include-actions", "all", "--sensitive", "keep"];

    let first = portolan.sync(organization, &everything).expect(2);
    organization.front().assert_signatures();
    let found = differences(&portolan.catalogue(), &organization.oracle());
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));

    let before = rows(&portolan.catalogue(), ALIVE);
    let second = portolan.sync(organization, &everything);
    assert_eq!(rows(&portolan.catalogue(), ALIVE), before, "{}", second.stderr);
    for (kind, counts) in second.report()["kinds"].as_object().unwrap() {
        assert_eq!(counts["found"], first.report()["kinds"][kind]["found"], "{kind}");
        for changed in ["new", "changed", "gone", "missing", "withheld"] {
            assert_eq!(counts[changed], 0, "{kind} {changed}");
        }
    }
}

#[test]
fn the_report_says_what_was_read_what_was_not_and_why() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("report", organization);
    let run = portolan.sync(organization, &[]).expect(2);
    let report = run.report();
    assert_eq!(report["exit_status"], 2);
    assert_eq!(report["accounts_whole"], true);
    assert!(report["source"].to_string().contains("user/portolan"), "{}", report["source"]);
    let account = |name: &str| {
        let accounts = report["accounts"].as_array().unwrap();
        accounts.iter().find(|account| account["id"] == organization.account(name)).unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(account("prod-web")["outcome"], "read");
    assert_eq!(account("management")["outcome"], "read");
    assert_eq!(account("sandbox")["outcome"], "role-refused");
    assert_eq!(account("legacy")["outcome"], "resting");
    assert_eq!(account("legacy")["state"], "SUSPENDED");
    let incomplete = report["incomplete"].to_string();
    let (denied, region) = organization.denied_region();
    for expected in [organization.account("sandbox"), denied, region, "denied-by-scp"] {
        assert!(incomplete.contains(expected), "{expected} in {incomplete}");
    }
    let problems = report["problems"].to_string();
    assert!(problems.contains("is not authorized to perform: sts:AssumeRole on resource"), "{problems}");
    assert!(problems.contains("explicit deny in a service control policy"), "{problems}");
    let calls = report["calls"].as_object().unwrap();
    for expected in ["sqs:ListQueues", "ec2:DescribeInstances", "s3:ListBuckets", "organizations:ListAccounts"] {
        assert!(calls.contains_key(expected), "{expected} in {:?}", calls.keys());
    }
    assert!(report["times"]["wall_ms"].as_u64().unwrap() > 0);
    assert!(report["units"]["whole"].as_u64().unwrap() > 0);
    assert!(report["units"]["unknown"].as_u64().unwrap() > 0);
}

#[test]
fn calls_are_those_of_the_front_and_no_more_than_needed() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("calls", &organization);
    let run = portolan.sync(&organization, &[]);
    let calls = organization.front().calls();
    organization.front().assert_signatures();
    let verbs = ["List", "Describe", "Get", "AssumeRole"];
    for call in &calls {
        let operation = call.operation();
        let name = operation.split_once(':').unwrap().1;
        assert!(verbs.iter().any(|verb| name.starts_with(verb)), "{operation}");
    }
    // What the report counts is what the front saw, retries included.
    let counts = run.report()["calls"].as_object().unwrap();
    for (operation, count) in counts {
        let seen = calls.iter().filter(|call| call.operation() == *operation).count() as u64;
        assert_eq!(count["calls"], seen, "{operation}");
    }
    // Regions once per account; nothing in a region that is not enabled; nothing for the account without a role.
    let of = |operation: &str, account: &str| {
        calls.iter().filter(|call| call.operation() == operation && call.account() == account).count()
    };
    for account in organization.readable() {
        assert_eq!(of("account:ListRegions", account), 1, "{account}");
    }
    let enabled: BTreeSet<&str> = ["eu-central-1", "eu-west-1", "us-east-1"].into();
    for call in &calls {
        assert!(enabled.contains(call.region()), "{} in {}", call.operation(), call.region());
        assert_ne!(call.account(), organization.account("sandbox"));
        assert_ne!(call.account(), organization.account("legacy"));
    }
    // AWS::Organizations::Account is planned once, not once per account.
    let lists = calls.iter().filter(|call| call.operation() == "organizations:ListAccounts").count();
    assert!(lists <= 2, "{lists}: discovery, and the kind");
    // The tags of databases are in the listing already.
    assert!(!counts.contains_key("rds:ListTagsForResource"), "{:?}", counts.keys());
}

#[test]
fn every_listing_is_read_to_its_last_page() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("paged", &organization);
    let kinds = ["--include-actions", "all", "--sensitive", "keep"];
    organization.front().configure(&serde_json::json!({ "page_sizes": { "*": 1 } }));
    portolan.sync(&organization, &kinds);
    organization.front().configure(&serde_json::json!({ "page_sizes": {} }));
    let found = differences(&portolan.catalogue(), &organization.oracle());
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[test]
fn several_sinks_get_the_same() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("sinks", organization);
    let sinks = ["--to", "sqlite:catalogue.db", "--to", "ndjson:all.ndjson", "--to", "ndjson:-"];
    let run = portolan.sync(organization, &sinks).expect(2);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<String>>();
    let (file, stdout) = (lines(&portolan.read("all.ndjson")), lines(&run.stdout));
    assert_eq!(file, stdout);
    let stored = number(&portolan.catalogue(), "SELECT count(*) FROM resources");
    assert_eq!(i64::try_from(file.len()).unwrap(), stored);
    for line in &file {
        let envelope: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(envelope["Type"].as_str().unwrap().starts_with("AWS::"), "{line}");
        assert!(envelope["Properties"].is_object(), "{line}");
    }
}

#[test]
fn awkward_names_and_tags_arrive_as_they_are() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("awkward", organization);
    portolan.sync(organization, &["--kinds", "AWS::EC2::Instance,AWS::S3::Bucket"]);
    let tagged =
        "SELECT count(*) FROM resource_tags WHERE key = 'Name' AND value = 'Größe & <Söhne> \"eins\" ''zwei'''";
    assert!(number(&portolan.catalogue(), tagged) > 0);
    assert!(number(&portolan.catalogue(), "SELECT count(*) FROM resource_tags WHERE key = 'empty' AND value = ''") > 0);
    assert!(number(&portolan.catalogue(), "SELECT count(*) FROM resource_tags WHERE value = '🗺️'") > 0);
    let umlauts = "SELECT count(*) FROM accounts WHERE name = 'Sicherheit & Prüfung „Ü“'";
    assert_eq!(number(&portolan.catalogue(), umlauts), 1);
}

#[test]
fn calls_in_flight_are_as_many_as_asked_for_and_no_more() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("in-flight", &organization);
    organization.front().rule(&serde_json::json!({ "do": "delay", "ms": 100 }));
    portolan.sync(&organization, &["--concurrency", "4"]);
    let most = organization.front().state()["in_flight_max"].as_u64().unwrap();
    assert!((2..=4).contains(&most), "{most} calls in flight");
}
