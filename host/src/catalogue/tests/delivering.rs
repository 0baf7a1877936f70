//! What a sink lacks, what it was sent, what it took.

use super::*;

const SINK: &str = "webhook:https://example.com/hook";
const ALL: BatchLimits = BatchLimits { changes: 500, bytes: 1 << 20 };

fn current(id: &str, colour: &str) -> PageLine {
    line("AWS::SQS::Queue", id, json!({"QueueName": id, "Colour": colour}), json!({}))
}

/// Changes of a whole pass, batch by batch; what `take` says of each batch is settled. A panic stands for kill -9.
fn deliver(
    catalogue: &mut Catalogue,
    number: u64,
    limits: BatchLimits,
    take: impl Fn(&[Change]) -> Result<(), &'static str>,
) -> Vec<Vec<Change>> {
    let now = begin(catalogue, number) + 10;
    let (mut pass, mut sent) = (catalogue.begin_pass(SINK, Delivered::Resources).unwrap(), Vec::new());
    while let Some((changes, next)) = catalogue.next_changes(SINK, pass, limits, now).unwrap() {
        match take(&changes) {
            Ok(()) => catalogue.accepted(SINK, &changes, now).unwrap(),
            Err("no answer") => {}
            Err(why) => catalogue.refused(SINK, &changes, why, now).unwrap(),
        }
        sent.push(changes);
        pass = next;
    }
    sent
}

fn shown(batches: &[Vec<Change>]) -> Vec<String> {
    let short = |change: &Change| format!("{:?} {}", change.action, change.key.rsplit('/').next().unwrap());
    batches.iter().map(|batch| batch.iter().map(short).collect::<Vec<_>>().join(", ")).collect()
}

fn take_all(_: &[Change]) -> Result<(), &'static str> {
    Ok(())
}

#[test]
fn what_is_new_and_changed_and_gone_is_sent_once() {
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    run(&mut catalogue, 0, &[(queues(), vec![current("a", "red"), current("b", "red")])], Confirm::Off);
    let sent = deliver(&mut catalogue, 1, ALL, take_all);
    assert_eq!(shown(&sent), ["Upsert a, Upsert b"]);
    let json: serde_json::Value = serde_json::from_str(&sent[0][0].json).unwrap();
    assert_eq!(
        json,
        json!({"key": "aws/111122223333/eu-west-1/AWS::SQS::Queue/a", "kind": "AWS::SQS::Queue", "account_id": ACCOUNT,
            "region": "eu-west-1", "id": "a", "arn": null, "name": "a", "resource": {"Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": "a", "Colour": "red"}, "__ExtraContext": {"AccountId": ACCOUNT}}})
    );
    assert!(deliver(&mut catalogue, 2, ALL, take_all).is_empty(), "nothing changed");
    run(&mut catalogue, 3, &[(queues(), vec![current("a", "blue")])], Confirm::Off);
    let sent = deliver(&mut catalogue, 4, ALL, take_all);
    assert_eq!(shown(&sent), ["Upsert a", "Delete b"]);
    assert_eq!(
        sent[1][0].json,
        r#"{"key":"aws/111122223333/eu-west-1/AWS::SQS::Queue/b","kind":"AWS::SQS::Queue","account_id":"111122223333","region":"eu-west-1","id":"b"}"#
    );
    assert!(deliver(&mut catalogue, 5, ALL, take_all).is_empty());
    run(&mut catalogue, 6, &[(queues(), vec![current("a", "blue"), current("b", "red")])], Confirm::Off);
    assert_eq!(shown(&deliver(&mut catalogue, 7, ALL, take_all)), ["Upsert b"], "there again");
}

