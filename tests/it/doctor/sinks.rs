//! The sinks: what could be written to and what not, without writing.

use std::fs::{File, OpenOptions};

use portolan_tests::binary::Portolan;
use portolan_tests::port_server::{CLIENT_ID, CLIENT_SECRET, PortServer};
use portolan_tests::webhook::{Receiver, SECRET};

use super::{Found, files};

fn examine(portolan: &Portolan, sinks: &[&str]) -> Found {
    let mut arguments = vec!["doctor", "--json", "--symptom", "sink-empty"];
    for sink in sinks {
        arguments.extend(["--to", sink]);
    }
    Found::of(portolan.run(&arguments))
}

#[test]
fn files_that_cannot_be_written_and_a_catalogue_that_is_held() {
    let portolan = Portolan::new("doctor-files");
    let catalogue = ["sqlite:catalogue.db"];
    examine(&portolan, &["sqlite:catalogue.db", "ndjson:all.ndjson", "ndjson:-"]).status(0);
    assert_eq!(files(&portolan).len(), 2, "{:?}", files(&portolan));

    examine(&portolan, &["sqlite:no/such/folder/a.db"]).status(2).fails("sinks", "file", "mkdir -p no/such/folder");
    examine(&portolan, &["ndjson:no/such/a.ndjson"]).status(2).fails("sinks", "file", "mkdir -p no/such");
    std::fs::create_dir(portolan.file("folder.db")).unwrap();
    examine(&portolan, &["sqlite:folder.db"]).status(2).fails("sinks", "file", "--to");
    portolan.write("notes.txt", "somebody's notes, and no catalogue");
    examine(&portolan, &["sqlite:notes.txt"]).status(2).fails("sinks", "not-a-catalogue", "another file");
    assert_eq!(portolan.read("notes.txt"), "somebody's notes, and no catalogue");

    // As a run holds it; the lock goes with the handle.
    let lock = OpenOptions::new().create(true).append(true).open(portolan.file("catalogue.db.lock")).unwrap();
    lock.lock().unwrap();
    examine(&portolan, &catalogue).status(2).fails("sinks", "held", "catalogue.db.lock");
    drop(lock);
    examine(&portolan, &catalogue).status(0);
    assert_eq!(File::open(portolan.file("catalogue.db.lock")).unwrap().metadata().unwrap().len(), 0);
}

#[test]
fn a_webhook_is_there_or_away_or_inside() {
    let receiver = Receiver::default();
    let mut portolan = Portolan::new("doctor-webhook");
    portolan.set("PORTOLAN_WEBHOOK_SECRET", SECRET);
    let sink = receiver.sink();
    let here = examine(&portolan, &["sqlite:a.db", &sink]).status(0);
    assert!(receiver.requests().is_empty(), "nothing is sent: {:?}", receiver.requests());
    assert!(!here.run.stdout.contains(SECRET));
    let inside = format!("webhook:https://localhost:{}/hook", receiver.port());
    examine(&portolan, &["sqlite:a.db", &inside]).status(2).fails("sinks", "inner-address", "addresses");
    drop(receiver);
    examine(&portolan, &["sqlite:a.db", &sink]).status(2).fails("sinks", "network", "127.0.0.1");
    examine(&portolan, &["sqlite:a.db", "webhook:https://hook.portolan.invalid/x"]).status(2).fails(
        "sinks",
        "name",
        "getent hosts hook.portolan.invalid",
    );
}

#[test]
fn port_takes_the_credentials_or_refuses_them() {
    let server = PortServer::start();
    let mut portolan = Portolan::new("doctor-port");
    portolan.set("OCEAN__PORT__CLIENT_ID", CLIENT_ID);
    portolan.set("OCEAN__PORT__CLIENT_SECRET", CLIENT_SECRET);
    portolan.write("map.yml", "resources:\n  - kind: AWS::SQS::Queue\n    selector: { query: 'true' }\n    port: { entity: { mappings: { identifier: .Properties.QueueArn, blueprint: '\"q\"' } } }\n");
    let sink = format!("port:{}", server.url());
    let examine = |portolan: &Portolan| {
        let arguments = [
            "doctor",
            "--json",
            "--symptom",
            "sink-empty",
            "--to",
            "sqlite:a.db",
            "--to",
            &sink,
            "--mapping",
            "map.yml",
        ];
        Found::of(portolan.run(&arguments))
    };
    let found = examine(&portolan).status(0);
    assert!(found.run.stdout.contains("takes the credentials"), "{}", found.run.stdout);
    let wrote =
        server.seen().into_iter().filter(|seen| !seen.what.starts_with("GET") && !seen.what.contains("access_token"));
    assert_eq!(wrote.count(), 0);
    portolan.set("OCEAN__PORT__CLIENT_SECRET", "a-planted-wrong-secret");
    let found = examine(&portolan).status(2);
    found.fails("sinks", "sink-refuses", "client id and secret");
    assert!(!found.run.stdout.contains("a-planted-wrong-secret"));
}
