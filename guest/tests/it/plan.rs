//! Regions of an account, and what becomes of each kind in them.

use portolan_guest::interface::{Account, AccountPlan, AccountRole, Fate};
use portolan_guest::problem::Problem;
use serde_json::{Value, json};

use crate::script::{KEY, Script, account, fault, guest_with, limits, member, ok, status};

const KINDS: [&str; 4] = ["AWS::Account::Info", "AWS::Organizations::Account", "AWS::S3::Bucket", "AWS::SQS::Queue"];

fn config(more: Value) -> Value {
    let mut config = json!({"version": 1, "redaction_key": KEY, "kinds": KINDS.map(|kind| json!({ "kind": kind }))});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config
}

fn plan(host: &Script<'_>, more: Value, account: &Account) -> Result<AccountPlan, Problem> {
    guest_with(&config(more), limits()).plan(host, account)
}

fn regions() -> Script<'static> {
    Script::new(|request| match (request.operation.as_str(), member(request, "NextToken")) {
        ("ListRegions", Value::Null) => ok(json!({"Regions": [
            {"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
            {"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
            {"RegionName": "af-south-1", "RegionOptStatus": "DISABLED"}], "NextToken": "2"})),
        ("ListRegions", _) => ok(json!({"Regions": [
            {"RegionName": "me-south-1", "RegionOptStatus": "ENABLED"},
            {"RegionName": "ap-east-1", "RegionOptStatus": "ENABLING"}]})),
        other => panic!("{other:?}"),
    })
}

fn found(plan: &AccountPlan, kind: &str, fate: Fate) -> Option<Vec<String>> {
    let planned = plan.kinds.iter().find(|planned| planned.kind == kind && planned.fate == fate);
    planned.map(|planned| planned.regions.clone())
}

#[test]
fn all_pages_of_regions_and_only_enabled_ones_are_read() {
    let plan = plan(&regions(), json!({}), &account()).unwrap();
    assert!(plan.whole && plan.problems.is_empty());
    let listed: Vec<(&str, bool)> = plan.regions.iter().map(|region| (region.name.as_str(), region.enabled)).collect();
    let expected =
        [("af-south-1", false), ("ap-east-1", false), ("eu-west-1", true), ("me-south-1", true), ("us-east-1", true)];
    assert_eq!(listed, expected);
    assert_eq!(found(&plan, "AWS::SQS::Queue", Fate::Read).unwrap(), ["eu-west-1", "me-south-1", "us-east-1"]);
    assert_eq!(found(&plan, "AWS::SQS::Queue", Fate::Excluded), None);
    assert_eq!(found(&plan, "AWS::S3::Bucket", Fate::Read).unwrap(), [""; 0]);
    assert_eq!(found(&plan, "AWS::Account::Info", Fate::Read).unwrap(), [""; 0]);
    assert_eq!(found(&plan, "AWS::Organizations::Account", Fate::Read), None, "not a member's");
}

#[test]
fn policies_exclude_by_kind_account_and_in_general() {
    let queues = |more: Value, account: &Account| {
        found(&plan(&regions(), more, account).unwrap(), "AWS::SQS::Queue", Fate::Read).unwrap()
    };
    assert_eq!(queues(json!({"regions": {"deny": ["me-south-1"]}}), &account()), ["eu-west-1", "us-east-1"]);
    assert_eq!(queues(json!({"regions": {"allow": ["eu-west-1"]}}), &account()), ["eu-west-1"]);
    assert_eq!(
        queues(json!({"account_regions": {"111122223333": {"allow": ["us-east-1"]}}}), &account()),
        ["us-east-1"]
    );
    let own = json!({"regions": {"allow": ["eu-west-1"]}, "kinds": [{"kind": "AWS::SQS::Queue", "regions": {"allow": ["us-east-1"]}}]});
    assert_eq!(queues(own, &account()), ["us-east-1"], "a kind's own policy stands in place of the general one");
    let excluded = plan(&regions(), json!({"regions": {"deny": ["me-south-1"]}}), &account()).unwrap();
    assert_eq!(found(&excluded, "AWS::SQS::Queue", Fate::Excluded).unwrap(), ["me-south-1"]);
}

#[test]
fn the_organization_is_planned_once() {
    let management = Account { role: AccountRole::Management, ..account() };
    let planned = plan(&regions(), json!({}), &management).unwrap();
    assert_eq!(found(&planned, "AWS::Organizations::Account", Fate::Read).unwrap(), [""; 0]);
    let out = Account { details: json!({"State": "OUT_OF_SCOPE"}).to_string(), ..management };
    let silent = Script::new(|request| panic!("asked {}", request.operation));
    let planned = plan(&silent, json!({}), &out).unwrap();
    let kinds: Vec<&str> = planned.kinds.iter().map(|planned| planned.kind.as_str()).collect();
    assert_eq!(kinds, ["AWS::Organizations::Account"], "left out, and still the one that lists the organization");
}

#[test]
fn ec2_answers_where_the_account_service_does_not() {
    let ec2 = "<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item><item><regionName>af-south-1</regionName><optInStatus>not-opted-in</optInStatus></item></regionInfo></DescribeRegionsResponse>";
    for first in [status(404, "<!doctype html><title>404 Not Found</title>"), fault("AccessDeniedException")] {
        let host = Script::new(|request| if request.operation == "ListRegions" { first.clone() } else { ok(ec2) });
        let plan = plan(&host, json!({}), &account()).unwrap();
        assert!(plan.whole && plan.problems.is_empty(), "as good");
        assert_eq!(found(&plan, "AWS::SQS::Queue", Fate::Read).unwrap(), ["eu-west-1"]);
    }
}

#[test]
fn without_any_answer_no_region_is_planned_and_nothing_proven() {
    let host = Script::new(|_| fault("AccessDeniedException"));
    let plan = plan(&host, json!({}), &account()).unwrap();
    assert!(!plan.whole && plan.regions.is_empty() && plan.problems.len() >= 2);
    assert_eq!(found(&plan, "AWS::SQS::Queue", Fate::Read), None);
    assert_eq!(found(&plan, "AWS::SQS::Queue", Fate::Excluded), None);
    assert!(found(&plan, "AWS::S3::Bucket", Fate::Read).is_some(), "needs no list of regions");
}
