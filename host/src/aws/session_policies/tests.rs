//! Grouping, the documents, and the way down. What the policies are worth, AWS's evaluation says: `tests/it/session_policies.rs`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use portolan_guard::Method;
use portolan_names::AccountId;
use serde_json::{Value, json};

use super::*;
use crate::credentials::SESSION_POLICY_CHARS_MAX;
use crate::manifest::Manifest;

/// Every read of these services that the tables know.
fn manifest(services: &[&str]) -> Manifest {
    let mut calls = vec![
        need("account:ListRegions", "account:ListRegions", "account"),
        need("organizations:ListAccounts", "organizations:ListAccounts", "management"),
        need("cloudformation:DescribeType", "cloudformation:DescribeType", "account"),
        need("cloudcontrol:ListResources", "cloudformation:ListResources", "account"),
        need("cloudcontrol:GetResource", "cloudformation:GetResource", "account"),
    ];
    for name in services {
        for (operation, known) in portolan_tables::service(name).unwrap().operations() {
            let reads = ["List", "Describe", "Get", "BatchGet"].iter().any(|verb| operation.starts_with(verb));
            if let (true, Some(action), None) = (reads, &known.action, &known.denied) {
                calls.push(need(&format!("{name}:{operation}"), action, "account"));
            }
        }
    }
    let manifest = json!({ "schema": "manifest/1", "version": "", "tables": "", "kinds": [], "calls": calls });
    Manifest::parse(&manifest.to_string()).unwrap()
}

fn need(operation: &str, action: &str, identity: &str) -> CallNeed {
    CallNeed { operation: operation.to_owned(), action: action.to_owned(), identity: identity.to_owned() }
}

fn member() -> Identity {
    Identity::Account(AccountId::parse("111122223333").unwrap())
}

fn call(operation: &str, body: &str) -> Call {
    let (service, operation) = operation.split_once(':').unwrap();
    Call {
        identity: if service == "organizations" { Identity::Management } else { member() },
        policy: None,
        service: service.to_owned(),
        region: "eu-west-1".to_owned(),
        operation: operation.to_owned(),
        host_prefix: None,
        method: Method::Post,
        target: "/".to_owned(),
        headers: Vec::new(),
        body: body.to_owned(),
        dropped: Vec::new(),
    }
}

/// The actions under an effect.
fn actions(policy: &SessionPolicy, effect: &str) -> BTreeSet<String> {
    let text = policy.document().unwrap();
    assert!(text.len() <= SESSION_POLICY_CHARS_MAX, "{} characters", text.len());
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(document["Version"], "2012-10-17");
    let statements = document["Statement"].as_array().unwrap().iter().filter(|one| one["Effect"] == effect);
    let of =
        |one: &Value| one["Action"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    statements.flat_map(|one| -> Vec<String> { of(one) }).collect()
}

/// As IAM reads a pattern that ends with a star.
fn covers(pattern: &str, action: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => pattern == action,
    }
}

/// Services whose reads need many policies, share prefixes, have exact gets and denied reads.
const MANY: &[&str] =
    &["ec2", "iam", "s3", "ssm", "elb", "elbv2", "rds", "neptune", "apigateway", "sagemaker", "cognito-idp"];

