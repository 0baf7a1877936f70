//! Cloud Control: a request is as good as the handlers of the type that it names, and those must be known.

use std::cell::Cell;
use std::collections::BTreeSet;

use portolan_guard::{Grant, Handlers, Identity, Permitted, Refusal, Rule, decide, limits};
use portolan_names::TypeName;
use portolan_tables::{DeniedRule, denied_reads};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::sent::Sent;

/// A type whose handlers read nothing but inventory.
pub const THING: &str = "AWS::IoT::Thing";
/// One whose read handler reads a secret.
const ATTACHMENT: &str = "AWS::SecretsManager::SecretTargetAttachment";
const OPERATIONS: [&str; 2] = ["ListResources", "GetResource"];

/// Whether an operation is one of those that run a type's handlers.
pub fn runs_handlers(service: &str, operation: &str) -> bool {
    service == "cloudcontrol" && OPERATIONS.contains(&operation)
}

pub fn learn_thing(grant: &mut Grant) {
    grant.learn(name(THING), handlers(&["iot:ListThings"], &["iot:DescribeThing"])).unwrap();
}

fn name(text: &str) -> TypeName {
    TypeName::parse(text).unwrap()
}

fn handlers(list: &[&str], read: &[&str]) -> Handlers {
    let owned = |actions: &[&str]| Some(actions.iter().map(|&action| action.to_owned()).collect());
    Handlers { list: owned(list), read: owned(read) }
}

fn declared() -> Grant {
    Grant::from_manifest(
        r#"{"calls":[{"operation":"cloudcontrol:ListResources"},{"operation":"cloudcontrol:GetResource"}]}"#,
    )
    .unwrap()
}

fn sent(operation: &str, body: &str) -> Sent {
    let service = portolan_tables::service("cloudcontrol").unwrap();
    Sent::plain(service, operation).with(|s| body.clone_into(&mut s.body))
}

fn about(operation: &str, type_name: &str) -> Sent {
    sent(operation, &json!({"TypeName": type_name}).to_string())
}

fn answer(sent: &Sent, grant: &Grant) -> Result<Permitted<'static>, Refusal> {
    decide(&sent.wire(), grant)
}

#[track_caller]
fn refused(sent: &Sent, grant: &Grant, rule: Rule, words: &str) -> Refusal {
    let refusal = answer(sent, grant).unwrap_err();
    assert_eq!(refusal.rule, rule, "{refusal}");
    assert!(refusal.message.contains(words), "{refusal} lacks {words:?}");
    refusal
}

#[test]
fn a_type_passes_once_its_handlers_are_known_and_not_before() {
    let mut grant = declared();
    for operation in OPERATIONS {
        let refusal =
            refused(&about(operation, THING), &grant, Rule::Type, "what the handlers of AWS::IoT::Thing need");
        assert_eq!(
            refusal.to_string(),
            format!(
                "cloudcontrol:{operation} refused by rule type: it is not known what the handlers of AWS::IoT::Thing need; \
                 to allow it: ask cloudformation:DescribeType for it first, with Type=RESOURCE and \
                 TypeName=AWS::IoT::Thing alone"
            )
        );
    }
    learn_thing(&mut grant);
    assert!(grant.knows(&name(THING)) && !grant.knows(&name(ATTACHMENT)));
    for (operation, action) in OPERATIONS.iter().zip(["cloudformation:ListResources", "cloudformation:GetResource"]) {
        let permitted = answer(&about(operation, THING), &grant).unwrap();
        assert_eq!((permitted.service, permitted.operation, permitted.action), ("cloudcontrol", *operation, action));
        refused(&about(operation, "AWS::IoT::ThingType"), &grant, Rule::Type, "ThingType");
    }
    let mut undeclared = Grant::nothing();
    learn_thing(&mut undeclared);
    refused(&about("ListResources", THING), &undeclared, Rule::Grant, "no loaded kind declares it");
    let management = about("ListResources", THING).with(|s| s.identity = Identity::Management);
    refused(&management, &grant, Rule::Identity, "management");
}

