//! What an instance of the guard's component does besides deciding, and what it costs.

use std::time::Duration;

use portolan_guard::drop_values;
use portolan_tables::Variant;
use portolan_tests::{component, programs};

use super::component_under_test::{Decided, Guard, compiled, description_of_thing};
use super::sent::{Sent, everything_written};
use super::types::THING;

/// The component that ships is some 1.9 MB, most of it the tables; twice that would be news.
const BYTES_MAX: usize = 4 << 20;
/// Decisions of which the mean is printed.
const DECISIONS: u32 = 2_000;

const QUEUES: &str = r#"{"calls":[{"operation":"sqs:ListQueues","identity":"account"}]}"#;

fn sent(service: &str, operation: &str) -> Sent {
    Sent::plain(portolan_tables::service(service).unwrap(), operation)
}

#[track_caller]
fn refused(decided: Decided, rule: &str, words: &str) {
    match decided {
        Decided::Refused(_, refused_by, _, _, text) => assert!(refused_by == rule && text.contains(words), "{text}"),
        Decided::Permitted(..) => panic!("{decided:?}"),
    }
}

#[test]
fn it_imports_nothing_at_all() {
    let bytes = std::fs::read(programs::guard()).unwrap();
    assert_eq!(component::imports(&bytes).unwrap(), Vec::<String>::new());
    // As another reader of the file has it, down to the core modules' own imports: none is left for a host.
    let (engine, built) = (compiled().engine(), compiled().component_type());
    assert_eq!(built.imports(engine).count(), 0);
    let exports: Vec<String> = built.exports(engine).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(exports, ["portolan:guard/decisions@0.1.0", "portolan:guard/endpoints@0.1.0"]);
    assert!(bytes.len() < BYTES_MAX, "{} bytes", bytes.len());
}

#[test]
fn nothing_passes_before_it_is_granted_and_a_grant_is_given_once() {
    let mut guard = Guard::new();
    let queues = sent("sqs", "ListQueues");
    refused(guard.decide(&queues.wire()), "grant", "no loaded kind declares it");
    assert!(guard.learn(THING, &description_of_thing()).unwrap_err().contains("nothing is granted"));
    assert!(guard.grant("{", &[]).unwrap_err().contains("manifest"));
    assert!(guard.grant(QUEUES, &["sqs:DeleteQueue".to_owned()]).is_ok(), "an action that the tables do not know");
    assert!(matches!(guard.decide(&queues.wire()), Decided::Permitted(..)));
    // A guest's second manifest would be the guest's own grant.
    let (everything, operator) = everything_written(portolan_tables::services().filter_map(portolan_tables::service));
    assert!(guard.grant(&everything, &operator).unwrap_err().contains("another instance"));
    refused(guard.decide(&sent("sns", "ListTopics").wire()), "grant", "no loaded kind declares it");
}

#[test]
fn a_grant_tells_what_can_never_pass_and_refuses_what_no_operator_can_grant() {
    let writes =
        r#"{"calls":[{"operation":"sqs:DeleteQueue"},{"operation":"s3:GetObject"},{"operation":"sqs:ListQueues"}]}"#;
    assert_eq!(Guard::new().grant(writes, &[]).unwrap(), ["s3:GetObject", "sqs:DeleteQueue"]);
    let denied = Guard::new().grant(QUEUES, &["s3:GetObject".to_owned()]).unwrap_err();
    assert!(denied.contains("can never be granted"), "{denied}");
}

