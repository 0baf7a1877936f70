//! What mapping costs: resources a second on one core, in the component and natively, on the direct path and through jaq;
//! and what a catalogue of 200,000 resources costs that did not change.
//!
//! `cargo bench -p portolan-tests --bench mapping` prints one table. Compare its rows with each other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot measure stops")]
#![allow(clippy::cast_precision_loss, reason = "for people to read")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use portolan::bindings::exports::portolan::aws::sync;
use portolan::bindings::portolan::aws::signed_http::{Request, Response, SendError};
use portolan::catalogue::{BatchLimits, Catalogue, Delivered, Fills, Mapped, PageRecord, RunStart};
use portolan::deletion::DeletionSettings;
use portolan::engine::{COMPONENT, Engine};
use portolan::entity_lines;
use portolan::imports::{CallScope, Outbound};
use portolan::instance::Instances;
use portolan::page_lines;
use portolan::unit::UnitKey;
use portolan_guest::Guest;
use portolan_guest::interface as guest;
use portolan_names::{AccountId, Region};
use portolan_tests::folders::Scratch;
use serde_json::{Value, json};

const KIND: &str = "AWS::EC2::Instance";
const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
/// Resources of one call, and calls; the middle call is shown.
const RESOURCES: usize = 100;
const CALLS: usize = 41;
/// Resources of the catalogue, and of one page.
const ROWS: usize = 200_000;
const PAGE: usize = 100;

/// What a mapping of instances usually writes, as plain expressions.
const PLAIN: &[(&str, &str)] = &[
    ("type", ".Properties.InstanceType"),
    ("state", ".Properties.State.Name"),
    ("image", ".Properties.ImageId"),
    ("vpc", ".Properties.VpcId"),
    ("subnet", ".Properties.SubnetId"),
    ("zone", ".Properties.Placement.AvailabilityZone"),
    ("private", ".Properties.PrivateIpAddress // \"none\""),
    ("public", ".Properties.PublicIpAddress"),
    ("launched", ".Properties.LaunchTime"),
    ("tags", ".Properties.Tags"),
    ("key", ".__ExtraContext.AccountId + \"/\" + .Properties.KeyName"),
];
/// What only jq can say.
const WITH_TAGS: (&str, &str) = ("named", "(.Properties.Tags // []) | map({(.Key): .Value}) | add");

struct Nobody;

impl Outbound for Nobody {
    fn send<'a>(&'a self, _: &'a CallScope, requests: Vec<Request>) -> BoxFuture<'a, Vec<Result<Response, SendError>>> {
        assert!(requests.is_empty(), "mapping sends nothing");
        Box::pin(async { Vec::new() })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let cache = Scratch::new("bench-mapping");
    let engine = Engine::new(COMPONENT, Some(&cache.file("compiled"))).unwrap();
    let text = resources();
    println!("{:<46} {:>12} {:>12}", "resources a second and core", "component", "native");
    let through = |code: &str| format!("{code} | .");
    let plain: Vec<(&str, String)> = PLAIN.iter().map(|(name, code)| (*name, (*code).to_owned())).collect();
    let jaq: Vec<(&str, String)> = PLAIN.iter().map(|(name, code)| (*name, through(code))).collect();
    let mixed: Vec<(&str, String)> = plain.iter().cloned().chain([(WITH_TAGS.0, WITH_TAGS.1.to_owned())]).collect();
    for (name, properties) in [
        ("11 plain expressions, read directly", plain),
        ("the same 11, through jaq", jaq),
        ("11 plain, and tags as an object through jaq", mixed),
    ] {
        let config = config(&properties);
        let component = in_component(&engine, &config, &text).await;
        let native = natively(&config, &text);
        println!("{name:<46} {:>12} {:>12}", rate(component), rate(native));
    }
    let configured = json!({"version": 1, "redaction_key": "00", "kinds": [{"kind": KIND}]}).to_string();
    let time =
        middle((0..CALLS).map(|_| timed(|| drop(Guest::configure(&configured, guest_run()).unwrap()))).collect());
    println!("configure, natively: {:.2} ms", time.as_secs_f64() * 1e3);
    catalogue(&cache);
}

fn rate(time: Duration) -> String {
    format!("{:.0}", RESOURCES as f64 / time.as_secs_f64())
}

fn config(properties: &[(&str, String)]) -> String {
    let properties: serde_json::Map<String, Value> =
        properties.iter().map(|(name, code)| ((*name).to_owned(), json!(code))).collect();
    let mapping = json!({"resources": [{
        "kind": KIND,
        "selector": {"query": "true"},
        "port": {"entity": {"mappings": {
            "identifier": ".Properties.InstanceId",
            "title": ".Properties.InstanceId",
            "blueprint": "\"instance\"",
            "properties": properties,
            "relations": {"account": ".__ExtraContext.AccountId"},
        }}},
    }]});
    json!({"version": 1, "redaction_key": "00", "mapping": mapping}).to_string()
}

fn resource(number: usize) -> Value {
    let id = format!("i-{number:017x}");
    json!({"id": id, "arn": "", "gaps": [], "resource": {"Type": KIND, "Properties": {
        "InstanceId": id, "InstanceType": "m5.large", "ImageId": "ami-0123456789abcdef0", "KeyName": "operations",
        "State": {"Code": 16, "Name": "running"}, "PrivateIpAddress": "10.0.0.1", "VpcId": "vpc-0123456789abcdef0",
        "SubnetId": "subnet-0123456789abcdef0", "LaunchTime": "2024-01-02T03:04:05Z",
        "SecurityGroups": [{"GroupId": "sg-0123456789abcdef0", "GroupName": "web"}],
        "Placement": {"AvailabilityZone": "eu-west-1a", "Tenancy": "default"}, "Monitoring": {"State": "disabled"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-0123456789abcdef0", "Status": "attached",
            "AttachTime": "2024-01-02T03:04:05Z", "DeleteOnTermination": true}}],
        "Tags": [{"Key": "Name", "Value": format!("web-{number}")}, {"Key": "Owner", "Value": "team"}],
    }, "__ExtraContext": {"AccountId": ACCOUNT, "Region": REGION}}})
}

