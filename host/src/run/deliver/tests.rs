//! What a destination is asked, and how often, by its answers.

use std::sync::Mutex;

use futures::future::BoxFuture;
use portolan_names::AccountId;

use super::*;
use crate::catalogue::{PageRecord, RunStart};
use crate::page_lines;
use crate::unit::UnitKey;

/// Answers by a function of the batch, and remembers how many changes each batch had.
struct Scripted<F> {
    answer: F,
    asked: Mutex<Vec<usize>>,
}

impl<F: Fn(&[Change]) -> Result<Answer, DestinationError> + Send + Sync> Destination for Scripted<F> {
    fn name(&self) -> &'static str {
        "scripted:"
    }

    fn limits(&self) -> BatchLimits {
        BatchLimits { changes: 100, bytes: 1 << 20 }
    }

    fn send<'a>(&'a self, _: &'a str, changes: &'a [Change]) -> BoxFuture<'a, Result<Answer, DestinationError>> {
        self.asked.lock().unwrap().push(changes.len());
        let answer = (self.answer)(changes);
        Box::pin(async move { answer })
    }
}

fn refusal() -> Refusal {
    Refusal { status: "HTTP 400".to_owned(), reason: "HTTP 400: because".to_owned() }
}

/// A catalogue of so many queues.
fn queues(count: usize) -> Worker<Catalogue> {
    let mut catalogue = Catalogue::in_memory().unwrap();
    catalogue.begin_run(&RunStart { run_id: "run".to_owned(), started: 1, ..RunStart::default() }).unwrap();
    let kind = "AWS::SQS::Queue".to_owned();
    let line = |number: usize| {
        let resource = serde_json::json!({"Type": kind, "Properties": {"Number": number}, "__ExtraContext": {}});
        serde_json::json!({"id": format!("queue-{number:04}"), "resource": resource}).to_string()
    };
    let lines = (0..count).flat_map(|number| page_lines::parse(&line(number)).unwrap()).collect();
    let unit = UnitKey { kind: kind.clone(), account: AccountId::parse("111122223333").unwrap(), region: None };
    let page = PageRecord { unit, lines, mapped: None, problems: vec![], whole: true, next: None, calls: 1, now: 1 };
    catalogue.store_page(&page).unwrap();
    Worker::start("test", catalogue).unwrap()
}

async fn run(
    store: &Worker<Catalogue>,
    answer: impl Fn(&[Change]) -> Result<Answer, DestinationError> + Send + Sync,
) -> (DeliveryCounts, Option<String>, Vec<usize>) {
    let scripted = Scripted { answer, asked: Mutex::default() };
    let (counts, failed) = deliver(&scripted, store, "run", &Cancellation::default()).await;
    (counts, failed, scripted.asked.into_inner().unwrap())
}

#[tokio::test]
async fn all_is_given_once() {
    let store = queues(250);
    let (counts, failed, asked) = run(&store, |_| Ok(Answer::Accepted)).await;
    assert_eq!((counts.upserts, failed, asked), (250, None, vec![100, 100, 50]));
    let (counts, failed, asked) = run(&store, |_| Ok(Answer::Accepted)).await;
    assert_eq!((counts, failed, asked.len()), (DeliveryCounts::default(), None, 0));
}

#[tokio::test]
async fn what_is_too_large_is_halved_and_remembered() {
    let small =
        |changes: &[Change]| Ok(if changes.len() > 30 { Answer::TooLarge(refusal()) } else { Answer::Accepted });
    let (counts, failed, asked) = run(&queues(250), small).await;
    assert_eq!((counts.upserts, failed), (250, None));
    assert_eq!(asked.iter().filter(|size| **size > 30).count(), 2, "100 and 50: {asked:?}");
}

#[tokio::test]
async fn the_wrong_changes_are_found_and_all_others_taken() {
    let wrong = |changes: &[Change]| {
        let wrong = changes.iter().any(|change| change.key.ends_with("-0007") || change.key.ends_with("-0120"));
        Ok(if wrong { Answer::Refused(refusal()) } else { Answer::Accepted })
    };
    let store = queues(250);
    let (counts, failed, asked) = run(&store, wrong).await;
    assert_eq!((counts.upserts, counts.refused), (248, 2));
    assert!(failed.unwrap().starts_with("2 changes refused, the last with HTTP 400"));
    assert!(asked.len() < 40, "{asked:?}");
    // In the next run they alone are sent, as one batch at first.
    let (_, _, asked) = run(&store, wrong).await;
    assert_eq!(asked, [2, 1, 1]);
}

/// What a destination says that tells changes apart.
fn each(changes: &[Change], fate: impl Fn(&Change) -> Fate) -> Result<Answer, DestinationError> {
    Ok(Answer::Each { fates: changes.iter().map(fate).collect(), stopped: None })
}

