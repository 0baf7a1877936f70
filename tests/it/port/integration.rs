//! The integration's record: who may write, which mapping holds, what is ours.

use portolan::run::now_ms;
use portolan::sink::Ending;
use portolan::sink::port::PortError;
use portolan_tests::port_server::Fault;

use super::*;

const ID: &str = "my-aws-v3-integration";

fn record(server: &PortServer, record: Value) {
    server.port().integrations.insert(ID.to_owned(), record);
}

fn state(server: &PortServer) -> Value {
    server.port().integrations[ID]["resyncState"].clone()
}

fn refused(looked: Result<PortIntegration, PortError>) -> String {
    match looked {
        Err(PortError::Refused(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was let in"),
    }
}

#[tokio::test]
async fn an_organization_whose_mapping_is_ports_own_is_refused() {
    let server = server();
    server.port().feature_flags = vec!["LAKEHOUSE_ELIGIBLE".to_owned()];
    assert!(look(&server).await.is_ok(), "one alone says nothing");
    server.port().feature_flags.push("DATA_SOURCE_PROCESSOR_ENABLED".to_owned());
    let why = refused(look(&server).await);
    assert!(why.contains("Port itself applies the mapping") && why.contains("processingMode"), "{why}");
    record(&server, json!({"installationAppType": "aws-v3", "processingMode": "dsp"}));
    refused(look(&server).await);
    record(&server, json!({"installationAppType": "aws-v3", "processingMode": "ocean-core"}));
    assert!(look(&server).await.is_ok());
}

#[tokio::test]
async fn a_wrong_client_is_said_so_without_its_secret() {
    let server = server();
    let looked = PortIntegration::look(&target(&server, "another-planted-secret"), &NetworkSettings::default()).await;
    let Err(PortError::Destination(error @ DestinationError::Closed(_))) = looked else { panic!("it was let in") };
    let said = error.to_string();
    assert!(said.contains("client id and secret are refused") && !said.contains("planted"), "{said}");
    server.faults([Fault::on("GET", "/v1/organization").answers(302)]);
    assert!(matches!(look(&server).await, Err(PortError::Destination(DestinationError::Closed(_)))));
}

#[tokio::test]
async fn the_record_is_made_and_kept_and_the_mapping_read_and_written() {
    let server = server();
    let mut integration = look(&server).await.unwrap();
    assert_eq!(integration.mapping(), None);
    assert!(integration.name().ends_with("/org_of_the_tests/my-aws-v3-integration"), "{}", integration.name());
    integration.keep_record(None).await.unwrap();
    let made = server.port().integrations[ID].clone();
    assert_eq!((&made["installationAppType"], &made["config"]), (&json!("aws-v3"), &json!({})));
    assert!(made["version"].as_str().unwrap().ends_with("-portolan"), "{made}");

    // What is there stays, but for the version; a mapping is written only when it is given.
    let theirs = json!({"deleteDependentEntities": false, "resources": []});
    record(&server, json!({"installationAppType": "AWS-v3", "version": "2.20.11-beta", "config": theirs, "mine": 1}));
    let mut integration = look(&server).await.unwrap();
    assert_eq!(integration.mapping(), Some(&theirs));
    integration.keep_record(None).await.unwrap();
    let kept = server.port().integrations[ID].clone();
    assert_eq!((&kept["config"], &kept["mine"], &kept["version"]), (&theirs, &json!(1), &made["version"]));
    server.forget();
    integration.keep_record(None).await.unwrap();
    assert!(server.seen().is_empty(), "nothing is to be said");
    let ours = json!({"resources": [{"kind": "AWS::SQS::Queue"}]});
    integration.keep_record(Some(&ours)).await.unwrap();
    assert_eq!(server.port().integrations[ID]["config"], ours);
    assert_eq!(look(&server).await.unwrap().mapping(), Some(&ours));

    record(&server, json!({"installationAppType": "kubernetes"}));
    assert!(refused(look(&server).await).contains("of the type kubernetes, not aws-v3"));
}

#[tokio::test]
async fn a_run_keeps_out_of_anothers_resync_and_shows_its_own() {
    let server = server();
    look(&server).await.unwrap().keep_record(None).await.unwrap();
    let sink = sink(&server, DEFAULTS).await;
    let began = now_ms();
    sink.begin(began).await.unwrap();
    assert_eq!(state(&server)["status"], "running");

    // Another catalogue's run sees that; this catalogue's next one knows that it was killed.
    let integration = look(&server).await.unwrap();
    let Err(PortError::Refused(why)) = integration.refuse_while_another_runs(|_| false, now_ms()) else {
        panic!("let in")
    };
    assert!(why.contains("not ours"), "{why}");
    assert!(integration.refuse_while_another_runs(|moment| moment == began, now_ms()).is_ok());
    let two_days = 2 * 24 * 3_600 * 1_000;
    assert!(integration.refuse_while_another_runs(|_| false, now_ms() + two_days).is_ok(), "nobody syncs for two days");

    for (ending, status) in [(Ending::Failed, "failed"), (Ending::Aborted, "aborted"), (Ending::Completed, "completed")]
    {
        sink.finish(ending).await.unwrap();
        assert_eq!(state(&server)["status"], status);
        assert!(state(&server)["lastResyncEnd"].is_string() && state(&server)["lastResyncStart"].is_string());
    }
    assert!(look(&server).await.unwrap().refuse_while_another_runs(|_| false, now_ms()).is_ok());
    // As the peer writes a moment.
    let peers = json!({"status": "running", "lastResyncStart": "2026-11-22T10:00:00.123456+00:00"});
    record(&server, json!({"installationAppType": "aws-v3", "resyncState": peers}));
    let at = 1_795_341_600_000 + 3_600_000;
    assert!(look(&server).await.unwrap().refuse_while_another_runs(|_| false, at).is_err());
}

#[tokio::test]
async fn what_is_ours_is_found_page_by_page() {
    let server = server();
    for n in 0..10 {
        server.port().entity("sqs", &format!("q-{n}"), OF_PEER);
        server.port().entity("bucket", &format!("b-{n}"), OF_ANOTHER);
    }
    server.port().page = 3;
    let integration = look(&server).await.unwrap();
    let owned = integration.owned().await.unwrap();
    let expected: Vec<(String, String)> = (0..10).map(|n| ("sqs".to_owned(), format!("q-{n}"))).collect();
    assert_eq!(owned.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(server.seen_of("POST", "/datasource-entities").len(), 4);
    server.faults([Fault::on("POST", "/datasource-entities").after(2).answers(422)]);
    assert!(integration.owned().await.is_err(), "a part of the answer proves nothing");
}

#[tokio::test]
async fn missing_blueprints_are_made_with_their_relations_and_others_left_alone() {
    let server = server();
    let before = server.port().blueprints["sqs"].clone();
    let blueprint = |identifier: &str, target: &str| {
        json!({"identifier": identifier, "title": identifier, "schema": {"properties": {"a": {"type": "string"}}},
            "relations": {"other": {"target": target, "many": false}}, "calculationProperties": {},
            "mirrorProperties": {"m": {"path": "other.a"}}})
    };
    let wanted = [blueprint("one", "two"), blueprint("two", "one"), blueprint("sqs", "one")];
    let integration = look(&server).await.unwrap();
    assert_eq!(integration.make_missing_blueprints(&wanted).await.unwrap(), ["one", "two"]);
    let made = server.port().blueprints.clone();
    assert_eq!(made["sqs"], before);
    for (identifier, wanted) in [("one", &wanted[0]), ("two", &wanted[1])] {
        for member in ["title", "schema", "relations", "mirrorProperties"] {
            assert_eq!(made[identifier][member], wanted[member], "{identifier} {member}");
        }
    }
    server.forget();
    assert!(integration.make_missing_blueprints(&wanted).await.unwrap().is_empty());
    assert!(server.seen().iter().all(|seen| seen.what.starts_with("GET")));
}
