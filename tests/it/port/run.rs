//! Runs of the real binary with Port as a sink.

use std::collections::BTreeSet;

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use portolan_tests::port_server::{Fault, Seen};
use portolan_tests::replay::Replay;

use super::*;

const BULK: &str = "/entities/bulk";
const ID: &str = "my-aws-v3-integration";
/// Each queue under a name that no other has.
const MAPPING: &str = r#"
resources:
  - kind: AWS::SQS::Queue
    selector: { query: 'true' }
    port:
      entity:
        mappings:
          identifier: .__ExtraContext.AccountId + "/" + .__ExtraContext.Region + "/" + .Properties.QueueName
          title: .Properties.QueueName
          blueprint: '"sqs"'
          properties: { arn: .Properties.QueueArn }
"#;

/// A replay, a Port, and the flags of a run from one to the other.
fn replay(name: &str) -> (Replay, PortServer, Vec<String>) {
    let (mut replay, server) = (Replay::new(name), server());
    credentials(&mut replay.0, CLIENT_SECRET);
    replay.0.write("map.yml", MAPPING);
    let sinks = vec![format!("port:{}", server.url())];
    (replay, server, sinks)
}

fn credentials(portolan: &mut Portolan, secret: &str) {
    portolan.set("OCEAN__PORT__CLIENT_ID", CLIENT_ID);
    portolan.set("OCEAN__PORT__CLIENT_SECRET", secret);
}

const MAPPED: &[&str] = &["--mapping", "map.yml"];

fn made(portolan: &Portolan) -> BTreeSet<String> {
    let rows = rows(&portolan.catalogue(), "SELECT identifier FROM entities WHERE deleted_at IS NULL");
    rows.iter().map(|row| row["identifier"].as_str().unwrap().to_owned()).collect()
}

fn is_in_step(portolan: &Portolan, server: &PortServer) -> bool {
    !made(portolan).is_empty() && made(portolan) == server.port().identifiers("sqs")
}

/// What the report says of deliveries to Port.
fn delivered(run: &Run) -> Value {
    let deliveries = run.report()["deliveries"].as_object().unwrap().clone();
    deliveries.into_iter().find(|(name, _)| name.starts_with("port:")).unwrap().1
}

fn sent(server: &PortServer) -> usize {
    let bulks = server.seen_of("POST", BULK);
    bulks.iter().map(|seen| seen.body["entities"].as_array().unwrap().len()).sum()
}

#[test]
fn entities_are_delivered_once_and_port_is_told_of_the_run() {
    let (replay, server, sinks) = replay("port-once");
    let run = replay.run(&sinks, MAPPED).expect(0);
    assert!(is_in_step(&replay.0, &server));
    let all = made(&replay.0).len();
    assert_eq!(delivered(&run), json!({"upserts": all, "deletions": 0, "refused": 0, "released": 0}));
    let one = made(&replay.0).into_iter().next().unwrap();
    let entity = server.port().json("sqs", &one);
    assert!(entity["properties"]["arn"].as_str().unwrap().starts_with("arn:aws:sqs:"), "{entity}");
    assert_eq!(entity["title"], one.rsplit('/').next().unwrap());
    let record = server.port().integrations[ID].clone();
    assert_eq!((&record["resyncState"]["status"], &record["config"]), (&json!("completed"), &json!({})));

    server.forget();
    let run = replay.run(&sinks, MAPPED).expect(0);
    assert_eq!((sent(&server), delivered(&run)["upserts"].as_u64()), (0, Some(0)), "nothing changed");
    assert!(server.seen().iter().all(|seen| !seen.what.contains("/entities")), "{:?}", server.seen());

    // What changed alone is sent.
    replay.0.write("map.yml", &MAPPING.replace("title: .Properties.QueueName", "title: .Properties.QueueName + \"!\""));
    replay.run(&sinks, MAPPED).expect(0);
    assert_eq!(sent(&server), all);
    assert!(server.port().json("sqs", &one)["title"].as_str().unwrap().ends_with('!'));

    // The secret is in nothing that the runs left behind.
    for file in std::fs::read_dir(replay.0.folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        for secret in [CLIENT_SECRET, CLIENT_ID, "a-planted-token"] {
            let planted = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!planted, "{secret} in {}", path.display());
        }
    }
}

