//! Entities written: bulks, tokens, and each way in which that fails.

use std::time::{Duration, Instant};

use portolan_tests::port_server::{Fault, PortServer};

use super::*;

const BULK: &str = "/entities/bulk";

fn bulk_sizes(server: &PortServer) -> Vec<usize> {
    server.seen_of("POST", BULK).iter().map(|seen| seen.body["entities"].as_array().unwrap().len()).collect()
}

#[tokio::test]
async fn entities_arrive_in_bulks_under_the_integrations_name() {
    let server = server();
    server.port().blueprint("bucket", &[], &[]);
    let sink = sink(&server, PortOptions { merge: false, ..DEFAULTS }).await;
    let mut changes = queues(45);
    changes.push(upsert("bucket", "a bucket/with ä", &json!({"title": "A bucket", "team": ["x"]})));
    let (fates, stopped) = send(&sink, &changes).await;
    assert!(all_accepted(&fates) && stopped.is_none(), "{fates:?} {stopped:?}");
    let mut sizes = bulk_sizes(&server);
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 5, 20, 20]);
    let port = server.port();
    assert_eq!(port.identifiers("sqs").len(), 45);
    assert_eq!(
        port.json("sqs", "queue-007"),
        json!({"identifier": "queue-007", "blueprint": "sqs", "properties": {"size": 7}})
    );
    assert_eq!(port.json("bucket", "a bucket/with ä")["title"], "A bucket");
    for entity in port.entities.values() {
        assert!(entity.datasource.starts_with("port-ocean/aws-v3/"), "{}", entity.datasource);
        assert!(entity.datasource.ends_with("/my-aws-v3-integration/exporter"), "{}", entity.datasource);
    }
    assert_eq!(port.tokens_given, 1);
    drop(port);
    let target = &server.seen_of("POST", BULK)[0].target;
    assert!(target.contains("upsert=true&merge=false&create_missing_related_entities=true"), "{target}");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_and_once_when_it_is_refused() {
    let server = server();
    server.port().token_s = 1;
    let sink = sink(&server, DEFAULTS).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(all_accepted(&send(&sink, &queues(1)).await.0));
    assert!(server.seen().iter().all(|seen| seen.status != Some(401)), "it was never late");
    assert_eq!(server.port().tokens_given, 2);

    // In the middle Port no longer knows the token, for whatever reason.
    server.port().token_s = 3_600;
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.faults([Fault::on("POST", BULK).after(2).times(1).forgets_tokens()]);
    let (fates, stopped) = send(&sink, &queues(100)).await;
    assert!(all_accepted(&fates) && stopped.is_none(), "{stopped:?}");
    assert!(server.seen_of("POST", BULK).iter().any(|seen| seen.status == Some(401)));
    assert_eq!(server.port().tokens_given, 4, "one for the third second, and one for all whose token was refused");

    // A client that was locked out is not asked for ever, and what was taken before is known.
    server.faults([Fault::on("POST", BULK).after(2).answers(401)]);
    let (fates, stopped) = send(&sink, &queues(200)).await;
    assert!(matches!(stopped, Some(DestinationError::Closed(_))), "{stopped:?}");
    assert_eq!(fates.iter().filter(|fate| **fate == Fate::Accepted).count(), 40);
    assert!(fates.iter().all(|fate| matches!(fate, Fate::Accepted | Fate::Unknown)));
    assert!(server.seen_of("POST", BULK).len() < 20, "{}", server.seen_of("POST", BULK).len());
}

#[tokio::test]
async fn what_is_too_large_is_cut_down_to_the_entity() {
    let server = server();
    let sink = sink(&server, DEFAULTS).await;
    let large = |name: &str, bytes| upsert("sqs", name, &json!({"properties": {"arn": "x".repeat(bytes)}}));
    let changes = [large("a", 400_000), large("b", 400_000), large("c", 400_000), large("huge", 1_100_000)];
    let (fates, stopped) = send(&sink, &changes).await;
    assert!(stopped.is_none() && all_accepted(&fates[..3]), "{stopped:?}");
    assert!(matches!(&fates[3], Fate::Refused(refusal) if refusal.reason.starts_with("HTTP 413: payload_too_large")));

    // A Port that takes less than its client thinks.
    server.faults([Fault::on("POST", BULK).times(3).answers(413)]);
    let (fates, stopped) = send(&sink, &queues(20)).await;
    assert!(all_accepted(&fates) && stopped.is_none(), "{fates:?}");
    let sizes = bulk_sizes(&server);
    assert_eq!(sizes[..3], [20, 10, 5]);
    assert_eq!(server.port().identifiers("sqs").len(), 23);
}

