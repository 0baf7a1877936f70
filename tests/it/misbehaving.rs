//! A component that misbehaves costs its unit and nothing else.
//!
//! `conformance/component` is run in the real sandbox behind the real guard; only the network is replaced, by one that writes down
//! whatever reaches it. Each kind misbehaves in us-east-1 and behaves in eu-west-1, side by side.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures::future::{BoxFuture, join, join_all};
use portolan::aws::{Answer, Call, Client, ClientLimits, Exchange, ExchangeError, SessionFailure, Shares};
use portolan::bindings::exports::portolan::aws::sync::{
    Account, AccountRole, Failure, Limits, Page, ProblemClass, Run, Unit,
};
use portolan::credentials::{Identity, SessionPolicy};
use portolan::engine::Engine;
use portolan::imports::{CallScope, Outbound, Purpose};
use portolan::instance::{CallError, Instances};
use portolan::manifest::Manifest;
use portolan::page_lines;
use portolan::run::Cancellation;
use portolan_guard::Grant;
use portolan_names::AccountId;
use portolan_tests::programs;

const ACCOUNT: &str = "111122223333";
const GOOD: &str = "eu-west-1";
const BAD: &str = "us-east-1";
/// Kinds that behave everywhere, and the one that does as its script says (tests/it/conformance.rs).
const HONEST: &[&str] =
    &["Test::Behaves::Quietly", "Test::Behaves::Asking", "Test::Others::Everywhere", "Test::Puppet::Scripted"];

/// What must come of a kind in the region where it misbehaves.
enum Expected {
    /// The sandbox ends the call at a limit; the words are the limit's.
    Limit(&'static str),
    /// The guest traps; the words are its last.
    Trap(&'static str),
    /// It gives back more than it was told it may.
    Oversized(&'static str),
    /// The guard refuses, by this rule, and nothing reaches the network.
    Refused(&'static str),
    /// A page that cannot be read.
    Unreadable,
    /// A page whose cursor leads to another, for as long as the host asks.
    Endless,
}

use Expected::{Endless, Limit, Oversized, Refused, Trap, Unreadable};

const CASES: &[(&str, Expected)] = &[
    ("Test::Loops::Forever", Limit("ran for more than")),
    ("Test::Loops::Logging", Limit("ran for more than")),
    ("Test::Panics::WithMessage", Trap("this unit panics on purpose")),
    ("Test::Eats::Memory", Limit("bytes of memory")),
    ("Test::Pages::TooLarge", Oversized("a page")),
    ("Test::Pages::NotJson", Unreadable),
    ("Test::Cursors::TooLong", Oversized("a cursor")),
    ("Test::Cursors::Repeating", Endless),
    ("Test::Cursors::Endless", Endless),
    ("Test::Sends::Overfull", Limit("requests in one batch")),
    ("Test::Hosts::DoubleSlash", Refused("rule target")),
    ("Test::Hosts::AtSign", Refused("rule target")),
    ("Test::Hosts::AbsoluteTarget", Refused("rule target")),
    ("Test::Hosts::DottedPrefix", Refused("rule host-prefix")),
    ("Test::Hosts::Header", Refused("rule header")),
    ("Test::Hosts::Region", Refused("rule region")),
    ("Test::Hosts::Metadata", Refused("rule service")),
    ("Test::Writes::DeleteQueue", Refused("rule no-operation")),
    ("Test::Writes::TerminateInstances", Refused("rule no-operation")),
    ("Test::Writes::InQueryString", Refused("rule target")),
    ("Test::Writes::SecondAction", Refused("rule parameter")),
    ("Test::Asks::AsManagement", Refused("rule identity")),
    ("Test::Asks::Undeclared", Refused("rule grant")),
    ("Test::Asks::Undescribed", Refused("rule type")),
    ("Test::Asks::ForCredentials", Refused("rule denied-read")),
    ("Test::Asks::WithAuthorization", Refused("rule header")),
    ("Test::Reads::Object", Refused("rule denied-read")),
    ("Test::Reads::Item", Refused("rule denied-read")),
    ("Test::Reads::Secret", Refused("rule denied-read")),
    ("Test::Reads::Parameter", Refused("rule constraint")),
    ("Test::Reads::Messages", Refused("rule no-operation")),
    ("Test::Hosts::MetadataSix", Refused("rule service")),
    ("Test::Hosts::MetadataPrefix", Refused("rule host-prefix")),
    ("Test::Others::AssumeRole", Refused("rule no-operation")),
    ("Test::Others::Parameter", Refused("rule constraint")),
    ("Test::Others::Header", Refused("rule header")),
];

/// The network: answers every call with a listing of the signing account's one queue, and remembers it.
#[derive(Default)]
struct Network(Mutex<Vec<Call>>);

impl Network {
    fn operations(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|call| format!("{}:{}", call.service, call.operation)).collect()
    }
}

impl Exchange for Network {
    fn open<'a>(&'a self, _: &'a Identity, _: Option<&'a SessionPolicy>) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(async { Ok(()) })
    }

    fn exchange<'a>(&'a self, call: &'a Call, _: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        self.0.lock().unwrap().push(call.clone());
        let answer = Answer {
            status: 200,
            headers: Vec::new(),
            body: format!(r#"{{"QueueUrls":["queue-of-{}"]}}"#, call.identity).into(),
            at_ms: 0,
            remembered: false,
        };
        Box::pin(async { Ok(answer) })
    }

    fn renew(&self, _: &Identity) {}
}

/// The sandbox with the misbehaving component in it, all its kinds configured.
struct Bench {
    instances: Instances,
    network: Arc<Network>,
    kinds: BTreeSet<String>,
}

impl Bench {
    async fn new() -> Self {
        let engine = Engine::new(&std::fs::read(programs::conformance()).unwrap(), None).unwrap();
        let network = Arc::new(Network::default());
        let limits = ClientLimits { concurrency: 64, per_account: 16, batch_bytes: 4 << 20, shares: Shares::default() };
        let exchange = Arc::clone(&network) as Arc<dyn Exchange>;
        let client = Arc::new(Client::new(exchange, "aws".to_owned(), limits, Cancellation::default()));
        let outbound = Arc::clone(&client) as Arc<dyn Outbound>;
        let described = Instances::describe(&engine, Arc::clone(&outbound)).await.unwrap();
        let kinds: BTreeSet<String> =
            Manifest::parse(&described).unwrap().kinds.into_iter().map(|kind| kind.kind).collect();
        let named: Vec<_> = kinds.iter().map(|kind| serde_json::json!({ "kind": kind, "actions": "all" })).collect();
        let config = serde_json::json!({ "version": 1, "kinds": named }).to_string();
        let (instances, configured) = Instances::new(engine, outbound, config, run()).await.unwrap();
        client.grant(Grant::from_manifest(&configured.manifest).unwrap());
        Self { instances, network, kinds }
    }