#[test]
fn every_call_has_a_policy_that_allows_it_and_no_policy_allows_what_is_not_called() {
    let manifest = manifest(MANY);
    let policies = SessionPolicies::new(&manifest.calls, Some(Rung::Exact), Some(Rung::Exact));
    let called: BTreeSet<&str> = manifest.calls.iter().map(|call| call.action.as_str()).collect();
    let groups = policies.shown();
    println!("{} calls in {} groups", manifest.calls.len(), groups.len());
    assert!(groups.len() > 5, "{} groups", groups.len());
    let mut holders: BTreeMap<String, HashSet<&SessionPolicy>> = BTreeMap::new();
    for (identity, _, policy) in &groups {
        assert_eq!(actions(policy, "Deny"), BTreeSet::new());
        for action in actions(policy, "Allow") {
            assert!(called.contains(action.as_str()), "{action} is not called");
            assert_eq!(*identity == "management", action.starts_with("organizations:"), "{action}");
            holders.entry(action).or_default().insert(policy);
        }
    }
    for need in manifest.calls.iter().filter(|need| !need.operation.starts_with("cloudcontrol:")) {
        let policy = policies.of(&call(&need.operation, "")).unwrap();
        assert!(actions(&policy, "Allow").contains(&need.action), "{}", need.operation);
    }
    // A service that fits is in one group; only copies of it under another name may be in a second.
    let alone = |action: &str| holders[action].len() == 1;
    for action in ["iam:ListRoles", "apigateway:GET", "account:ListRegions", "s3:ListAllMyBuckets"] {
        assert!(alone(action), "{action}");
    }
}

#[test]
fn a_packed_policy_names_gets_and_denies_what_is_no_inventory() {
    let manifest = manifest(MANY);
    let policies = SessionPolicies::new(&manifest.calls, Some(Rung::Packed), None);
    assert!(policies.of(&call("organizations:ListAccounts", "")).is_none(), "nothing bounds the source");
    for need in
        manifest.calls.iter().filter(|need| need.identity == "account" && !need.operation.starts_with("cloudcontrol:"))
    {
        let policy = policies.of(&call(&need.operation, "")).unwrap();
        let (allowed, denied) = (actions(&policy, "Allow"), actions(&policy, "Deny"));
        assert!(allowed.iter().any(|pattern| covers(pattern, &need.action)), "{}", need.operation);
        assert!(!denied.contains(&need.action), "{}", need.operation);
        assert!(!allowed.iter().any(|pattern| pattern.ends_with(":Get*") || pattern.ends_with(":*")), "{allowed:?}");
        for row in portolan_tables::denied_reads() {
            let may = allowed.iter().any(|pattern| covers(pattern, row.action)) && !denied.contains(row.action);
            assert!(!may || manifest.calls.iter().any(|call| call.action == row.action), "{} passes", row.action);
        }
    }
    let packed = policies.shown().len();
    let exact = SessionPolicies::new(&manifest.calls, Some(Rung::Exact), None).shown().len();
    assert!(packed <= exact, "{packed} packed, {exact} exact");
}

#[test]
fn a_service_goes_down_alone_and_ends_at_the_managed_policy() {
    let manifest = manifest(&["sqs", "sns", "lambda"]);
    let policies = SessionPolicies::new(&manifest.calls, Some(Rung::Exact), Some(Rung::Exact));
    let (queues, topics) = (call("sqs:ListQueues", ""), call("sns:ListTopics", ""));
    let exact = policies.of(&queues).unwrap();
    assert_eq!(policies.of(&topics), Some(exact.clone()), "small services share a session");
    assert_eq!(policies.first(&member()), Some(exact.clone()));
    assert_eq!(policies.widened(), []);

    assert!(policies.widen(&queues, 1, Some("sqs:ListQueues")));
    let packed = policies.of(&queues).unwrap();
    assert!(actions(&packed, "Allow").contains("sqs:List*"), "{packed:?}");
    assert!(!actions(&packed, "Allow").iter().any(|action| action.starts_with("sns:")));
    assert_eq!(policies.of(&topics), Some(exact.clone()), "the others stay where they are");
    // Two calls that were in flight together take one step together.
    assert!(policies.widen(&call("sqs:GetQueueAttributes", ""), 1, Some("sqs:GetQueueAttributes")));
    assert_eq!(policies.of(&queues), Some(packed));

    assert!(policies.widen(&queues, 2, Some("kms:Decrypt")));
    assert_eq!(policies.of(&queues), Some(SessionPolicy::ReadOnlyAccess));
    assert!(!policies.widen(&queues, 3, Some("kms:Decrypt")), "never off");
    let step = |from, to, actions: &[&str]| Widened {
        identity: "account",
        calls: "sqs".to_owned(),
        from,
        to,
        actions: actions.iter().map(|&action| action.to_owned()).collect(),
    };
    assert_eq!(
        policies.widened(),
        [
            step(Rung::Exact, Rung::Packed, &["sqs:GetQueueAttributes", "sqs:ListQueues"]),
            step(Rung::Packed, Rung::ManagedReadOnly, &["kms:Decrypt"])
        ]
    );
    let from_packed = SessionPolicies::new(&manifest.calls, Some(Rung::Packed), None);
    assert!(from_packed.widen(&queues, 1, None) && !from_packed.widen(&queues, 2, None));
    let managed = SessionPolicies::new(&manifest.calls, Some(Rung::ManagedReadOnly), None);
    assert_eq!(managed.of(&queues), Some(SessionPolicy::ReadOnlyAccess));
    assert_eq!(managed.shown().len(), 1, "one session an account");
    assert!(!managed.widen(&queues, 1, None));
    assert!(!SessionPolicies::default().widen(&queues, 1, None), "what was not bounded is not widened");
}

