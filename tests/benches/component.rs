//! What the component costs: its size, how long it takes to load, and the memory and time of an instance.
//!
//! `cargo bench -p portolan-tests --bench component` prints one table. Each kind's first page is read in a fresh instance
//! from an empty answer, so that the rows differ by what the kind's service costs: its tables are unpacked when a unit first
//! needs them, and never for a unit of another service.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that cannot be made ends here")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use futures::future::BoxFuture;
use portolan::bindings::exports::portolan::aws::sync::{Account, AccountRole, Limits, Run, Unit};
use portolan::bindings::portolan::aws::signed_http::{Request, Response, SendError};
use portolan::engine::{COMPONENT, Engine, precompile};
use portolan::imports::{CallScope, Outbound, Purpose};
use portolan::instance::Instances;
use portolan_names::AccountId;
use portolan_tests::folders::{self, Scratch};

const ACCOUNT: &str = "111122223333";
/// Repetitions of what takes milliseconds or less; the middle one is shown.
const REPETITIONS: usize = 101;
/// Loads from the cache.
const LOADS: usize = 21;
/// A small service, the largest one's XML, and a global one: (kind, region, an empty answer).
const KINDS: &[(&str, Option<&str>, &str)] = &[
    ("AWS::SQS::Queue", Some("eu-west-1"), "{}"),
    ("AWS::EC2::Volume", Some("eu-west-1"), "<DescribeVolumesResponse/>"),
    ("AWS::IAM::Role", None, "<ListRolesResponse><ListRolesResult/></ListRolesResponse>"),
];

/// Answers every request alike, at once.
struct Answering(&'static str);

impl Outbound for Answering {
    fn send<'a>(&'a self, _: &'a CallScope, requests: Vec<Request>) -> BoxFuture<'a, Vec<Result<Response, SendError>>> {
        let answer = || Response { status: 200, headers: Vec::new(), body: self.0.to_owned(), attempts: 1 };
        Box::pin(async move { requests.iter().map(|_| Ok(answer())).collect() })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let kib = |bytes: usize| format!("{} KiB", bytes.div_ceil(1024));
    row("component, as it ships", &kib(COMPONENT.len()));
    row("component, deflated", &kib(deflated(COMPONENT)));
    row("  of it: tables of all services, packed", &kib(packed_tables()));
    row("compiled for this processor", &kib(precompile(COMPONENT).unwrap().len()));

    let cache = Scratch::new("bench-component");
    let begun = Instant::now();
    let engine = Engine::new(COMPONENT, Some(cache.path())).unwrap();
    row("first load, compiling", &shown(begun.elapsed()));
    let load = median(LOADS, || drop(Engine::new(COMPONENT, Some(cache.path())).unwrap()));
    row("load from the cache", &shown(load));

    for (kind, region, answer) in KINDS {
        measure(&engine, kind, *region, answer).await;
    }
}

/// A fresh instance for each repetition: made and configured, then one page, then a second one.
async fn measure(engine: &Engine, kind: &str, region: Option<&str>, answer: &'static str) {
    let config = serde_json::json!({"version": 1, "kinds": [{"kind": kind}]}).to_string();
    let account = Account {
        id: ACCOUNT.to_owned(),
        name: "bench".to_owned(),
        role: AccountRole::Member,
        details: "{}".to_owned(),
    };
    let unit = Unit { kind: kind.to_owned(), region: region.map(str::to_owned) };
    let scope =
        CallScope { account: Some(AccountId::parse(ACCOUNT).unwrap()), purpose: Purpose::Read, kind: Arc::from(kind) };
    let mut times: [Vec<Duration>; 3] = Default::default();
    let mut memory = [0; 2];
    for _ in 0..REPETITIONS {
        let outbound = Arc::new(Answering(answer));
        let begun = Instant::now();
        let (instances, _) = Instances::new(engine.clone(), outbound, config.clone(), run()).await.unwrap();
        times[0].push(begun.elapsed());
        let mut lease = instances.lease().await.unwrap();
        memory[0] = lease.memory_bytes();
        for time in &mut times[1..] {
            let begun = Instant::now();
            let page = lease.sync_page(scope.clone(), &account, &unit, None).await.unwrap().unwrap();
            assert!(page.whole && page.problems.is_empty(), "{kind}: {page:?}");
            time.push(begun.elapsed());
        }
        memory[1] = lease.memory_bytes();
    }
    let [configured, first, next] = times.map(middle).map(shown);
    let [before, after] = memory.map(|bytes| bytes / 1024);
    row(kind, &format!("configured {configured}, first page {first}, next {next}; {before} → {after} KiB"));
}

fn run() -> Run {
    Run {
        id: "bench".to_owned(),
        started_at_ms: 1_700_000_000_000,
        partition: "aws".to_owned(),
        limits: Limits {
            batch: 10,
            response_bytes: 8 << 20,
            batch_bytes: 4 << 20,
            page_bytes: 128 << 10,
            cursor_bytes: 64 << 10,
        },
    }
}

fn deflated(bytes: &[u8]) -> usize {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap().len()
}

/// As the build packs them: each service's table by itself.
fn packed_tables() -> usize {
    let tables = std::fs::read_dir(folders::workspace().join("crates/tables/data/services")).unwrap();
    tables.map(|table| deflated(&std::fs::read(table.unwrap().path()).unwrap())).sum()
}

fn median(repetitions: usize, mut work: impl FnMut()) -> Duration {
    let timed = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    middle((0..repetitions).map(timed).collect())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

fn row(name: &str, value: &str) {
    println!("{name:<42} {value}");
}
