//! The sink `webhook`: what arrives, how often, and what becomes of a receiver that is away or refuses.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use portolan_tests::replay::Replay;
use portolan_tests::webhook::{Receiver, SECRET};
use serde_json::{Value, json};

/// A replay whose webhooks are signed with the receiver's secret.
fn signed(name: &str) -> Replay {
    let mut replay = Replay::new(name);
    replay.0.set("PORTOLAN_WEBHOOK_SECRET", SECRET);
    replay
}

fn current(portolan: &Portolan) -> BTreeSet<String> {
    let rows = rows(&portolan.catalogue(), "SELECT resource_key FROM current");
    rows.iter().filter_map(|row| row["resource_key"].as_str().map(str::to_owned)).collect()
}

fn is_in_step(portolan: &Portolan, receiver: &Receiver) -> bool {
    !receiver.keys().is_empty() && receiver.keys() == current(portolan)
}

fn delivered<'a>(run: &'a Run, receiver: &Receiver) -> &'a Value {
    &run.report()["deliveries"][receiver.sink()]
}

#[test]
fn changes_and_deletions_arrive_signed_and_once() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let receiver = Receiver::default();
    let mut portolan = Portolan::in_organization("webhook", &organization);
    portolan.set("PORTOLAN_WEBHOOK_SECRET", SECRET);
    let account = organization.account("prod-web").to_owned();
    let kinds = "AWS::SQS::Queue,AWS::S3::Bucket";
    let sink = receiver.sink();
    let arguments = ["--include-accounts", &account, "--kinds", kinds, "--to", "sqlite:catalogue.db", "--to", &sink];
    let run = portolan.sync(&organization, &arguments).expect(0);
    let all = current(&portolan);
    assert!(all.len() > 2, "{all:?}");
    assert_eq!(receiver.accepted(), (all.iter().cloned().collect(), vec![]));
    assert_eq!(delivered(&run, &receiver)["upserts"], all.len());
    for (key, upsert) in receiver.store() {
        let query =
            format!("SELECT kind, account_id, region, id, properties FROM current WHERE resource_key = '{key}'");
        let row = rows(&portolan.catalogue(), &query).remove(0);
        for name in ["kind", "account_id", "region", "id"] {
            assert_eq!(upsert[name], row[name], "{key} {name}");
        }
        let properties: Value = serde_json::from_str(row["properties"].as_str().unwrap()).unwrap();
        assert_eq!(upsert["resource"]["Properties"], properties, "{key}");
        assert_eq!(upsert["resource"]["__ExtraContext"]["AccountId"], account.as_str());
    }

    receiver.forget();
    portolan.sync(&organization, &arguments).expect(0);
    assert!(receiver.requests().is_empty(), "nothing changed: {:?}", receiver.requests());

    // One queue gets a tag, another goes. The catalogue's own proof of that takes a run or two.
    let queue = |name: &str| front.queue_url(&account, "eu-west-1", name);
    front.boto(&account, "eu-west-1", "sqs", "create_queue", &json!({ "QueueName": "passing" }));
    portolan.sync(&organization, &arguments).expect(0);
    let (passing, _) = receiver.accepted();
    assert!(passing.len() == 1 && passing[0].ends_with("/passing"), "{passing:?}");
    receiver.forget();
    front.boto(&account, "eu-west-1", "sqs", "delete_queue", &json!({ "QueueUrl": queue("passing") }));
    let longer = json!({ "QueueUrl": queue("work-1"), "Attributes": { "VisibilityTimeout": "77" } });
    front.boto(&account, "eu-west-1", "sqs", "set_queue_attributes", &longer);
    for _ in 0..2 {
        portolan.sync(&organization, &arguments).expect(0);
    }
    let (upserts, deletions) = receiver.accepted();
    assert!(upserts.len() == 1 && upserts[0].ends_with("/work-1"), "{upserts:?}");
    assert_eq!(deletions, passing);
    assert!(is_in_step(&portolan, &receiver));
}

#[test]
fn a_receiver_that_is_down_holds_up_nobody_and_is_caught_up() {
    let replay = signed("webhook-down");
    let (down, up) = (Receiver::default(), Receiver::default());
    let (port, sinks) = (down.port(), [down.sink(), up.sink(), "ndjson:all.ndjson".to_owned()]);
    drop(down);
    let run = replay.run(&sinks, &[]).expect(4);
    let failed = run.report()["failed_sinks"].as_object().unwrap();
    assert_eq!(failed.keys().collect::<Vec<_>>(), [&sinks[0]]);
    assert!(run.stderr.contains("the next run sends what it lacks"), "{}", run.stderr);
    assert!(is_in_step(&replay.0, &up));
    assert_eq!(replay.0.read("all.ndjson").lines().count(), up.keys().len());

    up.forget();
    let back = Receiver::start(Some(&port));
    replay.run(&sinks, &[]).expect(0);
    assert!(is_in_step(&replay.0, &back));
    assert!(up.requests().is_empty(), "it had all");

    // The key of the signatures is in nothing that the runs left behind.
    for file in std::fs::read_dir(replay.0.folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        let planted = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!planted, "{}", path.display());
    }
}