#[test]
fn cloud_control_is_bound_by_the_handlers_of_its_type() {
    let policies = SessionPolicies::new(&manifest(&["sqs"]).calls, Some(Rung::Exact), None);
    let list = |name: &str| call("cloudcontrol:ListResources", &json!({ "TypeName": name }).to_string());
    let handlers = |actions: &[&str]| Handlers {
        list: Some(actions.iter().map(|&action| action.to_owned()).collect()),
        read: Some(vec!["iot:DescribeThing".to_owned()]),
    };
    policies.learn(&TypeName::parse("AWS::IoT::Thing").unwrap(), &handlers(&["iot:ListThings"]));
    policies.learn(&TypeName::parse("AWS::IoT::Policy").unwrap(), &handlers(&["iot:ListPolicies"]));
    let of_thing = policies.of(&list("AWS::IoT::Thing")).unwrap();
    let expected =
        ["cloudformation:GetResource", "cloudformation:ListResources", "iot:DescribeThing", "iot:ListThings"];
    assert_eq!(actions(&of_thing, "Allow"), expected.map(str::to_owned).into());
    assert_ne!(policies.of(&list("AWS::IoT::Policy")), Some(of_thing));

    let policy = list("AWS::IoT::Policy");
    assert!(policies.widen(&policy, 1, Some("iot:GetPolicy")));
    let packed = actions(&policies.of(&policy).unwrap(), "Allow");
    assert!(packed.contains("iot:Describe*") && packed.contains("cloudformation:List*"), "{packed:?}");
    assert!(policies.widen(&policy, 2, None));
    assert_eq!(policies.of(&policy), Some(SessionPolicy::ReadOnlyAccess));
    assert_eq!(
        policies.widened().iter().map(|one| one.calls.as_str()).collect::<BTreeSet<_>>(),
        ["AWS::IoT::Policy"].into()
    );

    // Handlers that need more than one policy holds begin where they fit.
    let many: Vec<String> = (0..90).map(|n| format!("iot:ListSomethingOfThatType{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    policies.learn(&TypeName::parse("AWS::IoT::Fleet").unwrap(), &handlers(&many));
    assert!(actions(&policies.of(&list("AWS::IoT::Fleet")).unwrap(), "Allow").contains("iot:List*"));
    let gets: Vec<String> = (0..90).map(|n| format!("iot:GetSomethingOfThatType{n}")).collect();
    let gets: Vec<&str> = gets.iter().map(String::as_str).collect();
    policies.learn(&TypeName::parse("AWS::IoT::Huge").unwrap(), &handlers(&gets));
    assert_eq!(policies.of(&list("AWS::IoT::Huge")), Some(SessionPolicy::ReadOnlyAccess));
}