#[test]
fn types_are_learned_from_the_answer_that_a_permitted_question_got() {
    let mut guard = Guard::new();
    let calls = r#"{"calls":[{"operation":"cloudcontrol:ListResources"},{"operation":"cloudformation:DescribeType"}]}"#;
    guard.grant(calls, &[]).unwrap();
    let list = sent("cloudcontrol", "ListResources").with(|s| s.body = format!(r#"{{"TypeName":"{THING}"}}"#));
    refused(guard.decide(&list.wire()), "type", "DescribeType");
    let question = sent("cloudformation", "DescribeType")
        .with(|s| s.body.push_str("&Type=RESOURCE&TypeName=AWS%3A%3AIoT%3A%3AThing"));
    let Decided::Permitted(.., Some(teaches)) = guard.decide(&question.wire()) else { panic!("no question") };
    assert_eq!(teaches, THING);
    let another = description_of_thing().replace("RESOURCE", "MODULE");
    assert!(guard.learn(&teaches, &another).unwrap_err().contains("its Type"));
    refused(guard.decide(&list.wire()), "type", "DescribeType");
    assert_eq!(guard.learn(&teaches, &description_of_thing()).unwrap(), THING);
    assert!(matches!(guard.decide(&list.wire()), Decided::Permitted(..)));
}

#[test]
fn values_are_dropped_as_the_crate_drops_them() {
    let mut guard = Guard::new();
    let names = ["preSharedKey", "authKey"].map(str::to_owned);
    for (status, body) in [
        (200, r#"{"a":[{"authKey":"x"}],"authKeyId":"y"}"#),
        (200, "<R><preSharedKey>x</preSharedKey><other>y</other></R>"),
        (200, "<R><preSharedKey>x"),
        (503, "<R><preSharedKey>x"),
        (200, ""),
    ] {
        let native = drop_values(status, body.as_bytes(), &names);
        let native = native.map(|dropped| dropped.unwrap_or_else(|| body.to_owned())).map_err(|why| why.to_string());
        assert_eq!(guard.drop_values(status, body, &names), native, "{body}");
    }
    assert_eq!(guard.drop_values(200, r#"{"authKey":"x"}"#, &names).unwrap(), r#"{"authKey":""}"#);
    assert_eq!(guard.drop_values(200, "not text", &[]).unwrap(), "not text");
}

#[test]
fn endpoints_are_those_of_the_tables() {
    let mut guard = Guard::new();
    let services: Vec<&str> = portolan_tables::services().collect();
    let regions =
        ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "mars-north-1", "eu-west-1.evil.example"];
    for service in services.into_iter().chain(["169.254.169.254"]) {
        for region in regions {
            for (fips, dual_stack) in [(false, false), (true, false), (false, true), (true, true)] {
                let native = portolan_tables::endpoint(service, region, Variant { fips, dual_stack });
                let native = native.map(|at| (at.host, at.signing_region, at.signing_name));
                let found = guard.endpoint((service, region), (fips, dual_stack));
                assert_eq!(found, native.map_err(|error| error.to_string()), "{service} {region} {fips} {dual_stack}");
            }
        }
    }
}

/// Processor time of this thread so far, which other work of the machine does not lengthen. Nothing where the system does not
/// tell it.
fn spent() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split_whitespace().next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// `cargo test --workspace --test it -- --nocapture guard_component::one_instance::what_it_costs`
#[test]
fn what_it_costs() {
    let bytes = std::fs::metadata(programs::guard()).unwrap().len();
    let (manifest, operator) = everything_written(portolan_tables::services().filter_map(portolan_tables::service));
    let mut guard = Guard::new();
    let began = spent();
    guard.grant(&manifest, &operator).unwrap();
    println!("the component has {bytes} bytes; a grant of everything takes {:?}", spent().saturating_sub(began));
    for (service, operation, more) in [
        ("sqs", "ListQueues", ""),
        ("ec2", "DescribeInstances", "&MaxResults=100&Filter.1.Name=tag%3AName&Filter.1.Value.1=a+b"),
        ("eks", "DescribeCluster", ""),
    ] {
        let sent = sent(service, operation).with(|s| s.body.push_str(more));
        // `wire` asks for a second opinion, which is not to be counted.
        let wire = sent.wire();
        let began = spent();
        for _ in 0..DECISIONS {
            assert!(matches!(guard.decide(&wire), Decided::Permitted(..)));
        }
        println!("{service}:{operation}: {:?} a decision", spent().saturating_sub(began) / DECISIONS);
    }
}
