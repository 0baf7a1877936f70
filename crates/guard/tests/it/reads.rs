//! Which operations pass at all: by verb, access and review, over two sets of tables.

use std::collections::BTreeMap;

use portolan_guard::{Grant, Identity, Rule, decide};
use portolan_tables::{Access, DeniedRule, Protocol};

use super::sent::{Sent, hostile, is_open, passes, plain, refused, strongest};
use super::types::{THING, learn_thing, runs_handlers};

#[test]
fn every_operation_of_the_hostile_tables_gets_the_answer_that_aws_data_gives() {
    let mut counted = BTreeMap::<String, usize>::new();
    for service in hostile() {
        for (name, operation) in service.operations() {
            let outcome = Sent::plain(service, name).decide(strongest());
            let read = matches!(operation.access, Some(Access::List | Access::Read));
            let group = match (&operation.denied, read) {
                (None, true) => "read",
                (Some(denied), true) if denied.rule == DeniedRule::Grant => "granted",
                (Some(_), true) => "denied",
                (_, false) => "write or unmapped",
            };
            *counted.entry(format!("{group}: {}", if outcome.is_ok() { "passes" } else { "refused" })).or_default() +=
                1;
            match group {
                "read" => assert_eq!(outcome.unwrap().operation, name),
                // GenerateCredentialReport is a read to AWS, may be granted, and has no read verb.
                "granted" => assert_eq!(outcome.is_ok(), name != "GenerateCredentialReport", "{name}"),
                _ => assert!(outcome.is_err(), "{}:{name} passed", service.name),
            }
        }
    }
    println!("{counted:#?}");
    assert!(counted["read: passes"] >= 25 && counted["write or unmapped: refused"] >= 18, "{counted:?}");
}

#[test]
fn writes_are_refused_by_the_rule_that_names_them() {
    for (service, operation, rule) in [
        ("sqs", "DeleteQueue", Rule::Verb),
        ("ec2", "TerminateInstances", Rule::Verb),
        ("sts", "AssumeRole", Rule::Verb),
        ("sqs", "ReceiveMessage", Rule::Verb),
        ("iam", "GenerateCredentialReport", Rule::Verb),
        ("sts", "GetSessionToken", Rule::DeniedRead),
        ("ec2", "GetPasswordData", Rule::DeniedRead),
        ("s3", "GetObject", Rule::DeniedRead),
        ("s3", "ListObjectsV2", Rule::DeniedRead),
        ("dynamodb", "GetItem", Rule::DeniedRead),
    ] {
        let refusal = refused(&plain(service, operation), rule, "");
        assert_eq!(refusal.operation, format!("{service}:{operation}"));
        assert_eq!(refusal.grant_that_would_allow, None, "{refusal}");
    }
}

