//! Regions, and what the roles may read: why nothing, or not all, is found.

use portolan_tests::binary::Portolan;
use serde_json::{Value, json};

use super::{Found, document, examine, healthy};

fn about(finding: &Value, subject: &str) -> bool {
    finding["subject"].as_str().unwrap().starts_with(subject)
}

#[test]
fn a_region_that_is_missing_is_not_enabled_or_left_out() {
    let organization = healthy();
    let portolan = Portolan::in_organization("missing-region", &organization);
    let alone = ["--symptom", "missing-region"];
    let found = examine(&portolan, &organization, &alone).status(0);
    let accounts: Vec<&Value> = found
        .all()
        .into_iter()
        .filter(|finding| finding["says"].as_str().unwrap().contains("not enabled: af-south-1"))
        .collect();
    assert_eq!(accounts.len(), 3, "{:#}", found.json);
    let found = examine(&portolan, &organization, &["--regions", "ap-east-1,eu-west-1", "--symptom", "missing-region"])
        .status(2);
    let finding = found.fails("regions", "region-not-enabled", "aws account enable-region --region-name ap-east-1");
    assert!(about(finding, "ap-east-1"));
    let found = examine(
        &portolan,
        &organization,
        &["--deny-regions", "eu-central-1,eu-west-1,us-east-1", "--symptom", "no-resources"],
    )
    .status(2);
    found.fails("regions", "region-left-out", "--deny-regions");
    // One of three accounts has it: as it may be.
    let table = json!({ "eu-west-1": "ENABLED_BY_DEFAULT", "ap-east-1": "ENABLED" });
    organization.front().configure(&json!({ "regions": { organization.account("prod-web"): table } }));
    let ids = [organization.account("prod-web"), organization.account("prod-data")].join(",");
    let some = ["--regions", "ap-east-1,eu-west-1", "--symptom", "missing-region", "--accounts", &ids];
    examine(&portolan, &organization, &some).status(0).of_state("notable", "regions", "region-not-enabled");
}

#[test]
fn without_the_list_of_regions_nothing_is_read_and_the_statement_is_said() {
    let organization = healthy();
    let front = organization.front();
    let portolan = Portolan::in_organization("no-regions", &organization);
    for (service, operation) in [("account", "ListRegions"), ("ec2", "DescribeRegions")] {
        front.rule(&json!({ "do": "deny", "service": service, "operation": operation }));
    }
    let found = examine(&portolan, &organization, &["--symptom", "no-resources"]).status(2);
    let finding = found.fails("regions", "identity-policy", "account:ListRegions");
    assert_eq!(finding["causes"][1]["name"], "regions-unknown");
}

#[test]
fn no_resources_found_since_a_policy_denies_and_which() {
    let organization = healthy();
    let front = organization.front();
    let portolan = Portolan::in_organization("no-resources", &organization);
    let account = organization.account("prod-web").to_owned();
    let only = ["--symptom", "denied", "--accounts", &account];
    for (by, cause, mend) in [
        ("scp", "scp", "--deny-regions eu-central-1"),
        ("rcp", "rcp", "ArnNotLike"),
        ("session", "session-policy", "--session-policy managed-read-only"),
        ("boundary", "boundary", "the permissions boundary of arn:aws:iam::"),
        ("vpc-endpoint", "vpc-endpoint-policy", "the policy of the VPC endpoint for"),
        ("resource", "resource-policy", "resource's own policy"),
    ] {
        front.rule(&json!({ "do": "deny", "by": by, "account": account, "region": "eu-central-1", "service": ["dynamodb", "sqs", "lambda"] }));
        let found = examine(&portolan, &organization, &only).status(2);
        let finding = found.fails("kinds", cause, mend);
        assert!(about(finding, "eu-central-1"), "{finding:#}");
        let says = finding["says"].as_str().unwrap();
        assert!(
            ["dynamodb:ListTables", "sqs:ListQueues", "lambda:ListFunctions"].iter().all(|name| says.contains(name)),
            "{says}"
        );
        front.clear_rules();
    }
    front.rule(&json!({ "do": "error", "account": account, "region": "eu-central-1", "service": "ec2", "code": "OptInRequired", "status": 401,
        "message": "You are not subscribed to this service." }));
    examine(&portolan, &organization, &only).status(2).fails("kinds", "region-not-enabled", "enable-region");
    front.clear_rules();
    front.rule(&json!({ "do": "html", "account": account, "service": "sqs" }));
    examine(&portolan, &organization, &only).status(2).fails("kinds", "bad-answer", "proxies");
    front.clear_rules();
    front.rule(&json!({ "do": "throttle", "service": "sqs", "times": 2, "retry_after_ms": 1 }));
    examine(&portolan, &organization, &["--symptom", "slow", "--accounts", &account]).status(0).of_state(
        "notable",
        "kinds",
        "throttled",
    );
}