    async fn page(&self, kind: &str, region: &str, cursor: Option<&str>) -> Result<Result<Page, Failure>, CallError> {
        self.page_of(ACCOUNT, kind, region, cursor).await
    }

    async fn page_of(
        &self,
        account: &str,
        kind: &str,
        region: &str,
        cursor: Option<&str>,
    ) -> Result<Result<Page, Failure>, CallError> {
        let scope = CallScope {
            account: Some(AccountId::parse(account).unwrap()),
            purpose: Purpose::Read,
            kind: Arc::from(kind),
        };
        let account = Account {
            id: account.to_owned(),
            name: "test".to_owned(),
            role: AccountRole::Member,
            details: "{}".to_owned(),
        };
        let unit = Unit { kind: kind.to_owned(), region: Some(region.to_owned()) };
        self.instances.lease().await?.sync_page(scope, &account, &unit, cursor).await
    }
}

fn run() -> Run {
    Run {
        id: "run-1".to_owned(),
        started_at_ms: 1_700_000_000_000,
        partition: "aws".to_owned(),
        limits: Limits {
            batch: 100,
            response_bytes: 8 << 20,
            batch_bytes: 4 << 20,
            page_bytes: 128 << 10,
            cursor_bytes: 64 << 10,
        },
    }
}

fn check(kind: &str, expected: &Expected, outcome: Result<Result<Page, Failure>, CallError>) {
    match (expected, outcome) {
        (Limit(words), Err(CallError::Limit(message))) => assert!(message.contains(words), "{kind}: {message}"),
        (Trap(words), Err(CallError::Trapped(message))) => assert!(message.contains(words), "{kind}: {message}"),
        (Oversized(words), Err(CallError::Oversized { what, bytes, allowed })) => {
            assert!(what == *words && bytes > allowed, "{kind}: {bytes} bytes of {what}");
        }
        (Refused(rule), Ok(Ok(page))) => {
            assert!(!page.whole && page.resources.is_empty(), "{kind}: {page:?}");
            let problem = page.problems.first().unwrap();
            assert_eq!(problem.class, ProblemClass::Refused, "{kind}: {problem:?}");
            assert!(problem.message.contains(rule), "{kind}: {}", problem.message);
        }
        (Unreadable, Ok(Ok(page))) => assert!(page_lines::parse(&page.resources).is_err(), "{kind}"),
        (Endless, Ok(Ok(page))) => assert!(page.next.is_some(), "{kind}: {page:?}"),
        (_, outcome) => panic!("{kind}: {outcome:?}"),
    }
}

#[track_caller]
fn assert_well(kind: &str, outcome: Result<Result<Page, Failure>, CallError>) {
    let page = outcome.unwrap().unwrap();
    assert!(page.whole && page.problems.is_empty() && page.next.is_none(), "{kind}: {page:?}");
    assert_eq!(page_lines::parse(&page.resources).unwrap().len(), 1, "{kind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_misbehaviour_costs_its_unit_and_reaches_no_network() {
    let bench = Bench::new().await;
    let covered: BTreeSet<String> =
        CASES.iter().map(|(kind, _)| *kind).chain(HONEST.iter().copied()).map(str::to_owned).collect();
    assert_eq!(bench.kinds, covered, "every kind of the component has its case");
    let units = CASES.iter().map(|(kind, expected)| {
        let bench = &bench;
        async move {
            let (bad, good) = join(bench.page(kind, BAD, None), bench.page(kind, GOOD, None)).await;
            check(kind, expected, bad);
            assert_well(kind, good);
            // And the pool has not kept what misbehaved.
            assert_well(kind, bench.page(kind, GOOD, None).await);
        }
    });
    join_all(units).await;
    assert_eq!(bench.network.operations(), Vec::<String>::new(), "something reached the network");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declared_reaches_the_network_as_the_account_of_the_call() {
    let bench = Bench::new().await;
    let first = bench.page("Test::Behaves::Asking", BAD, None).await.unwrap().unwrap();
    assert_eq!((first.whole, first.next.as_deref()), (true, Some("second")), "{first:?}");
    let last = bench.page("Test::Behaves::Asking", BAD, Some("second")).await.unwrap().unwrap();
    assert!(last.whole && last.next.is_none(), "{last:?}");
    assert_eq!(bench.network.operations(), ["sqs:ListQueues", "sqs:ListQueues"]);
    let calls = bench.network.0.lock().unwrap();
    let own = Identity::Account(AccountId::parse(ACCOUNT).unwrap());
    assert!(calls.iter().all(|call| call.identity == own && call.region == BAD), "{calls:?}");
}

/// The identity is the call's, not the guest's: nothing that a guest can write chooses who signs.
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_serves_one_account_cannot_obtain_a_byte_of_another() {
    let bench = Bench::new().await;
    let accounts = ["111122223333", "444455556666", "999988887777"];
    // Side by side, each naming another account wherever it may write.
    let pages = join_all(accounts.iter().cycle().take(60).map(|account| {
        let bench = &bench;
        async move { (*account, bench.page_of(account, "Test::Others::Everywhere", BAD, None).await) }
    }));
    for (account, outcome) in pages.await {
        let page = outcome.unwrap().unwrap();
        for other in accounts {
            let got = page.resources.contains(&format!("queue-of-account {other}"));
            assert_eq!(got, other == account, "called for {account}: {}", page.resources);
        }
    }
    let asked: Vec<Identity> = bench.network.0.lock().unwrap().iter().map(|call| call.identity.clone()).collect();
    for account in accounts {
        let own = Identity::Account(AccountId::parse(account).unwrap());
        assert_eq!(asked.iter().filter(|identity| **identity == own).count(), 20, "{account}");
    }
    assert_eq!(asked.len(), 60, "and nobody else signed");
    // What asks outright is refused, and reaches no network.
    for kind in
        ["Test::Others::AssumeRole", "Test::Others::Parameter", "Test::Others::Header", "Test::Asks::AsManagement"]
    {
        let page = bench.page(kind, BAD, None).await.unwrap().unwrap();
        assert_eq!(page.problems.first().map(|problem| problem.class), Some(ProblemClass::Refused), "{kind}: {page:?}");
    }
    assert_eq!(bench.network.operations().len(), 60);
}
