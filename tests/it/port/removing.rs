//! Entities deleted: whose they are, and what leads to them.

use portolan_tests::port_server::Fault;

use super::*;

const BULK: &str = "/bulk/entities/delete";

#[tokio::test]
async fn only_what_is_ours_is_deleted() {
    let server = server();
    for (identifier, origin) in
        [("mine", OF_PEER), ("theirs", OF_ANOTHER), ("by-hand", "Mozilla/5.0"), ("kept", OF_PEER)]
    {
        server.port().entity("sqs", identifier, origin);
    }
    let sink = sink(&server, DEFAULTS).await;
    let changes = [delete("sqs", "mine"), delete("sqs", "theirs"), delete("sqs", "by-hand"), delete("sqs", "gone")];
    let (fates, stopped) = send(&sink, &changes).await;
    assert_eq!(fates, [Fate::Accepted, Fate::Released, Fate::Released, Fate::Accepted]);
    assert!(stopped.is_none());
    let left: Vec<String> = server.port().identifiers("sqs").into_iter().collect();
    assert_eq!(left, ["by-hand", "kept", "theirs"]);
    assert_eq!(server.seen_of("POST", BULK).len(), 1);
    assert_eq!(server.seen_of("POST", BULK)[0].body, json!({"entities": ["mine"]}));
}

#[tokio::test]
async fn nothing_is_deleted_where_port_does_not_say_whose_it_is() {
    let server = server();
    server.port().entity("sqs", "mine", OF_PEER);
    let sink = sink(&server, DEFAULTS).await;
    for status in [400, 403, 404] {
        server.faults([Fault::on("POST", "/entities/search").answers(status)]);
        let (fates, stopped) = send(&sink, &[delete("sqs", "mine")]).await;
        assert_eq!(fates, [Fate::Unknown], "{status}");
        assert!(stopped.is_some(), "{status}");
        assert!(server.seen_of("POST", BULK).is_empty());
    }
    server.forget();
    assert_eq!(send(&sink, &[delete("sqs", "mine")]).await.0, [Fate::Accepted]);
    assert!(server.port().identifiers("sqs").is_empty());
}

#[tokio::test]
async fn many_go_in_bulks_and_a_lost_answer_is_no_harm() {
    let server = server();
    let names: Vec<String> = (0..120).map(|n| format!("q-{n:03}")).collect();
    for name in &names {
        server.port().entity("sqs", name, OF_PEER);
    }
    let sink = sink(&server, DEFAULTS).await;
    server.faults([Fault::on("POST", BULK).after(1).times(1).loses_the_answer()]);
    let changes: Vec<Change> = names.iter().map(|name| delete("sqs", name)).collect();
    let (fates, stopped) = send(&sink, &changes).await;
    assert!(all_accepted(&fates) && stopped.is_none(), "{fates:?} {stopped:?}");
    assert!(server.port().entities.is_empty());
    assert!(server.seen_of("POST", BULK).iter().all(|seen| seen.body["entities"].as_array().unwrap().len() <= 100));
}

#[tokio::test]
async fn what_leads_to_a_deleted_entity_goes_with_it_or_before_it() {
    let chain = async |delete_dependent_entities: bool| {
        let server = server();
        let options = PortOptions { delete_dependent_entities, ..DEFAULTS };
        let sink = sink(&server, options).await;
        let to = |name: &str, target: &str| upsert("sqs", name, &json!({"relations": {"deadLetters": target}}));
        assert!(all_accepted(&send(&sink, &[to("a", "b"), to("b", "c"), to("c", "c"), to("kept", "c")]).await.0));
        (server, sink)
    };
    let (server, sink) = chain(true).await;
    assert_eq!(send(&sink, &[delete("sqs", "b")]).await.0, [Fate::Accepted]);
    assert_eq!(server.port().identifiers("sqs").into_iter().collect::<Vec<_>>(), ["c", "kept"], "a went with b");

    // Not with it: those that are deleted anyway go first; another that leads to one keeps it.
    let (server, sink) = chain(false).await;
    let (fates, stopped) = send(&sink, &[delete("sqs", "c"), delete("sqs", "b"), delete("sqs", "a")]).await;
    assert!(stopped.is_none());
    assert!(matches!(&fates[0], Fate::Later(refusal) if refusal.reason.contains("dependents")), "{fates:?}");
    assert!(all_accepted(&fates[1..]), "{fates:?}");
    assert_eq!(server.port().identifiers("sqs").into_iter().collect::<Vec<_>>(), ["c", "kept"]);
    assert_eq!(send(&sink, &[delete("sqs", "kept")]).await.0, [Fate::Accepted]);
    assert_eq!(send(&sink, &[delete("sqs", "c")]).await.0, [Fate::Accepted]);
    assert!(server.port().entities.is_empty());
}