#[test]
fn what_port_refuses_stays_in_the_ledger_with_its_reason_and_is_sent_again() {
    let (replay, server, sinks) = replay("port-refused");
    replay.run(&[], MAPPED).expect(0);
    let poison = made(&replay.0).into_iter().nth(7).unwrap();
    let fault = || Fault::on("POST", BULK).refuses(&poison, 422, "no such colour");
    server.faults([fault()]);
    let run = replay.run(&sinks, MAPPED).expect(4);
    let mut others = made(&replay.0);
    others.remove(&poison);
    assert_eq!(server.port().identifiers("sqs"), others);
    assert_eq!(delivered(&run)["refused"], 1);
    assert!(!run.stderr.contains("colour"), "an answer's words are in no log: {}", run.stderr);
    let refused = rows(&replay.0.catalogue(), "SELECT resource_key, refused FROM deliveries WHERE refused IS NOT NULL");
    assert_eq!(refused, [json!({"resource_key": key("sqs", &poison), "refused": "422: scripted: no such colour"})]);
    assert_eq!(server.port().integrations[ID]["resyncState"]["status"], "failed");

    server.faults([fault()]);
    replay.run(&sinks, MAPPED).expect(4);
    assert_eq!(sent(&server), 1, "it alone");
    server.forget();
    replay.run(&sinks, MAPPED).expect(0);
    assert_eq!(sent(&server), 1);
    assert!(is_in_step(&replay.0, &server));
    assert_eq!(number(&replay.0.catalogue(), "SELECT count(*) FROM deliveries WHERE refused IS NOT NULL"), 0);
}

#[test]
fn what_goes_wrong_in_the_middle_is_got_over_or_left_for_the_next_run() {
    let (replay, server, sinks) = replay("port-middle");
    server.faults([
        Fault::on("POST", BULK).after(1).times(1).forgets_tokens(),
        Fault::on("POST", BULK).times(1).asks_to_wait(1),
        Fault::on("POST", BULK).times(1).answers(503),
        Fault::on("POST", BULK).times(1).loses_the_answer(),
    ]);
    replay.run(&sinks, MAPPED).expect(0);
    assert!(is_in_step(&replay.0, &server));

    // Another catalogue, and a Port that breaks down for good.
    let (replay, server, sinks) = self::replay("port-down");
    server.faults([Fault::on("POST", BULK).after(2).answers(500)]);
    let run = replay.run(&[sinks[0].clone(), "ndjson:all.ndjson".to_owned()], MAPPED).expect(4);
    assert!(
        run.stderr.contains("HTTP 500") && run.stderr.contains("the next run sends what it lacks"),
        "{}",
        run.stderr
    );
    let first = server.port().identifiers("sqs");
    assert_eq!(first.len(), 40, "{:?}", server.seen_of("POST", BULK).len());
    assert!(replay.0.read("all.ndjson").lines().count() >= made(&replay.0).len(), "other sinks are not held up");
    server.forget();
    replay.run(&sinks, MAPPED).expect(0);
    assert!(is_in_step(&replay.0, &server));
    assert_eq!(sent(&server) + first.len(), made(&replay.0).len(), "what was taken is not sent again");
}

#[test]
fn the_mapping_in_force_is_ports_unless_one_is_given_and_written_there_when_asked() {
    let (replay, server, sinks) = replay("port-mapping");
    let run = replay.run(&sinks, &[]).expect(1);
    assert!(
        run.stderr.contains("no mapping is in force there") && run.stderr.contains("--push-mapping"),
        "{}",
        run.stderr
    );
    replay.run(&sinks, &["--mapping", "map.yml", "--push-mapping"]).expect(0);
    let config = server.port().integrations[ID]["config"].clone();
    assert_eq!(config["resources"][0]["kind"], "AWS::SQS::Queue", "{config}");
    let run = replay.run(&sinks, &[]).expect(0);
    assert!(run.stderr.contains("the mapping is that of my-aws-v3-integration at Port"), "{}", run.stderr);
    assert!(is_in_step(&replay.0, &server));

    // What is wrong with it is said with its place.
    let mut broken = config;
    broken["resources"][0]["port"]["entity"]["mappings"]["title"] = json!(".Properties.[");
    broken["deleteDependentEntities"] = json!(false);
    server.port().integrations.get_mut(ID).unwrap()["config"] = broken;
    let run = replay.run(&sinks, &[]).expect(1);
    assert!(run.stderr.contains("the mapping of my-aws-v3-integration at Port: "), "{}", run.stderr);
    let run = replay.run(&[], &["--mapping", "map.yml", "--push-mapping"]).expect(1);
    assert!(run.stderr.contains("--push-mapping: there is no mapping to write to Port, or no Port"), "{}", run.stderr);
}