fn resources() -> String {
    (0..RESOURCES).map(|number| format!("{}\n", resource(number))).collect()
}

async fn in_component(engine: &Engine, config: &str, text: &str) -> Duration {
    let run = sync::Run {
        id: "bench".to_owned(),
        started_at_ms: 1_700_000_000_000,
        partition: "aws".to_owned(),
        limits: sync::Limits {
            batch: 10,
            response_bytes: 8 << 20,
            batch_bytes: 4 << 20,
            page_bytes: 128 << 10,
            cursor_bytes: 64 << 10,
        },
    };
    let (instances, _) = Instances::new(engine.clone(), Arc::new(Nobody), config.to_owned(), run).await.unwrap();
    let unit = sync::Unit { kind: KIND.to_owned(), region: Some(REGION.to_owned()) };
    let mut lease = instances.lease().await.unwrap();
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let begun = Instant::now();
        let mapped = lease.map_resources(&unit, text).await.unwrap().unwrap();
        times.push(begun.elapsed());
        assert_eq!((mapped.entities.lines().count(), mapped.problems.len()), (RESOURCES, 0));
    }
    middle(times)
}

fn guest_run() -> guest::Run {
    guest::Run {
        id: "bench".to_owned(),
        started_at_ms: 1_700_000_000_000,
        partition: "aws".to_owned(),
        limits: guest::Limits {
            batch: 10,
            response_bytes: 8 << 20,
            batch_bytes: 4 << 20,
            page_bytes: 128 << 10,
            cursor_bytes: 64 << 10,
        },
    }
}

fn natively(config: &str, text: &str) -> Duration {
    let (guest, _) = Guest::configure(config, guest_run()).unwrap();
    let unit = guest::Unit { kind: KIND.to_owned(), region: Some(REGION.to_owned()) };
    let map = || {
        let mapped = guest.map_resources(&unit, text).unwrap();
        assert_eq!((mapped.entities.lines().count(), mapped.problems.len()), (RESOURCES, 0));
    };
    middle((0..CALLS).map(|_| timed(map)).collect())
}

/// Two runs over the same resources with the same entities: what the second costs, and what a sink is sent after it.
fn catalogue(cache: &Scratch) {
    let mut catalogue = Catalogue::open(&cache.file("bench.db")).unwrap();
    let unit = UnitKey {
        kind: KIND.to_owned(),
        account: AccountId::parse(ACCOUNT).unwrap(),
        region: Some(Region::parse(REGION).unwrap()),
    };
    println!("\n{ROWS} resources in the catalogue, one entity each");
    for (number, what) in [(1_u64, "new"), (2, "unchanged")] {
        let started = 1_700_000_000_000 + number * 3_600_000;
        let run_id = format!("run-{number}");
        let start = RunStart {
            run_id: run_id.clone(),
            started,
            partition: "aws".to_owned(),
            fingerprint: "f".to_owned(),
            identity: None,
            fills: Fills::new(),
        };
        catalogue.begin_run(&start).unwrap();
        let mut stored = Duration::ZERO;
        for first in (0..ROWS).step_by(PAGE) {
            let record = page(&unit, first, started + 1);
            stored += timed(|| {
                catalogue.store_page(&record).unwrap();
            });
        }
        let guard = DeletionSettings::default().run;
        let settled = timed(|| drop(catalogue.settle_entities(&run_id, guard, None, started + 2).unwrap()));
        let limits = BatchLimits { changes: 500, bytes: 1 << 20 };
        let mut sent = 0;
        let delivered = timed(|| {
            let mut pass = catalogue.begin_pass("sink", Delivered::Entities).unwrap();
            while let Some((changes, next)) = catalogue.next_changes("sink", pass.clone(), limits, started + 3).unwrap()
            {
                sent += changes.len();
                catalogue.accepted("sink", &changes, started + 3).unwrap();
                pass = next;
            }
        });
        let [stored, settled, delivered] = [stored, settled, delivered].map(|time| time.as_secs_f64());
        println!(
            "{what:<10} stored in {stored:.1} s, entities settled in {settled:.2} s, {sent} sent in {delivered:.2} s"
        );
        catalogue.finish_run(0, "{}", started + 4).unwrap();
    }
}

fn page(unit: &UnitKey, first: usize, now: u64) -> PageRecord {
    let (mut lines, mut made) = (String::new(), String::new());
    for number in first..first + PAGE {
        let resource = resource(number);
        let entity = json!({"of": resource["id"], "mapping": 0, "identifier": resource["id"], "blueprint": "instance",
            "entity": {"title": resource["id"], "properties": {"type": "m5.large", "state": "running"}}});
        lines.push_str(&format!("{resource}\n"));
        made.push_str(&format!("{entity}\n"));
    }
    PageRecord {
        unit: unit.clone(),
        lines: page_lines::parse(&lines).unwrap(),
        mapped: Some(Mapped { mapping: "m".to_owned(), lines: entity_lines::parse(&made).unwrap() }),
        problems: Vec::new(),
        whole: true,
        next: None,
        calls: 1,
        now,
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