#[tokio::test]
async fn port_is_given_the_time_that_it_asks_for() {
    let server = server();
    let sink = sink(&server, DEFAULTS).await;
    server.faults([Fault::on("POST", BULK).times(2).asks_to_wait(1)]);
    let begun = Instant::now();
    let (fates, stopped) = send(&sink, &queues(60)).await;
    assert!(all_accepted(&fates) && stopped.is_none(), "{stopped:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(server.seen_of("POST", BULK).len(), 5, "three, and the two again");

    // What one request is asked to wait for holds for all that come after it.
    server.faults([Fault::on("POST", BULK).times(1).asks_to_wait(1)]);
    assert!(all_accepted(&send(&sink, &queues(300)).await.0));
    let seen = server.seen_of("POST", BULK);
    let asked = seen.iter().find(|seen| seen.status == Some(429)).unwrap().at;
    let after: Vec<Duration> = seen.iter().map(|seen| seen.at.saturating_duration_since(asked)).collect();
    let early = after.iter().filter(|after| **after < Duration::from_millis(900)).count();
    assert!(seen.len() == 16 && early <= 5, "only those that were under way: {after:?}");

    // More than it is worth waiting for: the next run comes.
    server.faults([Fault::on("POST", BULK).asks_to_wait(3_600)]);
    let (fates, stopped) = send(&sink, &queues(1)).await;
    assert!(matches!(&stopped, Some(DestinationError::Unavailable(why)) if why.contains("HTTP 429")), "{stopped:?}");
    assert_eq!(fates, [Fate::Unknown]);
}

#[tokio::test]
async fn what_fails_in_passing_is_sent_again() {
    let server = server();
    let sink = sink(&server, DEFAULTS).await;
    server.faults([
        Fault::on("POST", BULK).times(1).answers(503),
        Fault::on("POST", BULK).times(1).is_lost(),
        Fault::on("POST", BULK).times(1).loses_the_answer(),
    ]);
    let (fates, stopped) = send(&sink, &queues(100)).await;
    assert!(all_accepted(&fates) && stopped.is_none(), "{stopped:?}");
    assert_eq!(server.port().identifiers("sqs").len(), 100);
    assert_eq!(server.seen_of("POST", BULK).len(), 8);

    // For good, in the middle: what was taken is known, the rest is for the next run.
    server.faults([Fault::on("POST", BULK).after(1).answers(500)]);
    let (fates, stopped) = send(&sink, &queues(60)).await;
    assert!(matches!(&stopped, Some(DestinationError::Unavailable(why)) if why.contains("HTTP 500")), "{stopped:?}");
    assert_eq!(fates.iter().filter(|fate| **fate == Fate::Accepted).count(), 20);
}

#[tokio::test]
async fn each_entity_is_refused_for_itself() {
    let server = server();
    let sink = sink(&server, DEFAULTS).await;
    let mut changes = queues(5);
    changes[2] = upsert("sqs", "queue-002", &json!({"properties": {"size": "many"}}));
    server.faults([Fault::on("POST", BULK).times(1).refuses("queue-004", 503, "busy")]);
    let (fates, stopped) = send(&sink, &changes).await;
    assert!(stopped.is_none());
    assert!(
        matches!(&fates[2], Fate::Refused(refusal) if refusal.reason.starts_with("422: invalid_request: the property size"))
    );
    assert!([0, 1, 3, 4].iter().all(|place| fates[*place] == Fate::Accepted), "{fates:?}");
    assert_eq!(bulk_sizes(&server), [5, 1], "the busy one alone came again");

    // A blueprint that is not there is the reason for each of its entities, asked for once.
    server.forget();
    let changes: Vec<Change> = (0..20).map(|n| upsert("none", &n.to_string(), &json!({}))).collect();
    let (fates, stopped) = send(&sink, &changes).await;
    assert!(stopped.is_none() && bulk_sizes(&server) == [20], "{stopped:?} {:?}", bulk_sizes(&server));
    assert!(
        fates
            .iter()
            .all(|fate| matches!(fate, Fate::Refused(refusal) if refusal.reason.contains("\"none\" was not found")))
    );

    // Refused as a whole for one of them: that one is found.
    let mut changes = queues(20);
    changes[13].json = r#"{"identifier":"#.to_owned();
    server.forget();
    let (fates, _) = send(&sink, &changes).await;
    assert!(matches!(fates[13], Fate::Refused(_)), "{:?}", fates[13]);
    assert_eq!(fates.iter().filter(|fate| **fate == Fate::Accepted).count(), 19);
}

#[tokio::test]
async fn what_a_relation_leads_to_comes_first_where_it_is_not_made() {
    let server = server();
    let sink = sink(&server, PortOptions { create_missing_related_entities: false, ..DEFAULTS }).await;
    let to = |name: &str, target: Value| upsert("sqs", name, &json!({"relations": {"deadLetters": target}}));
    let changes = [
        to("a", json!("b")),
        to("b", json!(["c", "d"])),
        to("c", Value::Null),
        to("d", json!("d")),
        to("e", json!("later")),
    ];
    let (fates, stopped) = send(&sink, &changes).await;
    assert!(all_accepted(&fates[..4]) && stopped.is_none(), "{fates:?}");
    assert!(
        matches!(&fates[4], Fate::Later(refusal) if refusal.reason.contains("\"later\" of blueprint \"sqs\" was not found"))
    );
    assert!(send(&sink, &[to("later", Value::Null)]).await.0 == [Fate::Accepted]);
    assert!(all_accepted(&send(&sink, &changes).await.0));

    // Where it is made, all goes at once.
    let sink = super::sink(&server, DEFAULTS).await;
    server.forget();
    assert!(all_accepted(&send(&sink, &[to("f", json!("made"))]).await.0));
    assert!(server.port().identifiers("sqs").contains("made"));
}

/// One bulk that closed the door dropped those that were under way: Port had them, and the ledger did not know.
#[tokio::test]
async fn what_is_under_way_when_port_closes_the_door_is_waited_for() {
    let server = server();
    let sink = sink(&server, DEFAULTS).await;
    server.faults([Fault::on("POST", BULK).after(2).times(1).answers(403)]);
    let changes = queues(100);
    let (fates, stopped) = send(&sink, &changes).await;
    assert!(matches!(stopped, Some(DestinationError::Closed(_))), "{stopped:?}");
    let known: Vec<String> = changes
        .iter()
        .zip(&fates)
        .filter(|(_, fate)| **fate == Fate::Accepted)
        .map(|(change, _)| serde_json::from_str::<(String, String)>(&change.key).unwrap().1)
        .collect();
    assert_eq!(server.port().identifiers("sqs"), known.into_iter().collect(), "what Port has is known, and no more");
}