#[test]
fn constrained_reads_pass_with_the_parameters_that_their_rows_demand() {
    let attribute = |value: &str| {
        plain("ec2", "DescribeInstanceAttribute")
            .with(|s| s.body.push_str(&format!("&InstanceId=i-1&Attribute={value}")))
    };
    passes(&attribute("instanceType"));
    refused(&attribute("userData"), Rule::Constraint, "userData");
    refused(&attribute("UserData"), Rule::Constraint, "userData");
    refused(&plain("ec2", "DescribeInstanceAttribute"), Rule::Constraint, "userData");
    // The hostile tables know no answers, and what is not known of an answer cannot be dropped from it.
    refused(&plain("ec2", "DescribeVpnConnections"), Rule::Constraint, "not known to have");
    let parameter = |body: &str| plain("ssm", "GetParameter").with(|s| s.body = body.to_owned());
    passes(&parameter(r#"{"Name":"/aws/service/eks/optimized-ami/1.33/x"}"#));
    refused(&parameter(r#"{"Name":"/prod/database/password"}"#), Rule::Constraint, "/aws/service/");
    let names = |body: &str| plain("ssm", "GetParameters").with(|s| s.body = body.to_owned());
    refused(&names(r#"{"Names":["/aws/service/a","/prod/x"]}"#), Rule::Constraint, "/aws/service/");
}

#[test]
fn reads_whose_rows_demand_something_of_the_answer_pass_with_what_is_dropped_from_it() {
    for (service, operation, dropped) in [
        ("cognito-idp", "DescribeIdentityProvider", vec!["client_secret"]),
        ("cognito-idp", "DescribeUserPoolClient", vec!["ClientSecret"]),
        ("directconnect", "DescribeVirtualInterfaces", vec!["authKey", "customerRouterConfig"]),
        ("ec2", "DescribeLaunchTemplateVersions", vec!["userData"]),
        ("ec2", "DescribeSpotInstanceRequests", vec!["userData"]),
        ("ec2", "DescribeVpnConnections", vec!["customerGatewayConfiguration", "preSharedKey"]),
        ("elasticbeanstalk", "DescribeConfigurationSettings", vec!["Value"]),
        ("stepfunctions", "DescribeExecution", vec!["input", "output"]),
        ("ec2", "DescribeVpnGateways", vec![]),
    ] {
        let sent = Sent::plain(portolan_tables::service(service).unwrap(), operation);
        let manifest = format!(r#"{{"calls":[{{"operation":"{service}:{operation}"}}]}}"#);
        let permitted = decide(&sent.wire(), &Grant::from_manifest(&manifest).unwrap()).unwrap();
        assert_eq!((permitted.operation, permitted.dropped), (operation, dropped));
        // The kinds must declare it all the same.
        assert_eq!(decide(&sent.wire(), &Grant::nothing()).unwrap_err().rule, Rule::Grant);
    }
}

#[test]
fn another_accounts_regions_are_not_asked_for() {
    let sent = plain("account", "ListRegions").with(|s| s.body = r#"{"AccountId":"444455556666"}"#.to_owned());
    refused(&sent, Rule::Constraint, "another account");
    passes(&plain("account", "ListRegions").with(|s| s.body = r#"{"MaxResults":50}"#.to_owned()));
}

#[test]
fn every_operation_that_the_kinds_use_passes_when_declared_and_not_otherwise() {
    let mut count = 0;
    let mut shut = BTreeMap::new();
    for service in portolan_tables::services().map(|name| portolan_tables::service(name).unwrap()) {
        for (name, _) in service.operations().filter(|(_, operation)| is_open(operation)) {
            let mut sent = Sent::plain(service, name);
            if service.name == "organizations" {
                sent.identity = Identity::Management;
            }
            if name == "DescribeVolumeAttribute" {
                sent.body.push_str("&VolumeId=vol-1&Attribute=autoEnableIO");
            }
            let declared = Grant::from_manifest(&format!(
                r#"{{"calls":[{{"operation":"{}:{name}","identity":"{}"}}]}}"#,
                service.name,
                sent.identity.as_str()
            ));
            let mut declared = declared.unwrap();
            if runs_handlers(&service.name, name) {
                sent.body = format!(r#"{{"TypeName":"{THING}"}}"#);
                learn_thing(&mut declared);
            }
            let permitted = match decide(&sent.wire(), &declared) {
                Ok(permitted) => permitted,
                Err(refusal) => {
                    shut.insert(format!("{}:{name}", service.name), format!("{:?}", refusal.rule));
                    continue;
                }
            };
            assert_eq!((permitted.service, permitted.operation), (service.name.as_str(), name));
            let refusal = decide(&sent.wire(), &Grant::nothing()).unwrap_err();
            assert_eq!(refusal.rule, Rule::Grant, "{refusal}");
            assert!(refusal.grant_that_would_allow.is_some_and(|how| how.contains(name)));
            count += 1;
        }
    }
    assert!(count >= 5_000, "{count} operations in the tables");
    assert_eq!(shut, known_shut(), "operations that pass in no form: look at each before the list is changed");
}

/// The operations that the data calls open and the guard lets through in no form, each with the rule that stops it.
pub fn known_shut() -> BTreeMap<String, String> {
    let rows = include_str!("../data/shut.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t')).map(|(name, rule)| (name.to_owned(), rule.to_owned())).collect()
}

#[test]
fn only_s3_has_buckets_in_its_paths() {
    // The rule for bucket names goes by the label's name.
    for service in portolan_tables::services().map(|name| portolan_tables::service(name).unwrap()) {
        for (name, operation) in service.operations().filter(|_| service.protocol == Protocol::RestXml) {
            let bucket = operation.path.contains("{Bucket}");
            assert!(!bucket || service.name.starts_with("s3"), "{}:{name}", service.name);
        }
    }
}