#[test]
fn a_receiver_that_wants_small_batches_and_fails_in_the_middle_gets_the_rest_next_time() {
    let replay = signed("webhook-middle");
    let receiver = Receiver::default();
    let sinks = [receiver.sink()];
    receiver.rules(&json!([{ "over": 20, "status": 413 }, { "after": 2, "status": 500 }]));
    let run = replay.run(&sinks, &[]).expect(4);
    assert!(run.report()["failed_sinks"][&sinks[0]].as_str().unwrap().contains("HTTP 500"), "{}", run.stderr);
    let first = receiver.keys();
    let all = current(&replay.0);
    assert!(first.len() > 10 && first.len() < all.len(), "{} of {}", first.len(), all.len());
    let sizes: Vec<usize> =
        receiver.requests().iter().map(|request| request["upserts"].as_array().unwrap().len()).collect();
    assert!(sizes[0] > 20 && sizes.iter().filter(|size| **size > 20).count() <= 3, "it learns: {sizes:?}");

    receiver.forget();
    replay.run(&sinks, &[]).expect(0);
    let (upserts, _) = receiver.accepted();
    assert!(is_in_step(&replay.0, &receiver));
    assert!(upserts.iter().all(|key| !first.contains(key)), "what was accepted is not sent again");
    assert_eq!(upserts.len() + first.len(), all.len());
    receiver.forget();
    replay.run(&sinks, &[]).expect(0);
    assert!(receiver.requests().is_empty());

    // Changed, and as it was before the receiver knew.
    replay.change(r#"\"MessageRetentionPeriod\": \"345600\""#, r#"\"MessageRetentionPeriod\": \"61234\""#);
    let changed = replay.run(&sinks, &[]).expect(0);
    assert!(delivered(&changed, &receiver)["upserts"].as_u64().unwrap() > 0, "{}", changed.report());
    assert!(receiver.store().values().any(|upsert| upsert.to_string().contains("61234")));
}

#[test]
fn the_one_change_that_is_refused_is_found_kept_with_its_reason_and_sent_again() {
    let replay = signed("webhook-refused");
    let receiver = Receiver::default();
    let sinks = [receiver.sink()];
    replay.run(&["ndjson:first.ndjson".to_owned()], &[]).expect(0);
    let all = current(&replay.0);
    let poison = all.iter().nth(all.len() / 3).unwrap();
    let rule = json!([{ "holds": format!("\"{poison}\""), "status": 400, "body": "no such field: colour" }]);
    receiver.rules(&rule);
    let run = replay.run(&sinks, &[]).expect(4);
    let others: BTreeSet<String> = all.iter().filter(|key| *key != poison).cloned().collect();
    assert_eq!(receiver.keys(), others);
    assert_eq!(delivered(&run, &receiver)["refused"], 1);
    let refused = rows(&replay.0.catalogue(), "SELECT resource_key, refused FROM deliveries WHERE refused IS NOT NULL");
    assert_eq!(refused, [json!({ "resource_key": poison, "refused": "HTTP 400: no such field: colour" })]);
    assert!(!run.stderr.contains("colour"), "an answer's body is in no log: {}", run.stderr);

    receiver.rules(&rule);
    replay.run(&sinks, &[]).expect(4);
    let requests = receiver.requests();
    assert!(requests.len() == 1 && requests[0]["upserts"] == json!([poison]), "{requests:?}");
    receiver.forget();
    replay.run(&sinks, &[]).expect(0);
    assert!(is_in_step(&replay.0, &receiver));
    assert_eq!(number(&replay.0.catalogue(), "SELECT count(*) FROM deliveries WHERE refused IS NOT NULL"), 0);
}

#[test]
fn a_receiver_is_asked_again_when_it_says_so_and_not_when_it_is_closed() {
    let replay = signed("webhook-again");
    let receiver = Receiver::default();
    let sinks = [receiver.sink()];
    receiver.rules(&json!([{ "status": 401 }]));
    assert!(replay.run(&sinks, &[]).expect(4).stderr.contains("HTTP 401"));
    assert_eq!(receiver.requests().len(), 1, "whatever is sent would be answered so");
    receiver.rules(&json!([{ "status": 307, "headers": { "Location": "/elsewhere" } }]));
    replay.run(&sinks, &[]).expect(4);
    assert_eq!(receiver.requests().len(), 1, "a redirect is not followed");

    receiver.rules(&json!([{ "status": 429, "times": 2, "headers": { "Retry-After": "1" } }]));
    let begun = Instant::now();
    replay.run(&sinks, &[]).expect(0);
    assert!(begun.elapsed() > Duration::from_secs(2), "twice a second was asked for");
    let requests = receiver.requests();
    let keys: BTreeSet<&str> = requests.iter().filter_map(|request| request["idempotency_key"].as_str()).collect();
    assert!(requests.len() == 3 && keys.len() == 1, "{requests:?}");
    assert!(is_in_step(&replay.0, &receiver));

    // A name that leads to this machine is no address that was named.
    let inside = receiver.sink().replace("http://127.0.0.1", "https://localhost");
    let run = replay.run(&[inside], &[]).expect(4);
    assert!(run.stderr.contains("was not named"), "{}", run.stderr);
}

/// The receiver has taken a batch, and the run is killed before it hears of that.
#[test]
fn a_run_that_is_killed_between_sending_and_answer_loses_nothing() {
    let replay = signed("webhook-killed");
    let receiver = Receiver::default();
    let sinks = [receiver.sink()];
    let arguments = Replay::arguments(&sinks, &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    for after in 0..3 {
        // Small batches, and each time another one is the last.
        receiver.rules(&json!([{ "over": 20, "status": 413 }, { "after": after, "hang": true }]));
        let mut child = replay.0.start(&arguments);
        let begun = Instant::now();
        while receiver.requests().iter().filter(|request| request["status"] == 200).count() <= after {
            assert!(begun.elapsed() < Duration::from_mins(1), "no batch arrived");
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let before = receiver.keys();
    receiver.forget();
    replay.run(&sinks, &[]).expect(0);
    assert!(is_in_step(&replay.0, &receiver));
    let (upserts, _) = receiver.accepted();
    assert!(upserts.iter().any(|key| before.contains(key)), "what it may have is sent again");
    receiver.forget();
    replay.run(&sinks, &[]).expect(0);
    assert!(receiver.requests().is_empty());
}
