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
