//! What leaves the catalogue, and what never does.

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";
/// Runs after which a resource that is gone must have left: two observations, and the run before them.
const RUNS_MAX: usize = 2;

fn alive(portolan: &Portolan) -> Vec<Value> {
    let query = "SELECT resource_key FROM resources WHERE deleted_at IS NULL ORDER BY resource_key";
    rows(&portolan.catalogue(), query)
}

fn of_account(portolan: &Portolan, account: &str) -> i64 {
    let query = format!("SELECT count(*) FROM resources WHERE account_id = '{account}' AND deleted_at IS NULL");
    number(&portolan.catalogue(), &query)
}

#[test]
fn what_was_deleted_disappears_and_nothing_else_does() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let portolan = Portolan::in_organization("deleted", &organization);
    let account = organization.account("prod-web").to_owned();
    portolan.sync(&organization, &[]);
    let before = alive(&portolan);

    let queue = front.queue_url(&account, REGION, "work-1");
    front.boto(&account, REGION, "sqs", "delete_queue", &json!({ "QueueUrl": queue }));
    front.boto(&account, REGION, "dynamodb", "delete_table", &json!({ "TableName": "Orders_v1.0" }));
    front.boto(
        &account,
        REGION,
        "ecs",
        "delete_service",
        &json!({ "cluster": "main", "service": "service-00", "force": true }),
    );

    let mut left = Vec::new();
    for _ in 0..RUNS_MAX {
        portolan.sync(&organization, &[]);
        let now = alive(&portolan);
        left = before.iter().filter(|row| !now.contains(row)).cloned().collect();
        if left.len() == 3 {
            break;
        }
    }
    let gone = "SELECT kind, name FROM resources WHERE deleted_at IS NOT NULL ORDER BY kind";
    assert_eq!(
        rows(&portolan.catalogue(), gone),
        [
            json!({ "kind": "AWS::DynamoDB::Table", "name": "Orders_v1.0" }),
            json!({ "kind": "AWS::ECS::Service", "name": "service-00" }),
            json!({ "kind": "AWS::SQS::Queue", "name": "work-1" }),
        ],
        "{left:?}"
    );
    assert_eq!(
        number(
            &portolan.catalogue(),
            "SELECT count(*) FROM resources WHERE missing_since IS NOT NULL AND deleted_at IS NULL"
        ),
        0
    );
}

#[test]
fn a_queue_that_a_listing_hides_is_asked_for_and_stays() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("hidden", &organization);
    portolan.sync(&organization, &[]);
    let before = alive(&portolan);
    // The listing still succeeds, and no longer has the queue; the queue itself answers as before.
    organization.front().rule(&json!({ "do": "replace", "service": "sqs", "operation": "ListQueues", "old": "/work-1\"", "new": "/work-0\"" }));
    let run = portolan.sync(&organization, &[]);
    assert_eq!(alive(&portolan), before, "{}", run.stderr);
}

#[test]
fn accounts_come_move_rest_and_are_refused_without_losing_rows() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let portolan = Portolan::in_organization("accounts", &organization);
    let (web, data) = (organization.account("prod-web"), organization.account("prod-data"));
    let workloads = ["--ou-id", organization.unit("workloads")];
    portolan.sync(&organization, &workloads);
    let (of_web, of_data) = (of_account(&portolan, web), of_account(&portolan, data));
    assert!(of_web > 5 && of_data > 5, "{of_web} {of_data}");
    // Only what is below the OU was read; the list of the organization's accounts is the management account's own.
    let elsewhere = format!(
        "SELECT count(*) FROM resources WHERE kind <> 'AWS::Organizations::Account' AND account_id NOT IN ('{web}', '{data}', '{}')",
        organization.account("staging")
    );
    assert_eq!(number(&portolan.catalogue(), &elsewhere), 0);

    // An account added is there in the next run.
    let added = organization.add_account("new-one", "prod");
    front.boto(&added, REGION, "sqs", "create_queue", &json!({ "QueueName": "first" }));
    portolan.sync(&organization, &workloads);
    let query = format!("SELECT count(*) FROM resources WHERE account_id = '{added}' AND kind = 'AWS::SQS::Queue'");
    assert_eq!(number(&portolan.catalogue(), &query), 1);

    // Moved out of the OU: out of scope, kept by default, however many runs pass.
    organization.move_account(data, "prod", "security");
    portolan.sync(&organization, &workloads);
    portolan.sync(&organization, &workloads);
    assert_eq!(of_account(&portolan, data), of_data);

    // Suspended: not attempted, no error, rows kept.
    organization.set_state(web, "SUSPENDED");
    front.forget();
    let run = portolan.sync(&organization, &workloads);
    assert_eq!(of_account(&portolan, web), of_web);
    assert!(!front.calls().iter().any(|call| call.account() == web));
    let accounts = run.report()["accounts"].as_array().unwrap();
    let suspended = accounts.iter().find(|account| account["id"] == web).unwrap();
    assert_eq!(suspended["outcome"], "resting");
    organization.set_state(web, "ACTIVE");

    // Its role is gone: kept, and the report says so.
    organization.deny(web);
    let run = portolan.sync(&organization, &workloads).expect(2);
    assert_eq!(of_account(&portolan, web), of_web);
    let accounts = run.report()["accounts"].as_array().unwrap();
    let refused = accounts.iter().find(|account| account["id"] == web).unwrap();
    assert_eq!(refused["outcome"], "role-refused");
    organization.allow(web);
    portolan.sync(&organization, &workloads);
    assert_eq!(of_account(&portolan, web), of_web);
}

#[test]
fn a_mass_deletion_is_withheld_until_that_plan_is_released() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let portolan = Portolan::in_organization("mass", &organization);
    let account = organization.account("prod-web").to_owned();
    let names: Vec<Value> = (0..25).map(|number| json!({ "QueueName": format!("many-{number}") })).collect();
    let made = front.boto(&account, REGION, "sqs", "create_queue", &Value::Array(names));
    let scope = ["--include-accounts", account.as_str(), "--kinds", "AWS::SQS::Queue"];
    portolan.sync(&organization, &scope).expect(0);
    let queues =
        "SELECT count(*) FROM resources WHERE kind = 'AWS::SQS::Queue' AND deleted_at IS NULL AND name LIKE 'many-%'";
    assert_eq!(number(&portolan.catalogue(), queues), 25);

    front.boto(&account, REGION, "sqs", "delete_queue", &made);
    let run = portolan.sync(&organization, &scope).expect(5);
    assert_eq!(number(&portolan.catalogue(), queues), 25);
    let run_id = run.report()["run_id"].as_str().unwrap().to_owned();
    let release = format!("--allow-mass-delete {run_id}");
    assert!(run.stdout.contains(&release) || run.stderr.contains(&release), "{}{}", run.stdout, run.stderr);
    assert!(!run.report()["tripped"].as_array().unwrap().is_empty());

    let mut released = scope.to_vec();
    released.extend(["--allow-mass-delete", &run_id]);
    portolan.sync(&organization, &released).expect(0);
    assert_eq!(number(&portolan.catalogue(), queues), 0);
    assert!(number(&portolan.catalogue(), "SELECT count(*) FROM resources WHERE deleted_at IS NULL") > 0);
}
