//! What the component says it can read. It declares one permitted call, one that passes for no type that it names, and some of
//! the forbidden ones that it tries, to see that declaring helps nothing; not the others. The puppet declares some more.

use crate::behaviour::Behaviour;
use crate::puppet;

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

/// What a script may ask for besides, with whose role; the rest is forbidden and asked for all the same.
const OF_THE_PUPPET: &[(&str, &str, &str)] = &[
    ("cloudformation:DescribeType", "cloudformation:DescribeType", "account"),
    ("ec2:DescribeRegions", "ec2:DescribeRegions", "account"),
    ("ec2:DescribeVpnConnections", "ec2:DescribeVpnConnections", "account"),
    ("iam:ListRoles", "iam:ListRoles", "account"),
    ("iotsitewise:ListAssets", "iotsitewise:ListAssets", "account"),
    ("organizations:ListAccounts", "organizations:ListAccounts", "management"),
    ("s3:ListBuckets", "s3:ListAllMyBuckets", "account"),
    ("sesv2:ListContactLists", "ses:ListContactLists", "account"),
    ("sqs:TagQueue", "sqs:TagQueue", "account"),
    ("iam:AttachRolePolicy", "iam:AttachRolePolicy", "account"),
];

/// The manifest of some kinds, the puppet's among them or not.
pub fn of(kinds: &[Behaviour], with_puppet: bool) -> String {
    let forbidden: String = FORBIDDEN
        .iter()
        .map(|call| format!(r#",{{"operation":"{call}","action":"{call}","identity":"account"}}"#))
        .collect();
    let more: String = if with_puppet {
        let call = |(operation, action, identity): &(&str, &str, &str)| {
            format!(r#",{{"operation":"{operation}","action":"{action}","identity":"{identity}"}}"#)
        };
        OF_THE_PUPPET.iter().map(call).collect()
    } else {
        String::new()
    };
    let names = kinds.iter().map(|kind| kind.name()).chain(with_puppet.then_some(puppet::KIND));
    let kinds: Vec<String> = names.map(entry).collect();
    format!(
        r#"{{"schema":"manifest/1","version":"0.1.0","tables":"none","kinds":[{}],"calls":[{CALL},{CLOUD_CONTROL}{forbidden}{more}]}}"#,
        kinds.join(",")
    )
}

fn entry(name: &str) -> String {
    format!(
        r#"{{"kind":"{name}","service":"sqs","scope":"region","tier":"core","confirm":"second-run","batch":10,"calls":[{CALL}],"actions":[],"sensitive":[],"cloudformation":false}}"#
    )
}
