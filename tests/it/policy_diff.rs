//! `portolan iam policy --diff`, against roles that boto3 made in moto.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::audit::{Estate, VENDOR, role, trusts};

#[test]
fn a_role_is_compared_with_the_generated_policy() {
    let estate = Estate::new("diff");
    let organization = &estate.organization;
    let staging = organization.account("staging");
    let chosen = ["--kinds", "AWS::SQS::Queue,AWS::S3::Bucket"];
    let generated = estate.portolan.run(&[&["iam", "policy"], &chosen[..]].concat()).expect(0).stdout;
    let generated: Value = serde_json::from_str(&generated).unwrap();
    let mut lacking = generated.clone();
    let lost = lacking["Statement"].as_array_mut().unwrap().pop().unwrap();
    let make = |name: &str, documents: &[&Value]| {
        estate.iam("staging", "create_role", &role(name, trusts(json!({"AWS": staging}), json!({}))));
        for (number, document) in (1..).zip(documents) {
            let policy =
                json!({"RoleName": name, "PolicyName": format!("p{number}"), "PolicyDocument": document.to_string()});
            estate.iam("staging", "put_role_policy", &policy);
        }
    };
    let deny = json!({"Version": "2012-10-17", "Statement": [{"Sid": "NoQueues", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]});
    make("exact", &[&generated]);
    make("lacks", &[&lacking]);
    make("denied", &[&generated, &deny]);
    make("wide", &[]);
    let aws = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    estate.iam("staging", "attach_role_policy", &json!({"RoleName": "wide", "PolicyArn": aws}));
    let diff = |role: &str, more: &[&str]| {
        let arn = format!("arn:aws:iam::{staging}:role/{role}");
        estate.run(&["iam", "policy", "--diff", &arn], &[&chosen[..], more].concat())
    };

    let exact = diff("exact", &[]).expect(0);
    assert!(exact.stdout.contains("nothing is missing") && exact.stdout.contains("nothing beyond"), "{}", exact.stdout);

    organization.front().forget();
    let lacks = diff("lacks", &["--json"]).expect(2);
    let lacks: Value = serde_json::from_str(&lacks.stdout).unwrap();
    assert_eq!(lacks[0]["attach"][0]["Statement"][0]["Action"], lost["Action"]);
    assert_eq!(lacks[0]["difference"]["beyond"], json!({}));
    // Only the account of the ARN was asked.
    let asked: BTreeSet<String> = organization
        .front()
        .calls()
        .iter()
        .filter(|call| call.operation().starts_with("iam:"))
        .map(|call| call.account().to_owned())
        .collect();
    assert_eq!(asked, BTreeSet::from([staging.to_owned()]));
    // What is printed can be attached, and mends it.
    let attach =
        json!({"RoleName": "lacks", "PolicyName": "mend", "PolicyDocument": lacks[0]["attach"][0].to_string()});
    estate.iam("staging", "put_role_policy", &attach);
    diff("lacks", &[]).expect(0);

    let denied = diff("denied", &[]).expect(2);
    assert!(denied.stdout.contains("sqs:ListQueues  by p2, statement NoQueues"), "{}", denied.stdout);

    let wide = diff("wide", &[]).expect(0);
    assert!(
        wide.stdout.contains("nothing is missing") && wide.stdout.contains("beyond what is needed"),
        "{}",
        wide.stdout
    );
    let wide: Value = serde_json::from_str(&diff("wide", &["--json"]).expect(0).stdout).unwrap();
    let beyond = wide[0]["difference"]["beyond"].as_object().unwrap();
    assert!(beyond.len() > 100 && beyond.contains_key("dynamodb"), "{:?}", beyond.keys());

    // A boundary takes away what it does not allow.
    let boundary =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let made = estate.iam(
        "staging",
        "create_policy",
        &json!({"PolicyName": "only-s3", "PolicyDocument": boundary.to_string()}),
    );
    let set = json!({"RoleName": "exact", "PermissionsBoundary": made["Policy"]["Arn"]});
    estate.iam("staging", "put_role_permissions_boundary", &set);
    let bounded = diff("exact", &[]).expect(2);
    assert!(
        bounded.stdout.contains("outside of the permissions boundary") && bounded.stdout.contains("by only-s3"),
        "{}",
        bounded.stdout
    );

    // By name it is looked for everywhere; nowhere is a mistake.
    let by_name = estate.run(&["iam", "policy", "--diff", "lacks"], &chosen).expect(2);
    assert!(
        by_name.stdout.contains("there is no such role") && by_name.stdout.contains("nothing is missing"),
        "{}",
        by_name.stdout
    );
    let nobody = diff("nobody", &[]).expect(1);
    assert!(nobody.stderr.contains("no account that was read has such a role"), "{}", nobody.stderr);
    let stranger = format!("arn:aws:iam::{VENDOR}:role/x");
    assert!(
        estate.run(&["iam", "policy", "--diff", &stranger], &chosen).expect(1).stderr.contains("is not among those")
    );
}
