//! Attempts to get a write past the guard, made up by the machine.

use std::cell::Cell;

use portolan_guard::{Identity, Method, WireRequest, decide};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::lenient::readings;
use super::sent::{Sent, hostile, hostile_service, plain, strongest};

/// Enough that each pair of tricks meets each kind of request; the run stays within seconds.
const CASES: u32 = 20_000;

/// One thing that is done to a request.
#[derive(Debug, Clone)]
enum Trick {
    Header(String, String),
    HeaderCase(usize),
    TargetSuffix(String),
    TargetPrefix(String),
    TargetSplice(usize, String),
    BodySuffix(String),
    BodyPrefix(String),
    BodySplice(usize, String),
    BodyOf(usize),
    Method(Method),
    Service(usize),
    /// A name that is no service's: of another host, of the metadata service.
    Place(String),
    Region(String),
    HostPrefix(String),
    Case(usize),
    /// A harmful operation of the same service, written where some server might look for it.
    Carry(Carrier, usize),
}

#[derive(Debug, Clone, Copy)]
enum Carrier {
    Query,
    BodyEnd(&'static str),
    BodyStart,
    Header(&'static str),
    OverrideHeader,
    Path,
    PathAfter(&'static str),
}

/// The operations of the tables, numbered.
fn operations() -> Vec<(&'static str, &'static str)> {
    hostile().iter().flat_map(|service| service.operation_names().map(|name| (service.name.as_str(), name))).collect()
}

fn pick(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(words).prop_map(str::to_owned)
}

fn trick() -> impl Strategy<Value = Trick> {
    let headers = pick(&[
        "x-amz-target",
        "X-Amz-Target",
        "x-amz-target ",
        "content-type",
        "Content-Type",
        "host",
        "Host",
        "authorization",
        "x-http-method-override",
        "x-http-method",
        "x-amz-date",
        "x-amz-security-token",
        "content-length",
        "transfer-encoding",
        "x-amzn-query-mode",
        "x-amz-expected-bucket-owner",
        "x-forwarded-host",
        "connection",
        "accept",
        "x-amz-copy-source",
        "smithy-protocol",
        "x-original-url",
        "x-rewrite-url",
    ]);
    let values = pick(&[
        "AmazonSQS.DeleteQueue",
        "AmazonSQS.ListQueues",
        "DynamoDB_20120810.DeleteTable",
        "DynamoDB_20120810.GetItem",
        "AmazonSQS.ListQueues\r\nx-amz-target: AmazonSQS.DeleteQueue",
        "AWSOrganizationsV20161128.CloseAccount",
        "DELETE",
        "PUT",
        "application/x-www-form-urlencoded",
        "application/x-amz-json-1.0",
        "application/x-amz-json-1.1",
        "application/json",
        "application/cbor",
        "169.254.169.254",
        "evil.example",
        "chunked",
        "0",
        "true",
        "/bucket/key",
        "rpc-v2-cbor",
    ]);
    let pieces = || {
        pick(&[
            "?delete",
            "&delete",
            "?Action=DeleteQueue",
            "?Action=TerminateInstances&Version=2016-11-15",
            "&versionId=1",
            "?tagging",
            "&tagging",
            "?list-type=2",
            "?uploads",
            "&x-id=DeleteBucket",
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "/",
            "//",
            "/.",
            "/..",
            "/../",
            "/./",
            "%2F",
            "%2f",
            "%2E%2E",
            "%2e%2e/",
            "..%2F",
            "%252F",
            "\\",
            "%5C",
            ";a=b",
            "%3B",
            "%3F",
            "?",
            "#",
            "%23",
            "@evil.example",
            "%40",
            "//evil.example",
            ":80",
            "%00",
            "%0D%0A",
            "\r\n",
            " ",
            "%20",
            "key",
            "/key",
            "/invocations",
            "/configuration",
            "/clusters/blue",
            "/2015-03-31/functions/f/invocations",
            "é",
            "=",
            "&",
            "+",
            "arn%3Aaws%3A",
        ])
    };
    let bodies = || {
        pick(&[
            "&Action=TerminateInstances",
            "Action=TerminateInstances&",
            "&action=TerminateInstances",
            "&%41ction=DeleteDBInstance",
            "&Action+=Publish",
            "&Action.1=CreateUser",
            ";Action=DeleteLoadBalancer",
            "&Version=2012-11-05",
            "\nAction=Publish",
            "&Attribute=userData",
            "&Attribute=instanceType",
            r#"{"Action":"DeleteQueue"}"#,
            r#"{"__type":"DeleteQueue"}"#,
            r#","QueueUrl":"b""#,
            r#"{"QueueUrl":"a"}"#,
            "{}",
            "}{",
            " ",
            "&",
            "&MaxResults=5",
            "&InstanceId.1=i-1",
            "%00",
            "<Delete/>",
        ])
    };
    let methods = proptest::sample::select(vec![Method::Get, Method::Head, Method::Post]);
    prop_oneof![
        2 => (headers, values).prop_map(|(name, value)| Trick::Header(name, value)),
        1 => any::<usize>().prop_map(Trick::HeaderCase),
        3 => pieces().prop_map(Trick::TargetSuffix),
        1 => pieces().prop_map(Trick::TargetPrefix),
        3 => (any::<usize>(), pieces()).prop_map(|(at, text)| Trick::TargetSplice(at, text)),
        3 => bodies().prop_map(Trick::BodySuffix),
        1 => bodies().prop_map(Trick::BodyPrefix),
        1 => (any::<usize>(), bodies()).prop_map(|(at, text)| Trick::BodySplice(at, text)),
        1 => any::<usize>().prop_map(Trick::BodyOf),
        1 => methods.prop_map(Trick::Method),
        1 => any::<usize>().prop_map(Trick::Service),
        1 => pick(&["data.", "evil.example.", "a@", "", "169.254.169.254/", "[fd00:ec2::254]/", "api.", "x\r\n"])
            .prop_map(Trick::HostPrefix),
        1 => pick(&["169.254.169.254", "[fd00:ec2::254]", "169.254.170.2", "localhost", "evil.example", "sqs.evil.example/",
            "sqs@evil.example", "SQS", "s3 ", "../ec2", "ec2#"]).prop_map(Trick::Place),
        1 => pick(&["169.254.169.254", "us-east-1.evil.example", "eu-west-1@evil.example", "eu-west-1/", "eu-west-1#",
            "EU-WEST-1", "eu-west-1\r\n", "eu-west-1:80", "us-east-1", "cn-north-1", "us-gov-west-1", "mars-north-1", ""])
            .prop_map(Trick::Region),
        1 => any::<usize>().prop_map(Trick::Case),
        6 => (carrier(), any::<usize>()).prop_map(|(carrier, index)| Trick::Carry(carrier, index)),
    ]
}

fn carrier() -> impl Strategy<Value = Carrier> {
    use Carrier::{BodyEnd, BodyStart, Header, OverrideHeader, Path, PathAfter, Query};
    let mut all = vec![Query, BodyStart, OverrideHeader, Path];
    all.extend(["Action", "action", "ACTION", "%41ction", "Action+", "+Action", "Action.1", "Action%00"].map(BodyEnd));
    all.extend(["x-amz-target", "X-Amz-Target", "x-amz-target ", "x_amz_target"].map(Header));
    all.extend(
        ["/..", "/../..", "%2F..", "/%2E%2E", "/%252E%252E", ";x=", "?", "#", "%3F", "\\..", "//x"].map(PathAfter),
    );
    proptest::sample::select(all)
}

/// Writes a harmful operation of the request's service into the request.
fn carry(sent: &mut Sent, carrier: Carrier, index: usize) {
    let all = operations();
    let harmful: Vec<_> = all
        .iter()
        .filter(|(service, name)| *service == sent.service && is_harmful(&format!("{service}:{name}")))
        .collect();
    let Some((service, name)) = harmful.get(index % harmful.len().max(1)) else { return };
    let harm = plain(service, name);
    match carrier {
        Carrier::Query => {
            sent.target.push_str(&format!("?Action={name}&Version={}", hostile_service(service).api_version));
        }
        Carrier::BodyEnd(key) => sent.body.push_str(&format!("&{key}={name}")),
        Carrier::BodyStart => sent.body.insert_str(0, &format!("Action={name}&")),
        Carrier::Header(key) => {
            sent.headers.push((key.to_owned(), format!("{}.{name}", hostile_service(service).target_prefix)));
        }
        Carrier::OverrideHeader => {
            let method = hostile_service(service).operation(name).unwrap().method.clone();
            sent.headers.push(("x-http-method-override".to_owned(), method));
        }
        Carrier::Path => sent.target = harm.target,
        Carrier::PathAfter(between) => sent.target = format!("{}{between}{}", sent.target, harm.target),
    }
}

fn apply(sent: &mut Sent, trick: Trick) {
    match trick {
        Trick::Carry(carrier, index) => carry(sent, carrier, index),
        Trick::Header(name, value) => sent.headers.push((name, value)),
        Trick::HeaderCase(at) => {
            let count = sent.headers.len().max(1);
            if let Some((name, _)) = sent.headers.get_mut(at % count) {
                *name = name.to_ascii_uppercase();
            }
        }
        Trick::TargetSuffix(text) => sent.target.push_str(&text),
        Trick::TargetPrefix(text) => sent.target.insert_str(0, &text),
        Trick::TargetSplice(at, text) => splice(&mut sent.target, at, &text),
        Trick::BodySuffix(text) => sent.body.push_str(&text),
        Trick::BodyPrefix(text) => sent.body.insert_str(0, &text),
        Trick::BodySplice(at, text) => splice(&mut sent.body, at, &text),
        Trick::BodyOf(index) => {
            let all = operations();
            let (service, operation) = all[index % all.len()];
            sent.body = plain(service, operation).body;
        }
        Trick::Method(method) => sent.method = method,
        Trick::Service(index) => sent.service.clone_from(&hostile()[index % hostile().len()].name),
        Trick::Place(name) => sent.service = name,
        Trick::Region(region) => sent.region = region,
        Trick::HostPrefix(prefix) => sent.host_prefix = Some(prefix),
        Trick::Case(at) => {
            let flip = |text: &mut String| {
                let flipped = text.char_indices().map(|(index, c)| {
                    if index % 7 != at % 7 {
                        c
                    } else if c.is_ascii_lowercase() {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                });
                *text = flipped.collect();
            };
            match at % 3 {
                0 => flip(&mut sent.target),
                1 => flip(&mut sent.body),
                _ => sent.headers.iter_mut().for_each(|(_, value)| flip(value)),
            }
        }
    }
}

fn splice(text: &mut String, at: usize, piece: &str) {
    let places: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
    let place = if places.is_empty() { 0 } else { places[at % places.len()] };
    text.insert_str(place, piece);
}

/// Where a permitted request goes, as a host puts it together, is a name below one of AWS's own domains and nothing else.
fn goes_to_aws(sent: &Sent) -> bool {
    let [plain, dual_stack] = [false, true].map(|dual_stack| {
        let variant = portolan_tables::Variant { fips: false, dual_stack };
        portolan_tables::endpoint(&sent.service, &sent.region, variant).ok()
    });
    let of_aws = |host: &str| {
        let host = format!("{}{host}", sent.host_prefix.as_deref().unwrap_or_default());
        let named =
            host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        named && portolan_tables::partitions().iter().any(|p| below(&p.dns_suffix) || below(&p.dual_stack_suffix))
    };
    [plain, dual_stack].iter().flatten().all(|endpoint| of_aws(&endpoint.host))
}

/// What AWS's data says of an operation: whether any reading as it must be refused.
fn is_harmful(name: &str) -> bool {
    let (service, operation) = name.split_once(':').unwrap();
    let operation = hostile_service(service).operation(operation).unwrap();
    let read = matches!(operation.access, Some(portolan_tables::Access::List | portolan_tables::Access::Read));
    let never = operation.denied.as_ref().is_some_and(|denied| denied.rule == portolan_tables::DeniedRule::Never);
    !read || never
}

#[test]
fn no_trick_gets_a_write_or_a_denied_read_past_the_strongest_grant() {
    let all = operations();
    let passed = Cell::new(0u32);
    let harmful = Cell::new(0u32);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let requests = (0..all.len(), proptest::collection::vec(trick(), 0..4), any::<bool>());
    runner
        .run(&requests, |(index, tricks, management)| {
            let (service, operation) = all[index];
            let mut sent = plain(service, operation);
            if management {
                sent.identity = Identity::Management;
            }
            for trick in tricks {
                apply(&mut sent, trick);
            }
            let readings = readings(&sent);
            let bad = readings.iter().find(|name| is_harmful(name));
            harmful.set(harmful.get() + u32::from(bad.is_some()));
            if let Ok(permitted) = sent.decide(strongest()) {
                passed.set(passed.get() + 1);
                prop_assert!(goes_to_aws(&sent), "passed, and would go elsewhere: {sent:?}");
                prop_assert!(bad.is_none(), "passed as {permitted:?} and can be read as {bad:?}: {sent:?}");
                let name = format!("{}:{}", permitted.service, permitted.operation);
                prop_assert!(
                    readings.contains(&name),
                    "passed as {name}, a careless reader sees {readings:?}: {sent:?}"
                );
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    // Both sides were really tried.
    assert!(passed.get() > CASES / 50, "{} passed", passed.get());
    assert!(harmful.get() > CASES / 5, "{} could be read as harmful", harmful.get());
}

proptest! {
    #![proptest_config(Config { cases: 4_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_text_at_all_is_answered_without_a_panic_and_passes_nothing(
        service in proptest::sample::select(portolan_tables::services().collect::<Vec<_>>()),
        target in ".{0,60}",
        headers in proptest::collection::vec((".{0,20}", ".{0,30}"), 0..4),
        body in ".{0,80}",
        host_prefix in proptest::option::of(".{0,10}"),
    ) {
        let request = WireRequest {
            service, region: "eu-west-1", operation: "x", method: Method::Post, target: &target, headers: &headers, body: &body,
            host_prefix: host_prefix.as_deref(), identity: Identity::Account,
        };
        super::second_opinion(&request);
        prop_assert!(decide(&request, strongest()).is_err());
    }

    #[test]
    fn any_ending_of_a_good_request_is_answered_without_a_panic(
        index in any::<usize>(), target in ".{0,20}", body in ".{0,20}", region in "[a-z0-9.@/-]{0,14}",
    ) {
        let all = operations();
        let (service, operation) = all[index % all.len()];
        let sent = plain(service, operation).with(|s| { s.target.push_str(&target); s.body.push_str(&body); s.region = region; });
        if let Ok(permitted) = sent.decide(strongest()) {
            prop_assert_eq!(permitted.service, service);
        }
    }
}