#[test]
fn a_request_names_its_type_once_in_three_parts_and_nothing_that_changes_who_runs_it() {
    let mut grant = declared();
    learn_thing(&mut grant);
    for (body, rule, words) in [
        ("{}", Rule::Type, "TypeName must be given"),
        (r#"{"TypeName":null}"#, Rule::Type, "TypeName must be given"),
        (r#"{"TypeName":["AWS::IoT::Thing"]}"#, Rule::Type, "TypeName must be given"),
        (r#"{"TypeName":["AWS::IoT::Thing","AWS::IoT::Thing"]}"#, Rule::Type, "TypeName must be given"),
        (r#"{"TypeName":""}"#, Rule::Type, "three parts"),
        (r#"{"TypeName":"AWS::IoT"}"#, Rule::Type, "three parts"),
        (r#"{"TypeName":"AWS::IoT::Thing::MODULE"}"#, Rule::Type, "three parts"),
        (r#"{"TypeName":" AWS::IoT::Thing"}"#, Rule::Type, "three parts"),
        (r#"{"TypeName":"AWS::IoT::Thing\u0000"}"#, Rule::Type, "three parts"),
        (r#"{"TypeName":"AWS::IOT::Thing"}"#, Rule::Type, "not known"),
        (r#"{"TypeName":"MongoDB::Atlas::Cluster"}"#, Rule::Type, "not a type of AWS's own"),
        (r#"{"TypeName":"AWS::IoT::Thing","TypeName":"AWS::IoT::Thing"}"#, Rule::Body, "given twice"),
        (r#"{"typeName":"AWS::IoT::Thing"}"#, Rule::Parameter, "no parameter"),
        (r#"{"TypeName":"AWS::IoT::Thing","RoleArn":"arn:aws:iam::1:role/x"}"#, Rule::Constraint, "another role"),
        (r#"{"TypeName":"AWS::IoT::Thing","TypeVersionId":"00000002"}"#, Rule::Constraint, "version"),
    ] {
        refused(&sent("ListResources", body), &grant, rule, words);
    }
    let written = r#"{"TypeName":"AWS::IoT::\u0054hing","ResourceModel":"{\"A\":1}","MaxResults":100,"NextToken":"x"}"#;
    assert!(answer(&sent("ListResources", written), &grant).is_ok());
    assert!(answer(&sent("GetResource", r#"{"TypeName":"AWS::IoT::Thing","Identifier":"a|b"}"#), &grant).is_ok());
}

#[test]
fn handlers_are_judged_by_each_of_their_actions() {
    let grant = declared().with_operator(["cloudtrail:LookupEvents".to_owned()]).unwrap();
    // The action of a read handler, which rule refuses it, and words of the refusal.
    for (action, rule, words) in [
        ("secretsmanager:GetSecretValue", Rule::DeniedRead, "which is not inventory, and no grant allows it"),
        ("SecretsManager:getsecretvalue", Rule::DeniedRead, "SecretsManager:getsecretvalue"),
        ("s3:GetObject", Rule::DeniedRead, "s3:GetObject"),
        // A row of the reviewed list for which no SDK has an operation.
        ("codeconnections:GetConnectionToken", Rule::DeniedRead, "credential"),
        ("glue:GetConnections", Rule::Constraint, "cannot be bound"),
        ("ssm:GetParameters", Rule::Constraint, "cannot be bound"),
        ("iam:GetAccountAuthorizationDetails", Rule::Grant, "the operator's grant does not name it"),
        // Writes, with and without a harmless name; what does not exist (as a schema of AWS's own has it); patterns.
        ("kms:Decrypt", Rule::Access, "no read of that name"),
        ("iam:PassRole", Rule::Access, "no read of that name"),
        ("sqs:ReceiveMessage", Rule::DeniedRead, "not inventory"),
        ("athena:ListDataCatalog", Rule::Access, "no read of that name"),
        ("iot:*", Rule::Access, "a pattern"),
        ("iot:Describe*", Rule::Access, "a pattern"),
        ("iot:Describe?hing", Rule::Access, "a pattern"),
        ("*", Rule::Access, "a pattern"),
        ("", Rule::Access, "no read of that name"),
        ("iot", Rule::Access, "no read of that name"),
        ("iot:DescribeThing ", Rule::Access, "no read of that name"),
        ("iot:\u{1b}[2J", Rule::Access, "no read of that name"),
    ] {
        for reads in [handlers(&["iot:ListThings"], &["iot:DescribeThing", action]), handlers(&[action], &[])] {
            let refusal = grant.handlers(&name(THING), &reads).unwrap_err();
            assert_eq!((refusal.operation.as_str(), refusal.rule), (THING, rule), "{refusal}");
            assert!(refusal.message.contains(words), "{refusal} lacks {words:?}");
            assert!(!refusal.to_string().contains('\u{1b}'), "{refusal}");
            let mut grant = grant.clone();
            grant.learn(name(THING), reads).unwrap();
            // Each operation, whichever of the handlers it is that may not run.
            for operation in OPERATIONS {
                refused(&about(operation, THING), &grant, rule, words);
            }
        }
    }
    for action in ["iot:DescribeThing", "IoT:describething", "s3:ListAllMyBuckets", "cloudtrail:LookupEvents"] {
        grant.handlers(&name(THING), &handlers(&[action], &[action])).unwrap();
    }
}

#[test]
fn a_refusal_names_type_handler_action_and_the_grant_that_would_allow_it() {
    let mut grant = declared();
    grant
        .learn(name(ATTACHMENT), handlers(&[], &["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]))
        .unwrap();
    assert_eq!(
        answer(&about("ListResources", ATTACHMENT), &grant).unwrap_err().to_string(),
        "cloudcontrol:ListResources refused by rule denied-read: the read handler of \
         AWS::SecretsManager::SecretTargetAttachment needs secretsmanager:GetSecretValue: it reads secret, which is not \
         inventory, and no grant allows it"
    );
    let trails = handlers(
        &["cloudtrail:LookupEvents"],
        &["iam:GetAccountAuthorizationDetails", "cloudtrail:lookupevents", "iot:ListThings"],
    );
    let refusal = grant.handlers(&name(THING), &trails).unwrap_err();
    assert_eq!(refusal.rule, Rule::Grant, "{refusal}");
    assert_eq!(
        refusal.grant_that_would_allow.as_deref(),
        Some("add `cloudtrail:LookupEvents`, `iam:GetAccountAuthorizationDetails` under `grant:` in portolan.yaml")
    );
    let both = ["cloudtrail:LookupEvents", "iam:GetAccountAuthorizationDetails"].map(str::to_owned);
    grant.with_operator(both).unwrap().handlers(&name(THING), &trails).unwrap();
}

#[test]
fn a_type_without_the_handler_is_refused_with_its_name() {
    let mut grant = declared();
    grant.learn(name(THING), Handlers { list: None, ..handlers(&[], &["iot:DescribeThing"]) }).unwrap();
    refused(&about("ListResources", THING), &grant, Rule::Type, "AWS::IoT::Thing has no list handler");
    assert!(answer(&about("GetResource", THING), &grant).is_ok());
    grant.learn(name(THING), Handlers { read: None, ..handlers(&["iot:ListThings"], &[]) }).unwrap();
    refused(&about("GetResource", THING), &grant, Rule::Type, "AWS::IoT::Thing has no read handler");
    assert!(answer(&about("ListResources", THING), &grant).is_ok());
}

#[test]
fn no_row_of_the_reviewed_list_can_be_read_through_a_handler() {
    let grant = declared();
    for row in denied_reads() {
        let refusal = grant.handlers(&name(THING), &handlers(&[row.action], &[])).unwrap_err();
        let can_be_granted = refusal.grant_that_would_allow.is_some();
        assert_eq!(can_be_granted, row.rule == DeniedRule::Grant, "{refusal}");
    }
    // And no operation is denied that has no row of its own.
    for service in portolan_tables::services().filter_map(portolan_tables::service) {
        for (operation, denied) in service.operations().filter(|(_, operation)| operation.denied.is_some()) {
            let Some(action) = denied.action.as_deref() else { continue };
            assert!(grant.handlers(&name(THING), &handlers(&[action], &[])).is_err(), "{operation}: {action}");
        }
    }
}

#[test]
fn what_is_learned_is_bounded() {
    let mut grant = declared();
    let many: Vec<&str> = vec!["iot:ListThings"; limits::HANDLER_ACTIONS];
    assert_eq!(grant.learn(name(THING), handlers(&many, &["iot:DescribeThing"])).unwrap_err().rule, Rule::Limit);
    assert!(!grant.knows(&name(THING)));
    for number in 0..limits::TYPES {
        grant.learn(name(&format!("AWS::IoT::Thing{number}")), Handlers::default()).unwrap();
    }
    assert_eq!(grant.learn(name(THING), Handlers::default()).unwrap_err().rule, Rule::Limit);
    grant.learn(name("AWS::IoT::Thing7"), handlers(&["iot:ListThings"], &[])).unwrap();
}

/// The type names that a careless reader could take from a body: every value under any such key, however it is spelled.
fn readings(body: &str) -> BTreeSet<String> {
    let value = serde_json::from_str::<Value>(body).unwrap_or_default();
    let members = value.as_object().into_iter().flatten();
    let named = members.filter(|(key, _)| key.to_ascii_lowercase().starts_with("typename"));
    named.map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

#[test]
fn no_request_passes_for_a_type_whose_handlers_were_not_learned() {
    const CASES: u32 = 20_000;
    let names = [
        THING,
        ATTACHMENT,
        "AWS::IoT::Policy",
        "AWS::IoT::thing",
        "AWS::IoT::Thing ",
        "AWS::IoT::Thing::MODULE",
        "AWS::IoT",
        "My::IoT::Thing",
        "",
    ];
    let keys =
        ["TypeName", "typeName", "TypeName.1", "Identifier", "ResourceModel", "NextToken", "RoleArn", "TypeVersionId"];
    let value = proptest::sample::select(
        names
            .map(|name| {
                {
                    prop_oneof![
                        8 => Just(json!(name)),
                        1 => Just(json!([name])),
                        1 => Just(json!({"TypeName": name})),
                        1 => Just(json!(json!({"TypeName": name}).to_string())),
                        1 => Just(json!(1)),
                    ]
                }
                .boxed()
            })
            .to_vec(),
    );
    let member = (proptest::sample::select(keys.to_vec()), value.prop_flat_map(|value| value));
    let requests = (
        proptest::sample::select(OPERATIONS.to_vec()),
        proptest::sample::select(names.to_vec()),
        proptest::collection::vec(member, 0..3),
        any::<bool>(),
    );
    // Which types were learned: every subset of three, one of them with a read that is denied.
    let learned = proptest::sample::subsequence(vec![THING, ATTACHMENT, "AWS::IoT::Policy"], 0..=3);
    let passed = Cell::new(0u32);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    runner
        .run(&(requests, learned), |((operation, first, members, ahead), learned)| {
            let mut grant = declared();
            for learned in &learned {
                let secret = if *learned == ATTACHMENT { "secretsmanager:GetSecretValue" } else { "iot:ListThings" };
                grant.learn(name(learned), handlers(&["iot:ListThings"], &[secret])).unwrap();
            }
            let mut parts: Vec<String> = members.iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
            parts.insert(if ahead { 0 } else { parts.len() }, format!("\"TypeName\":{}", json!(first)));
            let body = format!("{{{}}}", parts.join(","));
            if answer(&sent(operation, &body), &grant).is_ok() {
                passed.set(passed.get() + 1);
                for reading in readings(&body) {
                    prop_assert!(learned.contains(&reading.as_str()) && reading != ATTACHMENT, "{body} as {reading}");
                }
                prop_assert!(!body.contains("RoleArn") && !body.contains("TypeVersionId"), "{body}");
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(passed.get() > CASES / 50, "{} passed", passed.get());
}