#[test]
fn each_end_between_sending_and_answer_sends_again() {
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    let nothing = |_: &[Change]| Err("no answer");
    run(&mut catalogue, 0, &[(queues(), vec![current("a", "red"), current("b", "red")])], Confirm::Off);
    deliver(&mut catalogue, 1, ALL, take_all);
    // Changed, sent, and back as it was before anybody knew whether that was taken: the sink may have the other colour.
    run(&mut catalogue, 2, &[(queues(), vec![current("a", "blue"), current("b", "red")])], Confirm::Off);
    assert_eq!(shown(&deliver(&mut catalogue, 3, ALL, nothing)), ["Upsert a"]);
    run(&mut catalogue, 4, &[(queues(), vec![current("a", "red"), current("b", "red")])], Confirm::Off);
    assert_eq!(shown(&deliver(&mut catalogue, 5, ALL, take_all)), ["Upsert a"]);
    // New, sent without an answer, and gone: the sink may have it.
    let three = vec![current("a", "red"), current("b", "red"), current("c", "red")];
    run(&mut catalogue, 6, &[(queues(), three)], Confirm::Off);
    assert_eq!(shown(&deliver(&mut catalogue, 7, ALL, nothing)), ["Upsert c"]);
    run(&mut catalogue, 8, &[(queues(), vec![current("a", "red")])], Confirm::Off);
    assert_eq!(shown(&deliver(&mut catalogue, 9, ALL, nothing)), ["Delete b, Delete c"]);
    assert_eq!(shown(&deliver(&mut catalogue, 10, ALL, nothing)), ["Delete b, Delete c"]);
    // Its deletion sent without an answer, and there again as it was: the sink may have deleted it.
    run(&mut catalogue, 11, &[(queues(), vec![current("a", "red"), current("b", "red")])], Confirm::Off);
    assert_eq!(shown(&deliver(&mut catalogue, 12, ALL, take_all)), ["Upsert b", "Delete c"]);
}

#[test]
fn what_was_refused_comes_last_and_alone() {
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    run(&mut catalogue, 0, &[(queues(), vec![current("a", "red"), current("b", "red")])], Confirm::Off);
    let one = BatchLimits { changes: 1, ..ALL };
    let not_a = |changes: &[Change]| if changes[0].key.ends_with("/a") { Err("HTTP 400") } else { Ok(()) };
    assert_eq!(shown(&deliver(&mut catalogue, 1, one, not_a)), ["Upsert a", "Upsert b"]);
    assert_eq!(rows(&catalogue, "SELECT refused FROM deliveries ORDER BY resource_key"), ["HTTP 400", ""]);
    let three = vec![current("a", "red"), current("b", "red"), current("c", "red")];
    run(&mut catalogue, 2, &[(queues(), three)], Confirm::Off);
    assert_eq!(shown(&deliver(&mut catalogue, 3, ALL, take_all)), ["Upsert c", "Upsert a"]);
    assert_eq!(rows(&catalogue, "SELECT count(*) FROM deliveries WHERE refused IS NULL"), ["3"]);
}

#[test]
fn batches_are_bounded_by_count_and_bytes() {
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    let long = "x".repeat(3_000);
    let lines = vec![current("a", "red"), current("b", &long), current("c", "red"), current("d", "red")];
    run(&mut catalogue, 0, &[(queues(), lines)], Confirm::Off);
    let sent = deliver(&mut catalogue, 1, BatchLimits { changes: 500, bytes: 1_000 }, |_| Err("no answer"));
    assert_eq!(shown(&sent), ["Upsert a", "Upsert b", "Upsert c, Upsert d"]);
    let sent = deliver(&mut catalogue, 2, BatchLimits { changes: 3, bytes: 1 << 20 }, take_all);
    assert_eq!(shown(&sent), ["Upsert a, Upsert b, Upsert c", "Upsert d"]);
}

#[test]
fn a_deletion_that_a_sink_does_not_know_is_not_purged() {
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    run(&mut catalogue, 0, &[(queues(), vec![current("a", "red"), current("b", "red")])], Confirm::Off);
    deliver(&mut catalogue, 1, ALL, take_all);
    run(&mut catalogue, 2, &[(queues(), vec![current("a", "red")])], Confirm::Off);
    let later = START + 90 * 24 * HOUR;
    assert_eq!(catalogue.purge(30, later).unwrap(), 0);
    assert_eq!(shown(&deliver(&mut catalogue, 3, ALL, take_all)), ["Delete b"]);
    assert_eq!(catalogue.purge(30, later).unwrap(), 1);
}
