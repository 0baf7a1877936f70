//! What is dropped asks for nothing more.

use std::time::Duration;

use futures::StreamExt;
use portolan::{Account, AccountId, Cancellation, Environment, Region, Run, RunError, Settings, Unit};
use portolan_tests::organization::{Organization, Scale};
use serde_json::json;

use super::{engine, environment, own_sink, session, settings};

/// How long the front keeps each answer back.
const DELAY_MS: u64 = 1_500;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_dropped_asks_for_nothing_more_and_the_session_goes_on() {
    let organization = Organization::build(Scale::Tiny);
    let (front, id) = (organization.front(), organization.account("prod-web"));
    let session = session(front, engine(), "AWS::SQS::Queue", &[id]).await;
    let account = Account::member(AccountId::parse(id).unwrap());
    let unit = Unit::new("AWS::SQS::Queue", Some(Region::parse("eu-west-1").unwrap()));
    front.forget();
    front.rule(&json!({ "do": "delay", "ms": DELAY_MS, "service": "sqs" }));
    let mut reading = session.read(&account, &unit);
    let dropped = tokio::time::timeout(Duration::from_millis(DELAY_MS / 3), reading.pages().next()).await;
    assert!(dropped.is_err(), "the first answer takes longer");
    assert!(reading.end().whole().is_none(), "what was given up proves nothing");
    tokio::time::sleep(Duration::from_millis(DELAY_MS * 2)).await;
    let asked = front.calls().len();
    assert_eq!(asked, 1, "the listing was asked for, and no detail after it");
    front.clear_rules();
    let mut reading = session.read(&account, &unit);
    let pages: Vec<_> = reading.pages().collect().await;
    assert!(pages.iter().all(Result::is_ok) && reading.end().whole().is_some());
    assert!(front.calls().len() > asked + 1, "a listing and its details");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stops_when_it_is_told_to_or_dropped() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let environment = Environment::from_iter(environment(&organization));
    let text = settings(&organization, &["prod-web"], "AWS::SQS::Queue");
    let settings = Settings::from_yaml(engine(), &text, &environment).await.unwrap();
    front.rule(&json!({ "do": "delay", "ms": DELAY_MS, "service": "sqs" }));
    let stop = Cancellation::default();
    let run = Run::new(engine(), &settings).sink(own_sink::Inventory::default()).stop_on(&stop).sync();
    let (report, ()) = futures::join!(run, async {
        while front.calls().iter().all(|call| call.operation() != "sqs:ListQueues") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    assert!(report.unwrap().is_interrupted());
    front.forget();
    let run = Run::new(engine(), &settings).sink(own_sink::Inventory::default()).sync();
    let dropped: Result<Result<_, RunError>, _> = tokio::time::timeout(Duration::from_secs(1), run).await;
    assert!(dropped.is_err());
    tokio::time::sleep(Duration::from_millis(DELAY_MS * 2)).await;
    let after = front.calls().len();
    tokio::time::sleep(Duration::from_millis(DELAY_MS * 2)).await;
    assert_eq!(front.calls().len(), after, "nothing is asked for by what was dropped");
    assert!(front.calls().iter().all(|call| call.operation() != "sqs:GetQueueAttributes"));
}
