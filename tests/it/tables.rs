//! The API tables against what they were made from: the generator still writes them, and the endpoints are botocore's.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use portolan_tables::{EndpointError, Variant, endpoint, partition_of, services};
use portolan_tests::{folders, python};
use serde_json::Value;

use crate::protocol_cases::BOTOCORE;

/// How many endpoint cases must at least be answered: a test over none would pass.
const ANSWERED_MIN: usize = 7_500;

/// How many services must have a case that is answered.
const COVERED_MIN: usize = 410;

#[test]
fn the_committed_tables_are_what_the_generator_writes() {
    let generator = folders::workspace().join("guest/generator");
    let output = Command::new(python::interpreter())
        .arg("-B")
        .arg(generator.join("generate.py"))
        .arg("--check")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_endpoint_cases_of_botocore() {
    let (version, sha256) = BOTOCORE;
    let source = python::source_distribution("botocore", version, sha256).unwrap_or_else(|error| panic!("{error}"));
    let (mut answered, mut refused, mut wrong) = (0, 0, Vec::new());
    let (mut left_out, mut covered) = (BTreeMap::<&str, usize>::new(), 0);
    for service in services() {
        let file = source.join(format!("tests/functional/endpoint-rules/{service}/endpoint-tests-1.json"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let cases: Value = serde_json::from_str(&text).unwrap();
        let before = answered;
        for case in cases["testCases"].as_array().unwrap() {
            match check(service, case) {
                Outcome::Answered => answered += 1,
                Outcome::RefusedFips => refused += 1,
                Outcome::NotOurs(rule) => *left_out.entry(rule).or_default() += 1,
                Outcome::Wrong(reason) => wrong.push(format!("{service}: {}: {reason}", case["documentation"])),
            }
        }
        covered += usize::from(answered > before);
    }
    println!("{covered} services, {answered} cases answered, {refused} FIPS names refused as not listed");
    println!("left out: {left_out:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(answered >= ANSWERED_MIN, "only {answered} cases answered ({refused} FIPS names refused as not listed)");
    assert!(covered >= COVERED_MIN, "only {covered} services have a case that was answered");
}

enum Outcome {
    Answered,
    /// The rule set makes up a FIPS name that AWS's endpoint list does not have.
    RefusedFips,
    /// About something else than region and variant, by the rule that says so.
    NotOurs(&'static str),
    Wrong(String),
}

fn check(service: &str, case: &Value) -> Outcome {
    let Some(params) = case["params"].as_object() else {
        return Outcome::NotOurs("no parameters");
    };
    let truth = |name: &str| params.get(name).is_some_and(|value| value == &Value::Bool(true));
    let region = params.get("Region").and_then(Value::as_str).unwrap_or_default();
    let only = ["Region", "UseFIPS", "UseDualStack", "UseGlobalEndpoint"];
    if !params.keys().all(|name| only.contains(&name.as_str())) {
        return Outcome::NotOurs("a bucket, an account, an ARN, an endpoint of one's own");
    }
    if truth("UseGlobalEndpoint") {
        return Outcome::NotOurs("the old global hosts, which are never used");
    }
    if region.is_empty() || region.ends_with("-global") {
        return Outcome::NotOurs("no region");
    }
    // `local` is DynamoDB on one's own machine; `api`, `fips`, `sandbox`, `dataplane-…` are names out of an old list.
    if partition_of(region).is_none() {
        return Outcome::NotOurs("a word that is not the name of a region");
    }
    let variant = Variant { fips: truth("UseFIPS"), dual_stack: truth("UseDualStack") };
    let found = endpoint(service, region, variant);
    let expected = &case["expect"]["endpoint"];
    match (found, expected["url"].as_str()) {
        (Err(_), None) => Outcome::Answered,
        (Err(EndpointError::NoFips { .. }), Some(_)) => Outcome::RefusedFips,
        (Err(error), Some(url)) => Outcome::Wrong(format!("{error} instead of {url}")),
        (Ok(found), None) => Outcome::Wrong(format!("{} instead of an error", found.host)),
        (Ok(found), Some(url)) => {
            let scheme = &expected["properties"]["authSchemes"][0];
            let signing_region = scheme["signingRegion"].as_str().unwrap_or(region);
            let signing_name = scheme["signingName"].as_str().unwrap_or(&found.signing_name);
            if format!("https://{}", found.host) != url {
                Outcome::Wrong(format!("{} instead of {url}", found.host))
            } else if (found.signing_region.as_str(), found.signing_name.as_str()) != (signing_region, signing_name) {
                Outcome::Wrong(format!("signed for {}, {} instead", found.signing_region, found.signing_name))
            } else {
                Outcome::Answered
            }
        }
    }
}