#[tokio::test]
async fn each_change_has_its_own_fate() {
    let store = queues(250);
    let wrong = |changes: &[Change]| {
        each(changes, |change| match change.key.ends_with("-0007") || change.key.ends_with("-0120") {
            true => Fate::Refused(refusal()),
            false => Fate::Accepted,
        })
    };
    let (counts, failed, asked) = run(&store, wrong).await;
    assert_eq!((counts.upserts, counts.refused, asked), (248, 2, vec![100, 100, 50]), "nothing is halved");
    assert!(failed.unwrap().starts_with("2 changes refused, the last with HTTP 400"));
    let reasons = store.with(|catalogue| {
        let query = "SELECT count(*) FROM deliveries WHERE refused = 'HTTP 400: because'";
        catalogue.connection().query_row(query, [], |row| row.get::<_, i64>(0))
    });
    assert_eq!(reasons.await.unwrap().unwrap(), 2);
    let (counts, failed, asked) = run(&store, |changes| each(changes, |_| Fate::Accepted)).await;
    assert_eq!((counts.upserts, failed, asked), (2, None, vec![2]), "they are tried again in the next run");
}

#[tokio::test]
async fn what_waits_for_others_is_sent_again_while_that_helps() {
    // Each needs the one after it: one more is taken whenever those that wait are sent.
    let chain = Mutex::new(std::collections::BTreeSet::new());
    let needs_the_next = |changes: &[Change]| {
        each(changes, |change| {
            let mut there = chain.lock().unwrap();
            let number: usize = change.key[change.key.len() - 4..].parse().unwrap();
            if number == 4 || there.contains(&(number + 1)) {
                there.insert(number);
                return Fate::Accepted;
            }
            Fate::Later(refusal())
        })
    };
    let (counts, failed, asked) = run(&queues(5), needs_the_next).await;
    assert_eq!((counts.upserts, counts.refused, failed), (5, 0, None));
    assert_eq!(asked, [5, 4, 3, 2, 1]);

    // What is never taken is refused in the end, with its reason.
    let (counts, failed, asked) = run(&queues(5), |changes| each(changes, |_| Fate::Later(refusal()))).await;
    assert_eq!((counts.refused, asked), (5, vec![5, 5]));
    assert!(failed.is_some());
}

#[tokio::test]
async fn what_was_done_before_a_destination_stopped_is_not_sent_again() {
    let store = queues(100);
    let stops = |changes: &[Change]| {
        let fate = |place| if place < 30 { Fate::Accepted } else { Fate::Unknown };
        let stopped = Some(DestinationError::Unavailable("away".to_owned()));
        Ok(Answer::Each { fates: (0..changes.len()).map(fate).collect(), stopped })
    };
    let (counts, failed, _) = run(&store, stops).await;
    assert_eq!((counts.upserts, failed), (30, Some("away".to_owned())));
    let (counts, _, asked) = run(&store, |changes| each(changes, |_| Fate::Accepted)).await;
    assert_eq!((counts.upserts, asked), (70, vec![70]));
}

#[tokio::test]
async fn a_destination_that_refuses_everything_is_not_asked_for_ever() {
    let store = queues(5_000);
    let (counts, failed, asked) = run(&store, |_| Ok(Answer::Refused(refusal()))).await;
    assert_eq!(counts.refused, 5_000, "each has its reason");
    assert!(failed.is_some() && asked.len() < 250, "{} requests", asked.len());
    let (_, failed, asked) = run(&queues(5_000), |_| Ok(Answer::TooLarge(refusal()))).await;
    assert!(failed.unwrap().starts_with("100 changes refused one by one") && asked.len() < 250, "{}", asked.len());
}

#[tokio::test]
async fn one_that_is_away_or_closed_is_asked_no_more_and_gets_all_next_time() {
    for error in [DestinationError::Unavailable("away".to_owned()), DestinationError::Closed(refusal())] {
        let store = queues(250);
        let first = std::sync::atomic::AtomicBool::new(true);
        let then = |_: &[Change]| {
            if first.swap(false, std::sync::atomic::Ordering::Relaxed) {
                Ok(Answer::Accepted)
            } else {
                Err(error.clone())
            }
        };
        let (counts, failed, asked) = run(&store, then).await;
        assert_eq!((counts.upserts, failed.is_some(), asked.len()), (100, true, 2));
        let (counts, failed, _) = run(&store, |_| Ok(Answer::Accepted)).await;
        assert_eq!((counts.upserts, failed), (150, None));
    }
}

#[tokio::test]
async fn a_wish_to_stop_ends_a_request_that_hangs() {
    struct Hangs;
    impl Destination for Hangs {
        fn name(&self) -> &'static str {
            "hangs:"
        }
        fn limits(&self) -> BatchLimits {
            BatchLimits { changes: 1, bytes: 1 }
        }
        fn send<'a>(&'a self, _: &'a str, _: &'a [Change]) -> BoxFuture<'a, Result<Answer, DestinationError>> {
            Box::pin(futures::future::pending())
        }
    }
    let (store, cancelled) = (queues(3), Cancellation::default());
    let stop = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        cancelled.cancel();
    };
    let (done, ()) = tokio::join!(deliver(&Hangs, &store, "run", &cancelled), stop);
    assert_eq!(done, (DeliveryCounts::default(), None));
}
