//! The guest in WebAssembly against the same code natively: processor time for a resource, from AWS's answer to the page's lines.
//!
//! `cargo bench -p portolan-tests --bench guest` prints one table; with `-- --json` a line for `portolan-bench`. The answers are
//! the scripted AWS's, asked once and replayed to both. Both read the same units whole, by turns; the least time counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot measure stops")]
#![allow(clippy::cast_precision_loss, reason = "for people to read")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use portolan::bindings::exports::portolan::aws::sync;
use portolan::bindings::portolan::aws::signed_http as wit;
use portolan::engine::{COMPONENT, Engine};
use portolan::imports::{CallScope, Outbound, Purpose};
use portolan::instance::{Instances, Lease};
use portolan_guest::host::{Host, Level, Request, Response, SendError};
use portolan_guest::{Guest, interface as guest};
use portolan_names::AccountId;
use portolan_scripted_aws::{Estate, Options, ScriptedAws};
use portolan_tests::folders::Scratch;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

const REGION: &str = "us-east-1";
/// Turns of each; the least counts.
const TURNS: usize = 25;
/// (group, kind, whether each expression of the default mapping goes through jq)
const CASES: &[(&str, &str, bool)] = &[
    ("JSON", "AWS::Lambda::Function", false),
    ("JSON", "AWS::SecretsManager::Secret", false),
    ("JSON", "AWS::ECR::Repository", false),
    ("XML", "AWS::EC2::Instance", false),
    ("XML", "AWS::RDS::DBInstance", false),
    ("XML", "AWS::CloudFormation::Stack", false),
    ("full jq", "AWS::Lambda::Function", true),
    ("full jq", "AWS::EC2::Instance", true),
];

/// What was answered to what.
type Answers = Mutex<HashMap<String, (u16, Vec<(String, String)>, String)>>;

/// Asks the scripted AWS, and remembers; then answers from memory.
struct Captured {
    aws: ScriptedAws,
    answers: Answers,
}

fn key(operation: &str, target: &str, body: &str) -> String {
    format!("{operation} {target} {body}")
}

impl Captured {
    fn ask(&self, request: &Request) -> (u16, Vec<(String, String)>, String) {
        let now = OffsetDateTime::now_utc();
        let day = now.format(format_description!("[year][month][day]")).unwrap();
        let at = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap();
        let service = match request.service.as_str() {
            // As signatures name them.
            "elbv2" => "elasticloadbalancing",
            other => other,
        };
        let method = format!("{:?}", request.method).to_uppercase();
        let mut text = format!("{method} {} HTTP/1.1\r\nHost: aws\r\nConnection: close\r\n", request.target);
        write!(text, "X-Amz-Date: {at}\r\nAuthorization: AWS4-HMAC-SHA256 ").unwrap();
        write!(text, "Credential=AKIASCRIPTEDAWSSOURC/{day}/{}/{service}/aws4_request, ", request.region).unwrap();
        write!(text, "SignedHeaders=host;x-amz-date, Signature={}\r\n", "0".repeat(64)).unwrap();
        for (name, value) in &request.headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        write!(text, "Content-Length: {}\r\n\r\n{}", request.body.len(), request.body).unwrap();
        let mut stream = TcpStream::connect(self.aws.url().trim_start_matches("http://")).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        (status, lines.filter_map(pair).collect(), body.to_owned())
    }
}

impl Host for Captured {
    fn send(&self, requests: Vec<Request>) -> Vec<Result<Response, SendError>> {
        let answer = |request: Request| {
            let key = key(&request.operation, &request.target, &request.body);
            let known = self.answers.lock().unwrap().get(&key).cloned();
            let (status, headers, body) = known.unwrap_or_else(|| {
                let asked = self.ask(&request);
                self.answers.lock().unwrap().insert(key, asked.clone());
                asked
            });
            Ok(Response { status, headers, body, attempts: 1 })
        };
        requests.into_iter().map(answer).collect()
    }

    fn log(&self, _: Level, _: &str) {}
}

impl Outbound for Captured {
    fn send<'a>(
        &'a self,
        _: &'a CallScope,
        requests: Vec<wit::Request>,
    ) -> BoxFuture<'a, Vec<Result<wit::Response, wit::SendError>>> {
        let answers = self.answers.lock().unwrap();
        let answer = |request: &wit::Request| {
            let key = key(&request.operation, &request.target, &request.body);
            let (status, headers, body) = answers.get(&key).unwrap().clone();
            Ok(wit::Response { status, headers, body, attempts: 1 })
        };
        let answered = requests.iter().map(answer).collect();
        Box::pin(async move { answered })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options { accounts: 1, regions: 1, resources: 500, ..Options::default() };
    let captured = Arc::new(Captured { aws: ScriptedAws::start(&options).unwrap(), answers: Mutex::default() });
    let cache = Scratch::new("bench-guest");
    let engine = Engine::new(COMPONENT, Some(&cache.file("compiled"))).unwrap();
    let printed = std::env::args().any(|argument| argument == "--json");
    let mut made = Vec::new();
    for (group, kind, jq) in CASES {
        let config = config(kind, *jq);
        let (found, _) = natively(&captured, &config, kind);
        assert!(found > 0, "there is no {kind}");
        let (mut native, mut component) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..TURNS {
            native = native.min(natively(&captured, &config, kind).1);
            let (also, time) = in_component(&engine, &captured, &config, kind).await;
            assert_eq!(also, found, "{kind}");
            component = component.min(time);
        }
        let [native, component] = [native, component].map(|seconds| seconds * 1e6 / found as f64);
        let name = format!("{group}, {kind}");
        if !printed {
            println!(
                "{name:<42} {found:>5} resources: {native:>7.2} µs natively, {component:>7.2} µs in the component, {:.2} times",
                component / native
            );
        }
        made.push(
            json!({"name": name, "group": group, "resources": found, "native_us": native, "component_us": component}),
        );
    }
    if printed {
        println!("{}", Value::Array(made));
    }
}

