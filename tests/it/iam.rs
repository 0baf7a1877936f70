//! `portolan iam policy`: what it grants is what a run calls, and nothing of it writes.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use portolan_tests::binary::Portolan;
use portolan_tests::folders;
use portolan_tests::organization::{Organization, Scale};
use portolan_tests::python::interpreter;
use serde_json::{Value, json};

/// IAM's limit, white space not counted.
const POLICY_CHARS_MAX: usize = 6_144;

fn documents(text: &str) -> Vec<Value> {
    match serde_json::from_str(text).unwrap() {
        Value::Array(several) => several,
        one => vec![one],
    }
}

fn actions(documents: &[Value]) -> BTreeSet<String> {
    let statements = documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// What `policy_sentry` and cfn-lint say against them.
fn said(documents: &[Value], template: &str) -> String {
    let script = folders::workspace().join("tests/iam/check_policies.py");
    let mut child =
        Command::new(interpreter()).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = json!({"documents": documents, "template": template}).to_string();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_kind_with_every_action_needs_reads_alone_in_documents_that_iam_takes() {
    let portolan = Portolan::new("policies");
    let all = ["iam", "policy", "--kinds", "all", "--include-actions", "all"];
    let printed = portolan.run(&all).expect(0);
    let several = documents(&printed.stdout);
    println!("{} actions in {} documents", actions(&several).len(), several.len());
    assert!(several.len() > 1 && printed.stderr.contains("managed policies"), "{}", printed.stderr);
    for document in &several {
        let characters = document.to_string().len();
        assert!(characters <= POLICY_CHARS_MAX, "{characters}");
    }
    let template =
        portolan.run(&[&all[..], &["--format", "cloudformation", "--name", "Reads"]].concat()).expect(0).stdout;
    let of_template: Value = serde_json::from_str(&template).unwrap();
    let resources = of_template["Resources"].as_object().unwrap();
    assert_eq!(resources.len(), several.len());
    let inside: Vec<Value> =
        resources.values().map(|resource| resource["Properties"]["PolicyDocument"].clone()).collect();
    assert_eq!(actions(&inside), actions(&several));
    assert!(template.contains("\"Reads-1\""));
    assert_eq!(said(&several, &template), "");
    // The check can say no.
    let writes = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:DeleteQueue", "s3:Nothing"], "Resource": "*"}]});
    assert_eq!(said(&[writes], &template), "sqs:DeleteQueue is Write\ns3:Nothing is None\n");

    let terraform = portolan.run(&[&all[..], &["--format", "terraform"]].concat()).expect(0).stdout;
    assert_eq!(terraform.matches("resource \"aws_iam_policy\"").count(), several.len());
    assert_eq!(terraform.matches('{').count(), terraform.matches('}').count());
}

#[test]
fn what_a_run_calls_is_what_its_policy_grants() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("policy-of-a-run", &organization);
    let kinds = "AWS::SQS::Queue,AWS::S3::Bucket,AWS::DynamoDB::Table,AWS::IAM::Role";
    let chosen = ["--kinds", kinds, "--include-actions", "all"];
    organization.front().forget();
    portolan.sync(&organization, &chosen);
    // What arrived, by account: organization calls come with the listing role.
    let called: BTreeSet<String> =
        organization.front().calls().iter().map(portolan_tests::front::Call::operation).collect();
    let of = |role: &str| {
        let printed = portolan.run(&[&["iam", "policy", "--for", role], &chosen[..]].concat()).expect(0);
        actions(&documents(&printed.stdout))
    };
    let granted: BTreeSet<String> = of("member").union(&of("list")).cloned().collect();
    // These four are named otherwise by IAM; STS is the caller's own affair.
    let renamed = |operation: &str| match operation {
        "s3:ListBuckets" => "s3:ListAllMyBuckets".to_owned(),
        "s3:GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock".to_owned(),
        "s3:GetBucketEncryption" => "s3:GetEncryptionConfiguration".to_owned(),
        "s3:HeadBucket" => "s3:ListBucket".to_owned(),
        other => other.to_owned(),
    };
    let needed: BTreeSet<String> =
        called.iter().filter(|operation| !operation.starts_with("sts:")).map(|operation| renamed(operation)).collect();
    let missing: Vec<_> = needed.difference(&granted).filter(|action| !action.starts_with("s3:GetBucket")).collect();
    assert!(missing.is_empty(), "called and not granted: {missing:?}");
    assert!(
        needed.len() > 10 && granted.len() < needed.len() + 25,
        "{} called, {} granted",
        needed.len(),
        granted.len()
    );
    // A mapping that chooses the kinds chooses the policy.
    portolan.write("map.yml", "resources:\n  - kind: AWS::SQS::Queue\n    selector: { query: 'true' }\n    port: { entity: { mappings: { identifier: .Properties.QueueArn, blueprint: '\"q\"' } } }\n");
    let small = portolan.run(&["iam", "policy", "--mapping", "map.yml"]).expect(0);
    let small = actions(&documents(&small.stdout));
    assert!(small.contains("sqs:ListQueues") && !small.iter().any(|action| action.starts_with("s3:")), "{small:?}");
}

#[test]
fn a_denied_call_names_the_statement_that_is_missing() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("missing-statement", &organization);
    let front = organization.front();
    let chosen = ["--kinds", "AWS::SQS::Queue,AWS::S3::Bucket,AWS::DynamoDB::Table", "--include-actions", "all"];
    let policy = documents(&portolan.run(&[&["iam", "policy"], &chosen[..]].concat()).expect(0).stdout);
    let of_service = |service: &str| {
        let statements = policy.iter().flat_map(|document| document["Statement"].as_array().unwrap());
        let mut found = statements.filter(|one| one["Action"][0].as_str().unwrap().starts_with(service));
        found.next().unwrap().clone()
    };
    front.rule(&json!({ "do": "deny", "service": "sqs", "account": organization.account("prod-web") }));
    front.rule(&json!({ "do": "deny", "service": "dynamodb", "by": "scp" }));
    let run = portolan.sync(&organization, &chosen);
    let missing = run.report()["missing_statements"].as_array().unwrap().clone();
    assert_eq!(missing.len(), 1, "what an SCP denies is not the role's to mend: {missing:?}");
    assert_eq!(missing[0]["statement"], of_service("sqs:"));
    assert_eq!(missing[0]["denied"], json!(["sqs:ListQueues"]));
    assert_eq!(missing[0]["accounts"], json!([organization.account("prod-web")]));
    let said = format!("→ add {}", of_service("sqs:"));
    assert!(run.stdout.contains(&said), "{}", run.stdout);
    // A detail call that is denied leaves its unit whole, and is told as well.
    front.clear_rules();
    front.rule(&json!({ "do": "deny", "service": "s3", "operation": "GetBucketTagging" }));
    let run = portolan.sync(&organization, &chosen);
    let missing = &run.report()["missing_statements"];
    assert_eq!(
        (&missing[0]["statement"], &missing[0]["denied"]),
        (&of_service("s3:"), &json!(["s3:GetBucketTagging"]))
    );
    assert_eq!(missing.as_array().map(Vec::len), Some(1));
}
