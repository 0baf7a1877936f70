//! Sinks of the embedder's own: they get everything, or the run says that they did not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use portolan::{BoxError, Environment, Page, Policy, ProblemClass, Run, RunError, Settings, Sink, UnitEnd};
use portolan_tests::organization::{Organization, Scale};
use serde_json::json;

use super::{engine, environment, own_sink, settings};

/// Takes so many pages, and then none.
#[derive(Default)]
struct Full {
    takes: usize,
    taken: AtomicUsize,
    wholes: AtomicUsize,
}

#[derive(Debug, thiserror::Error)]
#[error("the disk is full")]
struct DiskFull;

impl Sink for Full {
    fn name(&self) -> String {
        "full".to_owned()
    }

    async fn page(&self, _: &Page) -> Result<(), BoxError> {
        if self.taken.fetch_add(1, Ordering::SeqCst) >= self.takes {
            return Err(DiskFull.into());
        }
        Ok(())
    }

    async fn unit_ended(&self, end: &UnitEnd) -> Result<(), BoxError> {
        self.wholes.fetch_add(usize::from(end.whole().is_some()), Ordering::SeqCst);
        Ok(())
    }
}

async fn read(organization: &Organization, run: impl FnOnce(Run) -> Run) -> Result<portolan::Report, RunError> {
    let environment = Environment::from_iter(environment(organization));
    let text = settings(organization, &["prod-web"], "AWS::SQS::Queue, AWS::SNS::Topic");
    let settings = Settings::from_yaml(engine(), &text, &environment).await.unwrap();
    run(Run::new(engine(), &settings)).sync().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_fails_is_an_error_of_the_run_and_no_lost_page() {
    let organization = Organization::shared();
    // Alone: the run stops.
    let full = Arc::new(Full::default());
    let error = read(organization, |run| run.sink(Arc::clone(&full))).await.unwrap_err();
    let RunError::Sink { failed, report, .. } = &error else { panic!("{error}") };
    assert!(failed[0].error.downcast_ref::<DiskFull>().is_some(), "{error:?}");
    assert!(error.to_string().contains("full: the disk is full"), "{error}");
    assert!(report.is_interrupted() && !report.is_complete());
    // Beside another, which gets everything all the same; two of the same name are told apart.
    let all = Arc::new(Full { takes: usize::MAX, ..Full::default() });
    let full = Arc::new(Full { takes: 1, ..Full::default() });
    let both = |run: Run| run.sink(Arc::clone(&full)).sink(Arc::clone(&all));
    let error = read(organization, both).await.unwrap_err();
    let RunError::Sink { failed, report, .. } = &error else { panic!("{error}") };
    assert_eq!(failed.len(), 1, "{error}");
    assert!(!report.is_interrupted());
    let units = report.to_json()["units"]["whole"].as_u64().unwrap();
    assert!(units > 3 && all.wholes.load(Ordering::SeqCst) as u64 == units, "{units}");
    assert!(full.wholes.load(Ordering::SeqCst) <= 1, "it is told of nothing more");
    assert!(all.taken.load(Ordering::SeqCst) > full.taken.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_sink_does_not_begin_and_writes_no_file() {
    let error = read(Organization::shared(), |run| run).await.unwrap_err();
    assert!(matches!(&error, RunError::Settings(text) if text.contains("nowhere to write to")), "{error}");
    assert!(!std::path::Path::new("portolan.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inventory_of_the_example_forgets_what_is_gone_and_nothing_else() {
    let organization = Organization::build(Scale::Tiny);
    let (front, account) = (organization.front(), organization.account("prod-web"));
    let environment = Environment::from_iter(environment(&organization));
    let text = settings(&organization, &["prod-web"], "AWS::SQS::Queue");
    let inventory = Arc::new(own_sink::Inventory::default());
    own_sink::read(engine(), &text, &environment, &inventory).await.unwrap();
    let before = inventory.count();
    assert!(before > 1, "{before}");
    let queue = front.queue_url(account, "eu-west-1", "work-1");
    front.boto(account, "eu-west-1", "sqs", "delete_queue", &json!({ "QueueUrl": queue }));
    front.rule(&json!({ "do": "deny", "service": "sqs", "operation": "ListQueues" }));
    own_sink::read(engine(), &text, &environment, &inventory).await.unwrap();
    assert_eq!(inventory.count(), before, "denied: nothing is gone");
    front.clear_rules();
    own_sink::read(engine(), &text, &environment, &inventory).await.unwrap();
    assert_eq!(inventory.count(), before - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_narrows_and_opens_nothing_else() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.forget();
    let policy = Policy::default().narrow(|request| match request.operation() {
        "ListTopics" => Err(format!("not for {:?}", request.service())),
        _ => Ok(()),
    });
    let sink = Arc::new(Full { takes: usize::MAX, ..Full::default() });
    let report = read(&organization, |run| run.sink(Arc::clone(&sink)).policy(policy)).await.unwrap();
    let refused: Vec<_> = report.problems().filter(|problem| problem.class == ProblemClass::Refused).collect();
    assert!(
        !refused.is_empty() && refused.iter().all(|problem| problem.message.contains("not for \"sns\"")),
        "{refused:?}"
    );
    let calls = front.calls();
    assert!(calls.iter().all(|call| call.operation() != "sns:ListTopics"));
    assert!(calls.iter().any(|call| call.operation() == "sqs:ListQueues"));
    let error = read(&organization, |run| run.sink(sink).policy(Policy::default().grant("sqs:ListQueues"))).await;
    assert!(matches!(&error, Err(RunError::Settings(text)) if text.contains("sqs:ListQueues")), "{error:?}");
}
