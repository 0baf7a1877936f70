//! What the component says it can read. It declares one permitted call, one that passes for no type that it names, and some of
//! the forbidden ones that it tries, to see that declaring helps nothing; not the others.

use crate::behaviour::Behaviour;

const CALL: &str = r#"{"operation":"sqs:ListQueues","action":"sqs:ListQueues","identity":"account"}"#;

const CLOUD_CONTROL: &str =
    r#"{"operation":"cloudcontrol:ListResources","action":"cloudformation:ListResources","identity":"account"}"#;

/// Declared and forbidden all the same.
const FORBIDDEN: &[&str] = &[
    "account:ListRegions",
    "dynamodb:GetItem",
    "ec2:TerminateInstances",
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "sqs:DeleteQueue",
    "sqs:ReceiveMessage",
    "ssm:GetParameter",
    "sts:AssumeRole",
    "sts:GetSessionToken",
];

/// The manifest of some kinds.
pub fn of(kinds: &[Behaviour]) -> String {
    let forbidden: String = FORBIDDEN
        .iter()
        .map(|call| format!(r#",{{"operation":"{call}","action":"{call}","identity":"account"}}"#))
        .collect();
    let kinds: Vec<String> = kinds.iter().map(|kind| entry(kind.name())).collect();
    format!(
        r#"{{"schema":"manifest/1","version":"0.1.0","tables":"none","kinds":[{}],"calls":[{CALL},{CLOUD_CONTROL}{forbidden}]}}"#,
        kinds.join(",")
    )
}

fn entry(name: &str) -> String {
    format!(
        r#"{{"kind":"{name}","service":"sqs","scope":"region","tier":"core","confirm":"second-run","batch":10,"calls":[{CALL}],"actions":[],"sensitive":[],"cloudformation":false}}"#
    )
}
