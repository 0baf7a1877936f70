//! Port as a destination, against the tests' server: its client, fault by fault.

mod integration;
mod removing;
mod run;
mod writing;

use portolan::catalogue::{Action, Change};
use portolan::config::port::{IntegrationName, PortTarget, PortUrl};
use portolan::http_client::NetworkSettings;
use portolan::secret::Secret;
use portolan::sink::port::{PortError, PortOptions};
use portolan::sink::{Answer, Destination, DestinationError, Fate, PortIntegration, PortSink};
use portolan_tests::port_server::{CLIENT_ID, CLIENT_SECRET, PortServer};
use serde_json::{Value, json};

/// The origin that Port has of what the peer wrote under its defaults.
const OF_PEER: &str = "port-ocean/aws-v3/2.20.11-beta/my-aws-v3-integration/exporter";
/// The origin of another installation of the same integration.
const OF_ANOTHER: &str = "port-ocean/aws-v3/2.20.11-beta/another/exporter";
/// As a mapping has it that says nothing.
const DEFAULTS: PortOptions =
    PortOptions { merge: true, create_missing_related_entities: true, delete_dependent_entities: true };

fn target(server: &PortServer, secret: &str) -> PortTarget {
    PortTarget {
        base_url: PortUrl::parse(server.url()).unwrap(),
        client_id: Secret::new(CLIENT_ID),
        client_secret: Secret::new(secret),
        kind: IntegrationName::parse("aws-v3").unwrap(),
        identifier: IntegrationName::parse("my-aws-v3-integration").unwrap(),
        addresses: Vec::new(),
    }
}

async fn look(server: &PortServer) -> Result<PortIntegration, PortError> {
    PortIntegration::look(&target(server, CLIENT_SECRET), &NetworkSettings::default()).await
}

async fn sink(server: &PortServer, options: PortOptions) -> PortSink {
    look(server).await.unwrap().sink(options)
}

fn key(blueprint: &str, identifier: &str) -> String {
    json!([blueprint, identifier]).to_string()
}

fn upsert(blueprint: &str, identifier: &str, more: &Value) -> Change {
    let mut entity = json!({"identifier": identifier, "blueprint": blueprint});
    entity.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Change { key: key(blueprint, identifier), action: Action::Upsert, json: entity.to_string() }
}

fn delete(blueprint: &str, identifier: &str) -> Change {
    let json = json!({"identifier": identifier, "blueprint": blueprint}).to_string();
    Change { key: key(blueprint, identifier), action: Action::Delete, json }
}

/// Sends a batch; what became of each, and why it ended early.
async fn send(sink: &PortSink, changes: &[Change]) -> (Vec<Fate>, Option<DestinationError>) {
    match sink.send("run", changes).await.unwrap() {
        Answer::Each { fates, stopped } => (fates, stopped),
        other => panic!("{other:?}"),
    }
}

/// A server with the blueprint `sqs`: a text, a number, and a relation to another queue.
fn server() -> PortServer {
    let server = PortServer::start();
    server.port().blueprint("sqs", &[("arn", "string"), ("size", "number")], &[("deadLetters", "sqs")]);
    server
}

fn queues(count: usize) -> Vec<Change> {
    (0..count).map(|n| upsert("sqs", &format!("queue-{n:03}"), &json!({"properties": {"size": n}}))).collect()
}

fn all_accepted(fates: &[Fate]) -> bool {
    fates.iter().all(|fate| *fate == Fate::Accepted)
}