/// The kind as it is, or with a mapping whose every expression goes through jq.
fn config(kind: &str, jq: bool) -> String {
    if !jq {
        return json!({"version": 1, "redaction_key": "00", "kinds": [{"kind": kind}]}).to_string();
    }
    let paths: &[&str] = match kind {
        "AWS::Lambda::Function" => &[
            "FunctionArn",
            "FunctionName",
            "Runtime",
            "Handler",
            "Role",
            "MemorySize",
            "Timeout",
            "State",
            "LastModified",
            "Architectures",
            "Layers",
        ],
        _ => &[
            "InstanceId",
            "InstanceType",
            "State.Name",
            "ImageId",
            "VpcId",
            "SubnetId",
            "Placement.AvailabilityZone",
            "PrivateIpAddress",
            "PublicIpAddress",
            "LaunchTime",
            "Tags",
        ],
    };
    let properties: serde_json::Map<String, Value> =
        paths.iter().map(|path| (path.replace('.', ""), json!(format!(".Properties.{path} | .")))).collect();
    let mapping = json!({"resources": [{"kind": kind, "selector": {"query": "true"}, "port": {"entity": {"mappings": {
        "identifier": format!(".Properties.{} | .", paths[0]), "title": format!(".Properties.{} | .", paths[1]),
        "blueprint": "\"kind\"", "properties": properties, "relations": {"account": ".__ExtraContext.AccountId | ."},
    }}}}]});
    json!({"version": 1, "redaction_key": "00", "mapping": mapping}).to_string()
}

/// A unit read whole: its resources, and seconds of this thread's processor time.
fn natively(captured: &Arc<Captured>, config: &str, kind: &str) -> (usize, f64) {
    let limits = guest::Limits {
        batch: 10,
        response_bytes: 8 << 20,
        batch_bytes: 4 << 20,
        page_bytes: 128 << 10,
        cursor_bytes: 64 << 10,
    };
    let run =
        guest::Run { id: "bench".to_owned(), started_at_ms: 1_700_000_000_000, partition: "aws".to_owned(), limits };
    let (guest, _) = Guest::configure(config, run).unwrap();
    let account = guest::Account {
        id: account(),
        name: "bench".to_owned(),
        role: guest::AccountRole::Member,
        details: "{}".to_owned(),
    };
    let unit = guest::Unit { kind: kind.to_owned(), region: Some(REGION.to_owned()) };
    // Tables are unpacked and expressions compiled once in an instance's life, which reads many units.
    read_natively(&guest, captured, &account, &unit);
    let began = processor_time();
    let found = read_natively(&guest, captured, &account, &unit);
    (found, processor_time() - began)
}

fn read_natively(guest: &Guest, captured: &Arc<Captured>, account: &guest::Account, unit: &guest::Unit) -> usize {
    let (mut found, mut cursor) = (0, None);
    loop {
        let page = guest.sync_page(&**captured, account, unit, cursor.as_deref()).unwrap();
        assert!(page.problems.is_empty(), "{:?}", page.problems);
        found += page.resources.lines().count();
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

/// The same in an instance of the component, under the epochs of a run.
async fn in_component(engine: &Engine, captured: &Arc<Captured>, config: &str, kind: &str) -> (usize, f64) {
    let limits = sync::Limits {
        batch: 10,
        response_bytes: 8 << 20,
        batch_bytes: 4 << 20,
        page_bytes: 128 << 10,
        cursor_bytes: 64 << 10,
    };
    let run =
        sync::Run { id: "bench".to_owned(), started_at_ms: 1_700_000_000_000, partition: "aws".to_owned(), limits };
    let outbound: Arc<dyn Outbound> = Arc::<Captured>::clone(captured);
    let (instances, _) = Instances::new(engine.clone(), outbound, config.to_owned(), run).await.unwrap();
    let account = sync::Account {
        id: account(),
        name: "bench".to_owned(),
        role: sync::AccountRole::Member,
        details: "{}".to_owned(),
    };
    let unit = sync::Unit { kind: kind.to_owned(), region: Some(REGION.to_owned()) };
    let scope = CallScope {
        account: Some(AccountId::parse(&account.id).unwrap()),
        purpose: Purpose::Read,
        kind: Arc::from(kind),
    };
    let mut lease = instances.lease().await.unwrap();
    // As natively: first what is done once in an instance's life.
    read_in_component(&mut lease, &scope, &account, &unit).await;
    let began = processor_time();
    let found = read_in_component(&mut lease, &scope, &account, &unit).await;
    (found, processor_time() - began)
}

async fn read_in_component(
    lease: &mut Lease<'_>,
    scope: &CallScope,
    account: &sync::Account,
    unit: &sync::Unit,
) -> usize {
    let (mut found, mut cursor) = (0, None);
    loop {
        let page = lease.sync_page(scope.clone(), account, unit, cursor.as_deref()).await.unwrap().unwrap();
        assert!(page.problems.is_empty(), "{:?}", page.problems);
        found += page.resources.lines().count();
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

fn account() -> String {
    Estate::account_id(0).to_string()
}

/// Seconds that this thread ran: others on the machine do not count. Not `/proc/thread-self/schedstat`, which goes by the
/// scheduler's ticks: a unit of a millisecond took no time by it.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
