//! Cloud Control behind the guard, without a component: the host's client is asked as a guest would ask it, and the front
//! answers. A type is learned from AWS's own answer about it, once for all who ask.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use portolan::aws::{
    Answer, Call, Client, ClientLimits, Exchange, ExchangeError, Header, Recorder, Replay, SessionFailure, Shares,
    TypeMemory, sign_request,
};
use portolan::bindings::portolan::aws::signed_http as wit;
use portolan::credentials::{Identity, SessionPolicy};
use portolan::http_client::{HttpClient, Limits, NetworkSettings};
use portolan::imports::{CallScope, Outbound, Purpose};
use portolan::run::Cancellation;
use portolan_guard::Grant;
use portolan_guest::wire;
use portolan_names::AccountId;
use portolan_tests::folders::Scratch;
use portolan_tests::front::Front;
use serde_json::{Value, json};

const THING: &str = "AWS::IoT::Thing";
const ACCOUNTS: [&str; 3] = ["111122223333", "222233334444", "333344445555"];
const HOME: &str = "us-east-1";
/// What a kind that is read through Cloud Control declares.
const DECLARED: &[&str] = &["cloudformation:DescribeType", "cloudcontrol:ListResources", "cloudcontrol:GetResource"];

/// Signs as an account's administrator and sends to the front.
struct Wire {
    url: String,
    http: HttpClient,
}

fn key(account: &str) -> (String, String) {
    (format!("AKIAADMIN{account}X"), format!("admin-secret-of-{account}"))
}

impl Wire {
    fn to(front: &Front) -> Arc<Self> {
        let keys: serde_json::Map<String, Value> = ACCOUNTS
            .iter()
            .map(|account| {
                let (id, secret) = key(account);
                let arn = format!("arn:aws:iam::{account}:user/admin");
                (id, json!({ "secret": secret, "account": account, "arn": arn }))
            })
            .collect();
        front.configure(&json!({ "keys": keys }));
        Arc::new(Self { url: front.url().to_owned(), http: HttpClient::new(&NetworkSettings::default()).unwrap() })
    }

    async fn send(&self, call: &Call) -> Answer {
        let Identity::Account(account) = &call.identity else { panic!("{call:?}") };
        let (id, secret) = key(account.as_str());
        let mut request = http::Request::builder()
            .method(call.method.as_str())
            .uri(format!("{}{}", self.url, call.target))
            .body(Bytes::from(call.body.clone()))
            .unwrap();
        for (name, value) in &call.headers {
            request.headers_mut().append(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        let credentials = Credentials::new(id, secret, None, None, "test");
        let signing_name = &portolan_tables::service(&call.service).unwrap().signing_name;
        sign_request(&mut request, &credentials, signing_name, &call.region, SystemTime::now()).unwrap();
        let limits = Limits { connect_ms: 5_000, quiet_ms: 60_000, total_ms: 60_000, body_bytes: 8 << 20 };
        let (head, body) = self.http.send(request, limits).await.unwrap().into_parts();
        Answer { status: head.status.as_u16(), headers: Vec::new(), body, at_ms: 0, remembered: false }
    }
}

impl Exchange for Wire {
    fn open<'a>(&'a self, _: &'a Identity, _: Option<&'a SessionPolicy>) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(async { Ok(()) })
    }

    fn exchange<'a>(&'a self, call: &'a Call, _: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        Box::pin(async { Ok(self.send(call).await) })
    }

    fn renew(&self, _: &Identity) {}
}

/// A run's client over some exchange, and how a guest would use it.
struct Bench(Client);

impl Bench {
    fn over(exchange: Arc<dyn Exchange>) -> Self {
        let limits = ClientLimits { concurrency: 64, per_account: 16, batch_bytes: 8 << 20, shares: Shares::default() };
        let client = Client::new(exchange, "aws".to_owned(), limits, Cancellation::default());
        let calls: Vec<Value> = DECLARED.iter().map(|operation| json!({ "operation": operation })).collect();
        client.grant(Grant::from_manifest(&json!({ "calls": calls }).to_string()).unwrap());
        Self(client)
    }

    fn remembering(front: &Front) -> Self {
        Self::over(Arc::new(TypeMemory::new(Wire::to(front))))
    }

    async fn ask(&self, place: (&str, &str), operation: &str, input: Value) -> Result<wit::Response, wit::SendError> {
        let (account, region) = place;
        let (service, operation) = operation.split_once(':').unwrap();
        let written = wire::request(portolan_tables::service(service).unwrap(), operation, &input).unwrap();
        let scope = CallScope {
            account: Some(AccountId::parse(account).unwrap()),
            purpose: Purpose::Read,
            kind: Arc::from(THING),
        };
        let request = wit::Request {
            identity: wit::Identity::Account,
            service: service.to_owned(),
            region: region.to_owned(),
            operation: operation.to_owned(),
            host_prefix: written.host_prefix,
            method: match written.method {
                wire::Method::Get => wit::Method::Get,
                wire::Method::Head => wit::Method::Head,
                wire::Method::Post => wit::Method::Post,
            },
            target: written.target,
            headers: written.headers,
            body: written.body,
        };
        self.0.send(&scope, vec![request]).await.remove(0)
    }

