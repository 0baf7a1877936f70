//! `sync --resume`: a run that was killed goes on from where each unit stood, and proves no more than it read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::{number, rows};
use portolan_tests::front::Call;
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

use crate::oracle::differences;

/// Kills at random moments; `PORTOLAN_KILLS=100` for as many.
const KILLS: u64 = 10;
/// Regional, global and nested ones; the whole organization would take minutes.
const SOME_KINDS: &str = "AWS::DynamoDB::Table,AWS::ECS::Service,AWS::Lambda::Function,AWS::S3::Bucket,\
    AWS::SNS::Topic,AWS::SQS::Queue";
/// Clusters in one region: with one on each answer, and a listing of services for each, several pages.
const CLUSTERS: usize = 70;
/// List calls that the guest makes for one page at most.
const LIST_CALLS_PER_PAGE: u64 = 64;
/// Topics of one unit: with one on each answer, two pages. moto itself gives no more than a hundred at once.
const TOPICS: usize = 95;
/// Listings of one kind each: what is done twice shows in their numbers.
const LISTINGS: &[&str] = &["dynamodb:ListTables", "lambda:ListFunctions", "sns:ListTopics", "sqs:ListQueues"];

const UNITS: &str = "SELECT kind, account_id, region, pages, membership, freshness FROM units ORDER BY 1, 2, 3";
const ENDED: &str = "SELECT kind, account_id, region FROM units WHERE membership IS NOT NULL";
const WITHIN: &str = "SELECT count(*) FROM units WHERE membership IS NULL AND _cursor IS NOT NULL";
const ALIVE: &str = "SELECT resource_key, properties, context, tags FROM resources WHERE deleted_at IS NULL ORDER BY 1";

/// Kills without any warning, as `kill -9` and a machine out of memory do.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn listings(calls: &[Call]) -> BTreeMap<(String, String, String), u64> {
    let mut counts = BTreeMap::new();
    for call in calls.iter().filter(|call| LISTINGS.contains(&call.operation().as_str())) {
        *counts.entry((call.operation(), call.account().to_owned(), call.region().to_owned())).or_default() += 1;
    }
    counts
}

/// A copy of the catalogue as the killed run left it, its log taken in; none where it had not made one.
fn left_behind(portolan: &Portolan) -> Option<PathBuf> {
    let copy = portolan.file("left.db");
    for ending in ["", "-wal"] {
        let from = portolan.file(&format!("catalogue.db{ending}"));
        let to = portolan.file(&format!("left.db{ending}"));
        let _ = std::fs::remove_file(&to);
        if from.exists() {
            std::fs::copy(from, to).unwrap();
        }
    }
    let made = "SELECT count(*) FROM sqlite_schema WHERE name = 'runs'";
    let made: i64 = rusqlite::Connection::open(&copy).unwrap().query_row(made, [], |row| row.get(0)).unwrap();
    (made > 0).then_some(copy)
}

/// The run that stands unfinished in a catalogue, if one does.
fn unfinished(catalogue: &Path) -> Option<String> {
    let runs = rows(catalogue, "SELECT run_id FROM runs WHERE ended_at IS NULL");
    runs.first().and_then(|run| run["run_id"].as_str()).map(str::to_owned)
}

/// The scopes that a run did not complete, and why; messages name the run and its requests.
fn incomplete(run: &Run) -> Vec<String> {
    let scopes = run.report()["incomplete"].as_array().cloned().unwrap_or_default();
    let text = |scope: &Value| {
        ["account", "region", "kind", "class", "code", "advice"].map(|name| scope[name].to_string()).join(" ")
    };
    scopes.iter().map(text).collect()
}

/// Whether a unit of a run that goes on stands between two pages. Where the catalogue is not made yet, none does.
fn stands_within(catalogue: &Path) -> bool {
    let connection = rusqlite::Connection::open_with_flags(catalogue, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY);
    let count = connection.and_then(|connection| connection.query_row(WITHIN, [], |row| row.get::<_, i64>(0)));
    count.is_ok_and(|count| count > 0)
}

