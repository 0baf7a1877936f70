//! Access that is taken away, before a run and during it: what was known stays, and the run says what it lost.

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::rows;
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

const KINDS: [&str; 2] = ["--kinds", "AWS::SQS::Queue,AWS::S3::Bucket,AWS::DynamoDB::Table"];

fn alive(portolan: &Portolan) -> Vec<Value> {
    let query = "SELECT resource_key FROM resources WHERE deleted_at IS NULL ORDER BY resource_key";
    rows(&portolan.catalogue(), query)
}

fn classes_of<'a>(run: &'a Run, account: &str) -> Vec<&'a str> {
    let scopes = run.report()["incomplete"].as_array().unwrap().iter();
    let mut classes: Vec<&str> =
        scopes.filter(|scope| scope["account"] == account).map(|scope| scope["class"].as_str().unwrap()).collect();
    classes.dedup();
    classes
}

#[test]
fn a_role_that_was_deleted_costs_its_account_and_no_row() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("role-deleted", &organization);
    let account = organization.account("prod-web");
    portolan.sync(&organization, &KINDS);
    let before = alive(&portolan);
    assert!(before.len() > 3);

    organization.deny(account);
    // Twice: a second observation of nothing is still no proof.
    for _ in 0..2 {
        let run = portolan.sync(&organization, &KINDS).expect(2);
        assert_eq!(classes_of(&run, account), ["role-denied"]);
        assert_eq!(alive(&portolan), before);
    }
    // The listing role as well: nothing is left to read with.
    for id in organization.readable() {
        organization.deny(id);
    }
    organization.deny(organization.account("management"));
    let run = portolan.sync(&organization, &KINDS).expect(3);
    assert!(run.stdout.contains("sts:AssumeRole"), "{}", run.stdout);
    assert_eq!(alive(&portolan), before);

    // Given back, it goes on as if nothing had been.
    for id in organization.readable() {
        organization.allow(id);
    }
    organization.allow(organization.account("management"));
    let run = portolan.sync(&organization, &KINDS);
    assert!(classes_of(&run, account).is_empty(), "{}", run.stdout);
    assert_eq!(alive(&portolan), before);
}

/// What IAM attaches when sessions are revoked: a denial of everything to those that are older.
#[test]
fn sessions_that_are_revoked_during_a_run_cost_what_was_not_yet_read() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("sessions-revoked", &organization);
    let account = organization.account("prod-web");
    portolan.sync(&organization, &KINDS);
    let before = alive(&portolan);
    organization.front().rule(&json!({ "do": "deny", "account": account, "after": 6 }));
    for _ in 0..2 {
        let run = portolan.sync(&organization, &KINDS).expect(2);
        assert!(!classes_of(&run, account).is_empty(), "{}", run.stdout);
        assert_eq!(alive(&portolan), before);
        organization.front().clear_rules();
        organization.front().rule(&json!({ "do": "deny", "account": account }));
    }
}