    async fn describe(&self, place: (&str, &str), name: &str) -> wit::Response {
        self.ask(place, "cloudformation:DescribeType", json!({"Type": "RESOURCE", "TypeName": name})).await.unwrap()
    }

    async fn list(&self, place: (&str, &str), name: &str) -> Result<wit::Response, String> {
        self.ask(place, "cloudcontrol:ListResources", json!({ "TypeName": name })).await.map_err(|error| {
            assert_eq!(error.class, wit::SendFailure::Refused, "{error:?}");
            error.message
        })
    }

    /// What was counted as sent, and what as refused.
    fn counted(&self, operation: &str) -> (u64, u64) {
        self.0.calls().snapshot().get(operation).map_or((0, 0), |counts| (counts.calls, counts.refused))
    }
}

/// What reached the front.
fn arrived(front: &Front) -> Vec<String> {
    front.assert_signatures();
    front.calls().iter().map(portolan_tests::front::Call::operation).collect()
}

fn home(account: usize) -> (&'static str, &'static str) {
    (ACCOUNTS[account], HOME)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_is_listed_after_it_was_described_and_not_before() {
    let front = Front::start();
    let bench = Bench::remembering(&front);
    let refusal = bench.list(home(0), THING).await.unwrap_err();
    assert!(refusal.contains("rule type") && refusal.contains("cloudformation:DescribeType"), "{refusal}");
    assert_eq!(arrived(&front), Vec::<String>::new());
    assert_eq!(bench.counted("cloudcontrol:ListResources"), (0, 1));

    let described = bench.describe(home(0), THING).await;
    assert_eq!((described.status, described.attempts), (200, 1), "{}", described.body);
    let page: Value = serde_json::from_str(&bench.list(home(0), THING).await.unwrap().body).unwrap();
    let first = &page["ResourceDescriptions"][0];
    assert_eq!((first["Identifier"].as_str(), page["NextToken"].is_string()), (Some("sensor-000"), true), "{page}");
    let next = json!({"TypeName": THING, "NextToken": page["NextToken"]});
    assert_eq!(bench.ask(home(0), "cloudcontrol:ListResources", next).await.unwrap().status, 200);
    let one = json!({"TypeName": THING, "Identifier": "sensor-000"});
    let one = bench.ask(home(0), "cloudcontrol:GetResource", one).await.unwrap();
    let one: Value = serde_json::from_str(&one.body).unwrap();
    assert_eq!(one["ResourceDescription"], *first);
    // One type's handlers say nothing of another's.
    assert!(bench.list(home(0), "AWS::Timestream::Table").await.unwrap_err().contains("AWS::Timestream::Table"));
    let list = "cloudcontrol:ListResources";
    assert_eq!(arrived(&front), ["cloudformation:DescribeType", list, list, "cloudcontrol:GetResource"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_that_read_more_than_inventory_and_types_that_are_not_there_are_refused_by_name() {
    let front = Front::start();
    let bench = Bench::remembering(&front);
    let secret = "AWS::SecretsManager::SecretTargetAttachment";
    for (name, status, words) in [
        (
            secret,
            200,
            "the read handler of AWS::SecretsManager::SecretTargetAttachment needs secretsmanager:GetSecretValue",
        ),
        ("AWS::SDB::Domain", 200, "AWS::SDB::Domain has no list handler"),
        ("AWS::IoT::Thingy", 404, "not known what the handlers of AWS::IoT::Thingy need"),
        ("AWS::CE::AnomalyMonitor", 200, ""),
    ] {
        let described = bench.describe(home(0), name).await;
        assert_eq!(described.status, status, "{}", described.body);
        match bench.list(home(0), name).await {
            Ok(answer) => assert_eq!((words, answer.status), ("", 200), "{name}: {}", answer.body),
            Err(refusal) => assert!(!words.is_empty() && refusal.contains(words), "{name}: {refusal}"),
        }
    }
    // Where the type is not, Cloud Control says so itself.
    let elsewhere = (ACCOUNTS[0], "eu-west-1");
    assert_eq!(bench.describe(elsewhere, "AWS::CE::AnomalyMonitor").await.attempts, 0);
    let answer = bench.list(elsewhere, "AWS::CE::AnomalyMonitor").await.unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("TypeNotFoundException"), "{}", answer.body);
    let listed = arrived(&front).iter().filter(|operation| *operation == "cloudcontrol:ListResources").count();
    assert_eq!(listed, 2, "what is refused reaches nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_not_the_plain_one_teaches_nothing() {
    let front = Front::start();
    let bench = Bench::remembering(&front);
    for input in [
        json!({"Type": "RESOURCE", "TypeName": THING, "VersionId": "00000002"}),
        json!({"TypeName": THING}),
        json!({"Type": "HOOK", "TypeName": THING}),
    ] {
        bench.ask(home(0), "cloudformation:DescribeType", input.clone()).await.unwrap();
        assert!(bench.list(home(0), THING).await.is_err(), "{input}");
    }
    // Nor does an answer that says other than was asked, or nothing.
    for rule in [
        json!({"do": "replace", "old": "<TypeName>AWS::IoT::Thing<", "new": "<TypeName>AWS::IoT::Policy<"}),
        json!({"do": "replace", "old": "\"permissions\"", "new": "\"permission\""}),
        json!({"do": "truncate"}),
        json!({"do": "html"}),
        json!({"do": "empty"}),
    ] {
        front.rule(&rule);
        assert_eq!(bench.describe(home(0), THING).await.status, 200);
        front.clear_rules();
        assert!(bench.list(home(0), THING).await.is_err(), "{rule}");
    }
    bench.describe(home(0), THING).await;
    assert_eq!(bench.list(home(0), THING).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_is_asked_about_once_by_however_many_units() {
    let front = Front::start();
    front.rule(&json!({"do": "delay", "ms": 200, "operation": "DescribeType"}));
    let bench = Bench::remembering(&front);
    let regions = ["us-east-1", "eu-west-1", "eu-central-1", "ap-south-1"];
    let places = ACCOUNTS.iter().flat_map(|account| regions.map(|region| (*account, region)));
    let answers = join_all(places.clone().map(|place| bench.describe(place, THING))).await;
    let sent: u32 = answers.iter().map(|answer| answer.attempts).sum();
    let bodies: BTreeSet<&str> = answers.iter().map(|answer| answer.body.as_str()).collect();
    assert_eq!((answers.len(), sent, bodies.len()), (12, 1, 1));
    assert_eq!(arrived(&front), ["cloudformation:DescribeType"]);
    assert_eq!(bench.counted("cloudformation:DescribeType"), (1, 0));
    for listed in join_all(places.map(|place| bench.list(place, THING))).await {
        assert_eq!(listed.unwrap().status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_may_not_ask_does_not_keep_the_others_from_learning() {
    let front = Front::start();
    let denied = &ACCOUNTS[..2];
    front.rule(&json!({"do": "deny", "by": "scp", "account": denied, "operation": "DescribeType"}));
    let bench = Bench::remembering(&front);
    for round in 0..3 {
        let first = bench.describe(home(0), THING).await;
        assert_eq!((first.status, first.attempts), (403, 1), "round {round}: {}", first.body);
        assert!(bench.list(home(1), THING).await.is_err());
    }
    assert_eq!(bench.describe(home(2), THING).await.status, 200);
    assert_eq!(bench.describe(home(0), THING).await.attempts, 0);
    assert_eq!(bench.list(home(1), THING).await.unwrap().status, 200);
    assert_eq!(bench.counted("cloudformation:DescribeType"), (4, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_answers_whoever_asks_first_and_counts_what_was_sent() {
    let front = Front::start();
    let scratch = Scratch::new("types-recorded");
    let file = scratch.file("types.recording");
    let (portolan_recording, notice) = Header::form_and_notice();
    let header = Header {
        portolan_recording,
        notice,
        run_id: "run".to_owned(),
        started_at_ms: 0,
        source_arn: String::new(),
        source_account: ACCOUNTS[0].to_owned(),
        source_why: String::new(),
        redaction_key: String::new(),
        partition: "aws".to_owned(),
        home_region: HOME.to_owned(),
    };
    let memory = Arc::new(TypeMemory::new(Wire::to(&front)));
    let recorder = Arc::new(Recorder::create(&file, &header, memory).unwrap());
    let recorded = Bench::over(Arc::clone(&recorder) as Arc<dyn Exchange>);
    let mut bodies = Vec::new();
    for account in [0, 1, 2] {
        bodies.push(recorded.describe(home(account), THING).await.body);
        bodies.push(recorded.list(home(account), THING).await.unwrap().body);
    }
    recorder.finish().unwrap();
    assert_eq!(written_out(&file), 2, "once as it was sent and once as it was remembered, however many ask");

    let replayed = Bench::over(Arc::new(Replay::open(&file).unwrap()));
    for account in [2, 1, 0] {
        assert!(account < 2 || replayed.list(home(2), THING).await.is_err(), "a replay learns as the run did");
        let described = replayed.describe(home(account), THING).await;
        assert_eq!(described.attempts, u32::from(account == 0));
        assert_eq!(described.body, bodies[account * 2]);
        assert_eq!(replayed.list(home(account), THING).await.unwrap().body, bodies[account * 2 + 1]);
    }
    let counted = |bench: &Bench| bench.counted("cloudformation:DescribeType");
    assert_eq!((counted(&recorded), counted(&replayed)), ((1, 0), (1, 0)));
}

/// How often the answer about the type stands in a recording word by word.
fn written_out(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap().matches("iot:DescribeThing").count()
}