/// Numbers that look random, the same for the same seed.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn killed_at_any_moment_a_run_goes_on_and_ends_as_if_it_had_not_been() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    // What is spared in the region that a policy closes depends on the order; here every listing is asked for.
    let everything = ["--kinds", SOME_KINDS, "--include-actions", "all", "--sensitive", "keep", "--retry-denied"];
    let resuming = [&everything[..], &["--resume"]].concat();
    let topics: Vec<Value> = (0..TOPICS).map(|number| json!({ "Name": format!("topic-{number}") })).collect();
    front.boto(organization.account("prod-web"), "eu-west-1", "sns", "create_topic", &Value::Array(topics));
    let mut oracle = organization.oracle();
    oracle.retain(|line| SOME_KINDS.split(',').any(|kind| line["kind"] == kind));
    front.configure(&json!({ "page_sizes": { "sns:ListTopics": 1 } }));

    let whole = Portolan::in_organization("never-killed", &organization);
    let arguments = Portolan::sync_arguments(&organization, &everything);
    front.forget();
    let started = Instant::now();
    let expected = whole.sync(&organization, &everything).expect(2);
    let took = u64::try_from(started.elapsed().as_millis()).unwrap();
    let (units, calls) = (rows(&whole.catalogue(), UNITS), listings(&front.calls()));
    let before = rows(&whole.catalogue(), ALIVE);

    let kills = std::env::var("PORTOLAN_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(KILLS);
    let mut seed = u64::from(std::process::id());
    let (mut resumed, mut spared, mut within) = (0, 0, 0);
    // Beside other tests one run is twice as fast as another: more are killed until enough were in the midst of it.
    for turn in 0..kills * 3 {
        if turn >= kills && resumed * 2 >= kills && within > 0 {
            break;
        }
        // Spread over the run, each at a random moment of its part.
        let part = took / kills;
        let after = part * (turn % kills) + next(&mut seed) % part.max(1);
        let name = format!("killed {turn} after {after} of {took} ms");
        let portolan = Portolan::in_organization(&format!("killed-{turn}"), &organization);
        front.forget();
        let mut child = portolan.start(&arguments);
        std::thread::sleep(Duration::from_millis(after));
        // Every other one between the pages of a unit, which few moments are.
        while turn % 2 == 1 && child.try_wait().unwrap().is_none() && !stands_within(&portolan.catalogue()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        kill(child);
        let killed_calls = listings(&front.calls());
        let left = left_behind(&portolan);
        let killed_run = left.as_deref().and_then(unfinished);
        let ended = left.as_deref().map(|left| rows(left, ENDED)).unwrap_or_default();
        within += left.as_deref().map_or(0, |left| number(left, WITHIN));

        front.forget();
        let run = portolan.sync(&organization, &resuming);
        let Some(run_id) = killed_run else {
            assert_eq!(run.status, Some(1), "{name}: {}", run.stderr);
            assert!(run.stderr.contains("nothing is resumed") && front.calls().is_empty(), "{name}: {}", run.stderr);
            continue;
        };
        let run = run.expect(2);
        resumed += 1;
        assert_eq!(run.report()["run_id"], run_id.as_str(), "{name}");
        let found = differences(&portolan.catalogue(), &oracle);
        assert!(found.is_empty(), "{name}: {} differences:\n{}", found.len(), found.join("\n"));
        assert_eq!(rows(&portolan.catalogue(), ALIVE), before, "{name}");
        assert_eq!(rows(&portolan.catalogue(), UNITS), units, "{name}: every page of every unit once");
        for member in ["kinds", "units"] {
            assert_eq!(run.report()[member], expected.report()[member], "{name}: {member}");
        }
        assert_eq!(incomplete(&run), incomplete(&expected), "{name}");
        // What had ended is not asked for again, and of what had not at most a page is.
        let again = listings(&front.calls());
        for unit in &ended {
            let kind = unit["kind"].as_str().unwrap();
            let operation = match kind {
                "AWS::DynamoDB::Table" => "dynamodb:ListTables",
                "AWS::Lambda::Function" => "lambda:ListFunctions",
                "AWS::SNS::Topic" => "sns:ListTopics",
                "AWS::SQS::Queue" => "sqs:ListQueues",
                _ => continue,
            };
            let text = |name: &str| unit[name].as_str().unwrap().to_owned();
            let place = (operation.to_owned(), text("account_id"), text("region"));
            assert_eq!(again.get(&place), None, "{name}: {kind} had ended");
            spared += 1;
        }
        for (place, &once) in &calls {
            let twice = killed_calls.get(place).unwrap_or(&0) + again.get(place).unwrap_or(&0);
            let most = once + once.min(LIST_CALLS_PER_PAGE);
            assert!((once..=most).contains(&twice), "{name}: {place:?} {once} calls unkilled, {twice} killed");
        }
        assert_eq!(number(&portolan.catalogue(), "SELECT count(*) FROM runs"), 1, "{name}");
    }
    println!(
        "{kills} kills within {took} ms: {resumed} resumed, {within} units from a cursor, {spared} listings spared"
    );
    assert!(
        resumed * 2 >= kills && within > 0,
        "{resumed} of {kills} were killed while they ran, {within} within a unit"
    );
    front.assert_signatures();
}

/// Waits until a rule has been used.
fn wait_for_rule(organization: &Organization, index: usize) {
    let started = Instant::now();
    while organization.front().state()["rules"][index]["used"] == 0 {
        assert!(started.elapsed() < Duration::from_mins(2), "the run made no call for rule {index}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_resumed_unit_remembers_that_an_earlier_page_was_not_whole() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.clear_rules();
    let account = organization.account("prod-web").to_owned();
    let region = "eu-west-1";
    let clusters: Vec<Value> = (0..CLUSTERS).map(|number| json!({ "clusterName": format!("c-{number}-") })).collect();
    front.boto(&account, region, "ecs", "create_cluster", &Value::Array(clusters));
    front.configure(&json!({ "page_sizes": { "*": 1 } }));
    let portolan = Portolan::in_organization("not-whole", &organization);
    portolan.write("once.yaml", "version: 1\ndeletion: { confirm: false }\n");
    let scope = [
        "--include-accounts",
        account.as_str(),
        "--regions",
        region,
        "--kinds",
        "AWS::ECS::Service",
        "--config",
        "once.yaml",
    ];
    portolan.sync(&organization, &scope).expect(0);
    let services = "SELECT count(*) FROM resources WHERE kind = 'AWS::ECS::Service' AND deleted_at IS NULL";
    let before = number(&portolan.catalogue(), services);
    assert!(before > 0);
    let gone = json!({ "cluster": "main", "service": "service-00", "force": true });
    front.boto(&account, region, "ecs", "delete_service", &gone);

    // The services of one cluster are denied, those of the last are not answered.
    let last = format!("cluster/c-{}-", CLUSTERS - 1);
    front.rule(
        &json!({ "do": "delay", "ms": 120_000, "service": "ecs", "operation": "ListServices", "contains": last }),
    );
    front.rule(&json!({ "do": "deny", "service": "ecs", "operation": "ListServices", "contains": "main" }));
    let arguments = Portolan::sync_arguments(&organization, &scope);
    let child = portolan.start(&arguments);
    wait_for_rule(&organization, 0);
    wait_for_rule(&organization, 1);
    let stored = "SELECT count(*) FROM units WHERE membership IS NULL AND pages > 0 AND _cursor IS NOT NULL
                  AND _progress LIKE '%denied%'";
    assert_eq!(number(&portolan.catalogue(), stored), 1, "{:?}", rows(&portolan.catalogue(), "SELECT * FROM units"));
    kill(child);

    front.clear_rules();
    let mut resuming = scope.to_vec();
    resuming.push("--resume");
    let run = portolan.sync(&organization, &resuming).expect(2);
    assert_eq!(number(&portolan.catalogue(), services), before, "nothing is proven about the denied cluster");
    let unit = &rows(&portolan.catalogue(), "SELECT membership, class FROM units ORDER BY rowid DESC LIMIT 1")[0];
    assert!(unit["membership"] == "partial" || unit["membership"] == "unknown", "{unit}");
    assert!(run.report()["incomplete"].to_string().contains("denied"), "{}", run.report()["incomplete"]);

    // A run of its own reads it whole, and then it goes.
    portolan.sync(&organization, &scope).expect(0);
    assert_eq!(number(&portolan.catalogue(), services), before - 1);
}

#[test]
fn what_cannot_be_gone_on_with_is_refused_with_what_to_do() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.clear_rules();
    let portolan = Portolan::in_organization("refused-resume", &organization);
    let account = organization.account("prod-web").to_owned();
    let scope = ["--include-accounts", account.as_str(), "--kinds", "AWS::SQS::Queue"];
    let refused = |more: &[&str], why: &str| {
        let run = portolan.sync(&organization, &[&scope[..], more, &["--resume"]].concat()).expect(1);
        assert!(run.stderr.contains(why), "{why}: {}", run.stderr);
    };
    refused(&[], "there is no catalogue.db");
    assert!(!portolan.catalogue().exists());
    portolan.sync(&organization, &scope).expect(0);
    refused(&[], "came to its end");

    front.rule(&json!({ "do": "delay", "ms": 60_000, "service": "sqs", "operation": "ListQueues" }));
    let child = portolan.start(&Portolan::sync_arguments(&organization, &scope));
    wait_for_rule(&organization, 0);
    kill(child);
    front.clear_rules();
    refused(&["--include-actions", "all", "--regions", "eu-west-1"], "another component or configuration");
    refused(&["--to", "sqlite:catalogue.db", "--to", "ndjson:all.ndjson"], "a stream would lack");
    organization.set_state(&account, "SUSPENDED");
    refused(&[], "the accounts are not those");
    organization.set_state(&account, "ACTIVE");
    let change = |query: &str, value: &str| {
        let connection = rusqlite::Connection::open(portolan.catalogue()).unwrap();
        connection.execute(query, [value]).unwrap();
    };
    let unended = "SELECT started_at FROM runs WHERE ended_at IS NULL";
    change("UPDATE runs SET started_at = ?1 WHERE ended_at IS NOT NULL", "2020-01-01T00:00:00.000Z");
    let began = rows(&portolan.catalogue(), unended)[0]["started_at"].as_str().unwrap().to_owned();
    let start = "UPDATE runs SET started_at = ?1 WHERE ended_at IS NULL";
    change(start, "2020-01-02T00:00:00.000Z");
    refused(&[], "page tokens are taken for 60");
    change(start, &began);
    let run = portolan.sync(&organization, &[&scope[..], &["--resume"]].concat()).expect(0);
    assert!(run.report()["units"]["whole"].as_u64().unwrap() > 0);
}
