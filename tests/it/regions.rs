//! Which regions are read: those the account has enabled and the policy allows; none where nobody says.

use std::collections::BTreeSet;

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use serde_json::json;

fn asked(organization: &Organization) -> BTreeSet<String> {
    let calls = organization.front().calls();
    let queues = calls.iter().filter(|call| call.operation() == "sqs:ListQueues");
    queues.map(|call| call.region().to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_policy_is_the_peers_and_every_account_is_asked_for_its_own_regions() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.clear_rules();
    let portolan = Portolan::in_organization("regions", &organization);
    let web = organization.account("prod-web").to_owned();
    let data = organization.account("prod-data").to_owned();
    let of_account = |account: &str, more: &[&str]| {
        front.forget();
        let mut arguments = vec!["--kinds", "AWS::SQS::Queue", "--include-accounts", account];
        arguments.extend(more);
        let run = portolan.sync(&organization, &arguments);
        assert!(run.report.is_some(), "{}", run.stderr);
        asked(&organization)
    };
    let sync = |more: &[&str]| of_account(&web, more);
    assert_eq!(sync(&[]), set(&["eu-central-1", "eu-west-1", "us-east-1"]));
    assert_eq!(sync(&["--regions", "eu-west-1,us-east-1"]), set(&["eu-west-1", "us-east-1"]));
    assert_eq!(sync(&["--deny-regions", "us-east-1"]), set(&["eu-central-1", "eu-west-1"]));
    assert_eq!(sync(&["--regions", "eu-west-1,us-east-1", "--deny-regions", "us-east-1"]), set(&["eu-west-1"]));
    // Allowed, but not enabled in the account.
    assert_eq!(sync(&["--regions", "ap-east-1,eu-west-1"]), set(&["eu-west-1"]));
    // An account that enabled it is another matter.
    front.configure(
        &json!({ "regions": { data.as_str(): { "eu-west-1": "ENABLED_BY_DEFAULT", "ap-east-1": "ENABLED" } } }),
    );
    assert_eq!(of_account(&data, &[]), set(&["ap-east-1", "eu-west-1"]));
}

#[test]
fn where_one_service_does_not_name_the_regions_the_other_does_and_without_both_nothing_is_touched() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.clear_rules();
    let portolan = Portolan::in_organization("unnamed-regions", &organization);
    let web = organization.account("prod-web").to_owned();
    let arguments = ["--kinds", "AWS::SQS::Queue", "--include-accounts", web.as_str()];
    portolan.sync(&organization, &arguments).expect(0);
    let alive = "SELECT resource_key FROM resources WHERE deleted_at IS NULL AND missing_since IS NULL ORDER BY 1";
    let before = rows(&portolan.catalogue(), alive);
    assert!(!before.is_empty());

    // As moto itself does it: no such operation, and a page of HTML.
    front.rule(&json!({ "do": "status", "status": 404, "body": "<html>404</html>", "service": "account", "operation": "ListRegions" }));
    front.forget();
    portolan.sync(&organization, &arguments).expect(0);
    assert_eq!(asked(&organization), set(&["eu-central-1", "eu-west-1", "us-east-1"]));
    assert!(front.calls().iter().any(|call| call.operation() == "ec2:DescribeRegions"));

    front.rule(&json!({ "do": "deny", "service": "ec2", "operation": "DescribeRegions" }));
    front.forget();
    portolan.sync(&organization, &arguments).expect(2);
    assert_eq!(asked(&organization), set(&[]));
    assert_eq!(rows(&portolan.catalogue(), alive), before);
}

#[test]
fn a_region_that_the_account_disables_keeps_its_rows() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.clear_rules();
    let portolan = Portolan::in_organization("disabled", &organization);
    let web = organization.account("prod-web").to_owned();
    let arguments = ["--kinds", "AWS::SQS::Queue", "--include-accounts", web.as_str()];
    portolan.sync(&organization, &arguments).expect(0);
    let alive = "SELECT count(*) FROM resources WHERE deleted_at IS NULL AND region = 'eu-west-1'";
    let before = number(&portolan.catalogue(), alive);
    assert!(before > 0);
    let table =
        json!({ "eu-central-1": "ENABLED_BY_DEFAULT", "us-east-1": "ENABLED_BY_DEFAULT", "eu-west-1": "DISABLED" });
    front.configure(&json!({ "regions": { web.as_str(): table } }));
    for _ in 0..3 {
        portolan.sync(&organization, &arguments);
    }
    assert_eq!(number(&portolan.catalogue(), alive), before);
    let reachable = format!("SELECT reachable FROM regions WHERE account_id = '{web}' AND region = 'eu-west-1'");
    assert_eq!(number(&portolan.catalogue(), &reachable), 0);
}