/// The role has some permissions; those that it is said to lack are added, and then it reads all.
#[test]
fn the_statements_that_are_said_to_be_missing_are_enough() {
    let organization = healthy();
    let front = organization.front();
    let portolan = Portolan::in_organization("permissions", &organization);
    let account = organization.account("prod-web").to_owned();
    let role = organization.role_in(&account);
    let some = json!({ "Effect": "Allow", "Action": ["account:ListRegions", "ec2:DescribeInstances", "s3:*"], "Resource": "*" });
    let mut statements = vec![some];
    // A detail call is only denied once its listing is not.
    for round in 0.. {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let trusted = json!({ "principals": ["arn:aws:iam::111111111111:user/portolan"], "external_id": organization.external_id(), "policies": [policy] });
        front.configure(&json!({ "roles": { &role: trusted } }));
        let found = examine(&portolan, &organization, &["--symptom", "denied", "--accounts", &account]);
        if found.run.status == Some(0) {
            assert!(round > 0);
            break;
        }
        assert!(round < 4, "{:#}", found.json);
        let denied = found.all().into_iter().filter(|finding| finding["causes"][0]["name"] == "identity-policy");
        let before = statements.len();
        // One for each service.
        for finding in denied {
            assert!(finding["mends"].to_string().contains("portolan iam policy --kinds "), "{finding:#}");
            assert_eq!(finding["mends"][0]["statement"]["to"], format!("a policy of {role}"));
            let said = finding["mends"].as_array().unwrap().iter().map(|mend| &mend["statement"]["statement"]);
            // Findings of several regions name the same one.
            for statement in said.filter(|statement| statement.is_object()) {
                if !statements.contains(statement) {
                    statements.push(statement.clone());
                }
            }
        }
        assert!(statements.len() > before, "{:#}", found.json);
    }
}

#[test]
fn a_service_control_policy_is_named_and_the_condition_that_spares_the_role_mends_it() {
    let organization = healthy();
    let front = organization.front();
    let portolan = Portolan::in_organization("scp", &organization);
    let account = organization.account("staging").to_owned();
    let only = ["--symptom", "denied", "--accounts", &account];
    let deny = |condition: &Value| {
        let mut condition = condition.as_object().unwrap().clone();
        condition.insert("StringEquals".to_owned(), json!({ "aws:RequestedRegion": "eu-central-1" }));
        let allow = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let deny = json!({ "Effect": "Deny", "NotAction": ["s3:*", "sts:*"], "Resource": "*", "Condition": condition });
        front.configure(&json!({ "scps": { &account: [document(&allow), document(&deny)] } }));
    };
    deny(&json!({}));
    let found = examine(&portolan, &organization, &only).status(2);
    let finding = found.fails("kinds", "scp", "the organization's service control policy");
    deny(&Found::statement(finding, ""));
    examine(&portolan, &organization, &only).status(0);
}

#[test]
fn with_no_accounts_chosen_the_three_ways_are_shown() {
    let organization = healthy();
    let portolan = Portolan::in_organization("nothing-chosen", &organization);
    let found = Found::of(portolan.run(&["doctor", "--json", "--kinds", "AWS::SQS::Queue"])).status(0);
    let finding = found.of_state("notable", "organization", "nothing-chosen");
    let mends = finding["mends"].to_string();
    assert!(
        mends.contains("--account self")
            && mends.contains("--account-role-arns")
            && mends.contains("--account-role-arn ARN")
    );
    let own = ["doctor", "--json", "--account", "self", "--kinds", "AWS::SQS::Queue"];
    assert_eq!(
        Found::of(portolan.run(&own)).status(0).json["findings"].as_array().unwrap().len(),
        found.stages().len()
    );
}

/// Whatever the simulator says, nothing fails by it.
#[test]
fn the_simulator_is_asked_when_wanted_and_gives_advice_alone() {
    let organization = healthy();
    let front = organization.front();
    let portolan = Portolan::in_organization("simulator", &organization);
    let account = organization.account("prod-web").to_owned();
    let role = organization.role_in(&account);
    let with = |actions: &[&str]| {
        let policy = document(&json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }));
        let trusted = json!({ "principals": ["arn:aws:iam::111111111111:user/portolan"], "external_id": organization.external_id(), "policies": [policy] });
        front.configure(&json!({ "roles": { &role: trusted } }));
        examine(&portolan, &organization, &["--symptom", "missing-region", "--simulate", "--accounts", &account])
            .status(0)
    };
    let stage = |found: &Found| {
        let all = found.all();
        (*all.iter().find(|finding| finding["stage"] == "simulate" && finding["subject"] != "").unwrap()).clone()
    };
    let refused = stage(&with(&["account:ListRegions"]));
    assert_eq!((&refused["state"], &refused["answer"]["code"]), (&json!("not-examined"), &json!("AccessDenied")));
    let advice = stage(&with(&["account:ListRegions", "iam:SimulatePrincipalPolicy", "ec2:*", "dynamodb:*"]));
    assert_eq!(advice["state"], "notable");
    let mends = advice["mends"][0].to_string();
    assert!(mends.contains("sqs:ListQueues") && !mends.contains("ec2:DescribeInstances"), "{mends}");
    assert_eq!(stage(&with(&["*"]))["state"], "works");
    let found = examine(&portolan, &organization, &["--symptom", "missing-region", "--accounts", &account]);
    assert!(!found.stages().contains("simulate"));
}
