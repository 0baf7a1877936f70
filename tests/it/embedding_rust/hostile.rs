//! A component that misbehaves, through the public API: refused, told, and the next unit goes on.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use portolan::{
    Account, AccountId, Component, ComponentError, Cursor, Engine, EngineOptions, ProblemClass, Region, Unit, UnitEnd,
};
use portolan_tests::folders::Scratch;
use portolan_tests::front::{Call, Front};
use portolan_tests::programs;

use super::{PAGES_MAX, another_component, session};
use crate::other_component::{HONEST, REFUSED};

const ACCOUNT: &str = "111122223333";
/// Where the kinds misbehave; elsewhere they give one resource.
const BAD: &str = "us-east-1";

fn unit(kind: &str, region: &str) -> Unit {
    Unit::new(kind, Some(Region::parse(region).unwrap()))
}

fn misbehaving() -> Engine {
    let component = Component::from_file_unverified(programs::conformance()).unwrap();
    Engine::new(&component, &EngineOptions::default().instances(4)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_component_may_not_is_refused_and_does_not_reach_aws() {
    let front = Front::start();
    let kinds: Vec<&str> = REFUSED.iter().map(|(kind, _)| *kind).chain([HONEST]).collect();
    let session = session(&front, &misbehaving(), &kinds.join(", "), &[ACCOUNT]).await;
    let account = Account::member(AccountId::parse(ACCOUNT).unwrap());
    let planned: BTreeSet<Unit> = session.plan(&account).await.unwrap().units.into_iter().collect();
    for (kind, rule) in REFUSED {
        let unit = unit(kind, BAD);
        assert!(planned.contains(&unit), "{unit}");
        let mut reading = session.read(&account, &unit);
        let mut problems = Vec::new();
        loop {
            match reading.next_page().await {
                Ok(Some(page)) => problems.extend(page.problems().to_vec()),
                Ok(None) => break,
                Err(error) => {
                    problems.push(error.problem);
                    break;
                }
            }
        }
        let refused = problems.iter().find(|problem| problem.class == ProblemClass::Refused);
        let refused = refused.unwrap_or_else(|| panic!("{kind}: {problems:?}"));
        assert!(refused.message.contains(&format!("refused by rule {rule}:")), "{kind}: {}", refused.message);
        assert!(reading.end().whole().is_none(), "{kind} looks whole");
    }
    let mut honest = session.read(&account, &unit(HONEST, BAD));
    while honest.next_page().await.unwrap().is_some() {}
    assert!(honest.end().whole().is_some());
    let arrived: BTreeSet<String> = front.calls().iter().map(Call::operation).collect();
    assert_eq!(arrived, BTreeSet::from(["sqs:ListQueues".to_owned()]), "the honest kind's, and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_is_an_error_of_its_unit_and_the_next_one_goes_on() {
    let front = Front::start();
    let trapping = "Test::Panics::WithMessage, Test::Eats::Memory, Test::Cursors::Repeating, Test::Behaves::Quietly";
    let session = session(&front, &misbehaving(), trapping, &[ACCOUNT]).await;
    let account = Account::member(AccountId::parse(ACCOUNT).unwrap());
    for (kind, class, words) in [
        ("Test::Panics::WithMessage", ProblemClass::BadCall, "this unit panics on purpose"),
        ("Test::Eats::Memory", ProblemClass::Limit, "bytes of memory"),
        ("Test::Cursors::Repeating", ProblemClass::BadAnswer, "the same cursor came back"),
    ] {
        let unit = unit(kind, BAD);
        let mut reading = session.read(&account, &unit);
        let error = loop {
            match reading.next_page().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{kind} ended well"),
                Err(error) => break error,
            }
        };
        assert_eq!((error.problem.class, &error.unit), (class, &unit), "{error}");
        assert!(error.to_string().contains(words) && error.to_string().contains(kind), "{error}");
        let UnitEnd::Unknown(end) = reading.end() else { panic!("{kind} proves something") };
        assert!(end.problem().message.contains(words));
        let mut next = session.read(&account, &self::unit("Test::Behaves::Quietly", BAD));
        while next.next_page().await.unwrap().is_some() {}
        assert!(next.end().whole().is_some(), "the next unit after {kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_goes_on_where_it_was_made_and_nowhere_else() {
    let front = Front::start();
    let engine = misbehaving();
    let kinds = format!("{HONEST}, Test::Behaves::Quietly");
    let made_by = session(&front, &engine, &kinds, &[ACCOUNT]).await;
    let account = Account::member(AccountId::parse(ACCOUNT).unwrap());
    let mut reading = made_by.read(&account, &unit(HONEST, BAD));
    assert!(reading.cursor().is_none(), "a unit begins without one");
    let first = reading.next_page().await.unwrap().unwrap();
    let text = reading.cursor().unwrap().to_text();
    assert!(reading.end().whole().is_none(), "one page of two proves nothing");
    // As another process would, with what was stored.
    let cursor = || text.parse::<Cursor>().unwrap();
    let mut rest = made_by.go_on(&account, &unit(HONEST, BAD), cursor()).unwrap();
    let second = rest.next_page().await.unwrap().unwrap();
    assert_ne!(
        first.resources().map(|resource| resource.to_line()).collect::<Vec<_>>(),
        second.resources().map(|resource| resource.to_line()).collect::<Vec<_>>()
    );
    assert!(rest.next_page().await.unwrap().is_none() && rest.end().whole().is_some());
    let other_account = Account::member(AccountId::parse("444455556666").unwrap());
    for (account, unit) in [
        (&account, unit(HONEST, "eu-west-1")),
        (&account, unit("Test::Behaves::Quietly", BAD)),
        (&other_account, unit(HONEST, BAD)),
    ] {
        assert!(made_by.go_on(account, &unit, cursor()).is_err(), "{unit}");
    }
    // The limit of pages holds however often a unit is gone on with.
    let endless = session(&front, &engine, "Test::Cursors::Endless", &[ACCOUNT]).await;
    let endless_unit = unit("Test::Cursors::Endless", BAD);
    let mut reading = endless.read(&account, &endless_unit);
    for _ in 0..10 {
        assert!(reading.next_page().await.unwrap().is_some());
        let text = reading.cursor().unwrap().to_text();
        reading = endless.go_on(&account, &endless_unit, text.parse().unwrap()).unwrap();
    }
    let pages: Vec<_> = reading.pages().collect().await;
    assert_eq!(pages.len(), PAGES_MAX - 10 + 1, "what is left of the limit, and the error");
    let error = pages.last().unwrap().as_ref().unwrap_err();
    assert!(error.to_string().contains("limits.pages_per_unit"), "{error}");
    // With other settings, and with another component: its own digest is part of what it is good for.
    let others = session(&front, &engine, HONEST, &[ACCOUNT]).await;
    let error = others.go_on(&account, &unit(HONEST, BAD), cursor()).unwrap_err();
    assert!(error.to_string().contains("other settings"), "{error}");
    assert!("{}".parse::<Cursor>().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_component_is_taken_by_its_digest_alone() {
    let file = programs::conformance();
    let digest = Component::from_file_unverified(file).unwrap().digest().to_owned();
    let other = format!("sha256:{}", "0".repeat(64));
    let error = Component::from_file(file, &other).unwrap_err();
    assert!(matches!(error, ComponentError::OtherDigest { .. }));
    assert!(error.to_string().contains(&other) && error.to_string().contains(&digest), "{error}");
    let (engine, known) = another_component::load(file, &digest).await.unwrap();
    assert_eq!(engine.component_digest(), digest);
    let imports: BTreeSet<&str> = known.iter().filter_map(|line| line.strip_prefix("imports ")).collect();
    assert_eq!(imports, BTreeSet::from(["portolan:aws/log@0.1.0", "portolan:aws/signed-http@0.1.0"]));
    assert!(known.iter().any(|line| line == "may ask for sqs:DeleteQueue"), "it says so, and is refused: {known:?}");
    // One that wants more is no engine.
    let scratch = Scratch::new("embedded-wasi");
    let wasi = scratch.file("wasi.wasm");
    std::fs::write(&wasi, portolan_tests::component::importing("wasi:cli/environment@0.2.0")).unwrap();
    let wasi = Component::from_file_unverified(&wasi).unwrap();
    let error = Engine::new(&wasi, &EngineOptions::default()).unwrap_err();
    assert!(error.to_string().contains("wasi:cli/environment"), "{error}");
}
