//! Each kind: recorded exchanges in, lines out. `tests/golden/<kind>/case.json` holds both.
//!
//! An exchange answers the first request of its operation that contains all of `when`; each is used exactly once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use portolan_guest::interface::Unit;
use serde_json::{Value, json};

use crate::script::{Script, config, limits, read_all, status};

/// Whether a request has this part. The members of a query stand in any order.
fn has(text: &str, part: &str) -> bool {
    let target = text.split(' ').next().unwrap_or_default();
    match (part.split_once('?'), target.split_once('?')) {
        (Some((path, query)), Some((asked, given))) => {
            path == asked && query.split('&').all(|wanted| given.split('&').any(|given| given == wanted))
        }
        _ => text.contains(part),
    }
}

#[track_caller]
fn check(folder: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder).join("case.json");
    let case: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let exchanges = RefCell::new(case["exchanges"].as_array().unwrap().clone());
    let host = Script::new(|request| {
        let operation = format!("{}:{}", request.service, request.operation);
        let text = format!("{} {}", request.target, request.body);
        let mut left = exchanges.borrow_mut();
        let found = left.iter().position(|exchange| {
            let when = exchange["when"].as_array();
            exchange["operation"] == operation.as_str()
                && when.into_iter().flatten().all(|part| has(&text, part.as_str().unwrap()))
        });
        let exchange = left.remove(found.unwrap_or_else(|| panic!("nothing answers {operation} {text}")));
        if let Some(region) = exchange["region"].as_str() {
            assert_eq!(request.region, region, "{operation}");
        }
        let identity = exchange["identity"].as_str();
        assert_eq!(identity.unwrap_or(request.identity.as_str()), request.identity.as_str(), "{operation}");
        let body = match &exchange["body"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        status(u16::try_from(exchange["status"].as_u64().unwrap_or(200)).unwrap(), body)
    });
    let kind = case["kind"].as_str().unwrap();
    let unit = Unit { kind: kind.to_owned(), region: case["region"].as_str().map(str::to_owned) };
    let all = read_all(&host, &config(kind, json!("all")), limits(), &unit).unwrap();
    // Parents are read side by side: the order of the lines says nothing.
    let sorted = |lines: &[Value]| {
        let mut lines = lines.to_vec();
        lines.sort_by_key(|line| (line["parent"].to_string(), line["id"].to_string()));
        lines
    };
    for (got, expected) in sorted(&all.lines).iter().zip(&sorted(case["expected"].as_array().unwrap())) {
        assert_eq!(got, expected, "\n got      {got}\n expected {expected}");
    }
    assert_eq!(all.lines.len(), case["expected"].as_array().unwrap().len());
    assert_eq!(json!(all.problems()), *case.get("problems").unwrap_or(&json!([])));
    assert!(all.whole);
    assert!(exchanges.borrow().is_empty(), "not asked: {:?}", exchanges.borrow());
}

macro_rules! golden {
    ($($test:ident $folder:literal)*) => {
        $(#[test] fn $test() { check($folder); })*
        const FOLDERS: &[&str] = &[$($folder),*];
    };
}

golden! {
    account_info "AWS_Account_Info"
    dynamodb_table "AWS_DynamoDB_Table"
    ec2_instance "AWS_EC2_Instance"
    ec2_volume "AWS_EC2_Volume"
    ecs_cluster "AWS_ECS_Cluster"
    ecs_service "AWS_ECS_Service"
    eks_cluster "AWS_EKS_Cluster"
    lambda_function "AWS_Lambda_Function"
    organizations_account "AWS_Organizations_Account"
    rds_db_instance "AWS_RDS_DBInstance"
    s3_bucket "AWS_S3_Bucket"
    sns_topic "AWS_SNS_Topic"
    sqs_queue "AWS_SQS_Queue"
}

#[test]
fn every_kind_has_a_golden_case() {
    let manifest: Value = serde_json::from_str(&portolan_guest::describe()).unwrap();
    let kinds: BTreeSet<String> = manifest["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["kind"].as_str().unwrap().replace("::", "_"))
        .collect();
    assert_eq!(kinds, FOLDERS.iter().map(|folder| (*folder).to_owned()).collect());
}