#[test]
fn a_run_does_not_begin_where_it_must_not_write_and_goes_on_where_port_is_away() {
    let (mut replay, server, sinks) = replay("port-begins");
    let now = portolan::run::iso(portolan::run::now_ms());
    let running = json!({"status": "running", "lastResyncStart": now});
    let record = json!({"installationAppType": "aws-v3", "config": {}, "resyncState": running});
    server.port().integrations.insert(ID.to_owned(), record);
    let run = replay.run(&sinks, MAPPED).expect(1);
    assert!(run.stderr.contains("has been running at Port since"), "{}", run.stderr);
    assert!(server.port().entities.is_empty());

    // A run that was killed left that state behind: it is this catalogue's own.
    server.port().integrations.clear();
    replay.run(&sinks, MAPPED).expect(0);
    server.port().integrations.get_mut(ID).unwrap()["resyncState"]["status"] = json!("running");
    replay.run(&sinks, MAPPED).expect(0);

    server.port().feature_flags = vec!["LAKEHOUSE_ELIGIBLE".to_owned(), "DATA_SOURCE_PROCESSOR_ENABLED".to_owned()];
    assert!(replay.run(&sinks, MAPPED).expect(1).stderr.contains("Port itself applies the mapping"));
    server.port().feature_flags.clear();

    credentials(&mut replay.0, "another-planted-secret");
    let run = replay.run(&sinks, MAPPED).expect(4);
    assert!(
        run.stderr.contains("client id and secret are refused") && !run.stderr.contains("planted"),
        "{}",
        run.stderr
    );
    drop(server);
    credentials(&mut replay.0, CLIENT_SECRET);
    assert!(
        replay.run(&sinks, MAPPED).expect(4).stderr.contains("Port: no connection"),
        "the catalogue is kept all the same"
    );
    let run = replay.run(&sinks, &[]).expect(4);
    assert!(run.stderr.contains("the mapping is there; give it with --mapping FILE"), "{}", run.stderr);
}

#[test]
fn what_is_gone_in_aws_goes_at_port_unless_it_is_anothers_by_then() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let server = server();
    let mut portolan = Portolan::in_organization("port-gone", &organization);
    credentials(&mut portolan, CLIENT_SECRET);
    portolan.write("map.yml", MAPPING);
    let account = organization.account("prod-web").to_owned();
    for name in ["passing", "handed-over"] {
        front.boto(&account, "eu-west-1", "sqs", "create_queue", &json!({ "QueueName": name }));
    }
    let sink = format!("port:{}", server.url());
    let arguments =
        ["--include-accounts", &account, "--mapping", "map.yml", "--to", "sqlite:catalogue.db", "--to", &sink];
    portolan.sync(&organization, &arguments).expect(0);
    assert!(is_in_step(&portolan, &server));
    let named = |name: &str| format!("{account}/eu-west-1/{name}");
    assert!(server.port().identifiers("sqs").contains(&named("passing")));

    server.port().entity("sqs", &named("handed-over"), OF_ANOTHER);
    for name in ["passing", "handed-over"] {
        let url = front.queue_url(&account, "eu-west-1", name);
        front.boto(&account, "eu-west-1", "sqs", "delete_queue", &json!({ "QueueUrl": url }));
    }
    // A plan looks, and writes nothing.
    server.forget();
    let planned = [&arguments[..], &["--plan"]].concat();
    portolan.sync(&organization, &planned).expect(0);
    let writes = |seen: &&Seen| !seen.what.starts_with("GET") && !seen.what.ends_with("/auth/access_token");
    assert_eq!(server.seen().iter().filter(writes).count(), 0, "{:?}", server.seen());

    // The proof takes a run or two.
    let mut counted = (0, 0);
    for _ in 0..2 {
        let run = portolan.sync(&organization, &arguments).expect(0);
        let done = delivered(&run);
        counted.0 += done["deletions"].as_u64().unwrap();
        counted.1 += done["released"].as_u64().unwrap();
    }
    assert_eq!(counted, (1, 1));
    let left = server.port().identifiers("sqs");
    assert!(!left.contains(&named("passing")) && left.contains(&named("handed-over")), "{left:?}");
    assert!(!made(&portolan).contains(&named("handed-over")));
    server.forget();
    portolan.sync(&organization, &arguments).expect(0);
    assert!(server.seen().iter().all(|seen| !seen.what.contains("/entities")), "it is done with");
}

#[test]
fn a_ledger_that_was_lost_is_made_anew_from_what_port_knows_and_takes_away_only_what_two_whole_runs_miss() {
    let organization = Organization::build(Scale::Tiny);
    let server = server();
    let mut portolan = Portolan::in_organization("port-lost", &organization);
    credentials(&mut portolan, CLIENT_SECRET);
    portolan.write("map.yml", MAPPING);
    let identifier = MAPPING.lines().find(|line| line.contains("identifier:")).unwrap();
    portolan.write("wrong.yml", &MAPPING.replace(identifier, "          identifier: .Properties.QueuName"));
    let account = organization.account("prod-web").to_owned();
    let sink = format!("port:{}", server.url());
    let sync = |mapping: &str| {
        let arguments =
            ["--include-accounts", &account, "--mapping", mapping, "--to", "sqlite:catalogue.db", "--to", &sink];
        portolan.sync(&organization, &arguments)
    };
    sync("map.yml").expect(0);
    let all = made(&portolan);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(portolan.file(&format!("catalogue.db{end}")));
    }
    server.port().entity("sqs", "ours/left/behind", OF_PEER);
    server.port().entity("sqs", "somebody/else", OF_ANOTHER);
    let strays = || {
        let there = server.port().identifiers("sqs");
        (there.contains("ours/left/behind"), there.contains("somebody/else"))
    };

    // Until everything is known nothing follows: here a mapping that fails, two runs long.
    for _ in 0..2 {
        sync("wrong.yml");
        assert_eq!(strays(), (true, true));
    }
    // Once is not enough, twice is; what another wrote stays.
    sync("map.yml").expect(0);
    assert_eq!(strays(), (true, true));
    let run = sync("map.yml").expect(0);
    assert_eq!(strays(), (false, true), "{}", run.report()["entities"]);
    assert_eq!(delivered(&run)["deletions"], 1);
    assert!(all.iter().all(|identifier| server.port().identifiers("sqs").contains(identifier)));
    server.forget();
    sync("map.yml").expect(0);
    assert!(server.seen().iter().all(|seen| !seen.what.contains("datasource-entities")), "it is asked once");
}

#[test]
fn blueprints_that_come_with_the_kinds_are_made_where_they_are_missing() {
    let (replay, server, sinks) = replay("port-blueprints");
    let mapping = replay.0.run(&["defaults", "mapping", "--kind", "AWS::SQS::Queue"]).expect(0).stdout;
    replay.0.write("default.yml", &mapping);
    let before: BTreeSet<String> = server.port().blueprints.keys().cloned().collect();
    replay.run(&sinks, &["--mapping", "default.yml"]).expect(0);
    let after: BTreeSet<String> = server.port().blueprints.keys().cloned().collect();
    println!("{:?}", after.difference(&before));
    assert!(after.contains("awsAccount") && !before.contains("awsAccount"));
    assert_eq!(number(&replay.0.catalogue(), "SELECT count(*) FROM deliveries WHERE accepted IS NULL"), 0);
    let account = rows(&replay.0.catalogue(), "SELECT to_key FROM relations LIMIT 1")[0]["to_key"].clone();
    assert!(server.port().identifiers("awsAccount").contains(account.as_str().unwrap()));
}
