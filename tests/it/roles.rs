//! From the source to a role in each account: straight, through a hub, or by web identity.

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

const KINDS: [&str; 2] = ["--kinds", "AWS::SQS::Queue"];
const TOKEN: &str = "planted-web-identity-token-3b8f";

/// The `AssumeRole` calls that succeeded: (operation, who asked, which role).
fn assumed(organization: &Organization) -> Vec<(String, String, String)> {
    let calls = organization.front().calls();
    let granted = calls.iter().filter(|call| call.status() == 200 && !call.fields()["assume"].is_null());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    granted
        .map(|call| (call.operation(), text(&call.fields()["principal"]), text(&call.fields()["assume"]["RoleArn"])))
        .collect()
}

fn every_account_was_read(organization: &Organization, run: &Run) {
    let accounts = run.report()["accounts"].as_array().unwrap();
    for id in organization.readable() {
        let account = accounts.iter().find(|account| account["id"] == id).unwrap_or_else(|| panic!("{id}"));
        assert_eq!(account["outcome"], "read", "{account}\n{}", run.stderr);
    }
}

#[test]
fn members_are_assumed_from_the_source_itself() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("straight", &organization);
    let run = portolan.sync(&organization, &KINDS);
    every_account_was_read(&organization, &run);
    let found = assumed(&organization);
    for (operation, principal, role) in &found {
        assert_eq!(operation, "sts:AssumeRole");
        assert!(principal.ends_with(":user/portolan"), "{role} was assumed by {principal}");
    }
    for id in organization.readable() {
        assert!(found.iter().any(|(_, _, role)| *role == organization.role_in(id)), "{id}");
    }
    // What existing trust policies do not expect is not sent.
    for call in organization.front().calls() {
        let assume = &call.fields()["assume"];
        if !assume.is_null() {
            assert!(assume.get("DurationSeconds").is_none() && assume.get("SourceIdentity").is_none(), "{assume}");
            assert!(assume["RoleSessionName"].as_str().unwrap().starts_with("portolan-"), "{assume}");
            assert_eq!(assume["external_id"], true);
            assert_eq!(call.region(), "eu-west-1", "the regional endpoint");
        }
    }
}

#[test]
fn a_hub_stands_between_only_where_one_is_configured() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("hub", &organization);
    let hub = format!("arn:aws:iam::{}:role/Hub", organization.account("prod-data"));
    let source = "arn:aws:iam::111111111111:user/portolan";
    let mut roles = json!({ &hub: { "principals": [source], "external_id": organization.external_id() } });
    for id in organization.readable() {
        roles[organization.role_in(id)] = json!({ "principals": [hub], "external_id": organization.external_id() });
    }
    organization.front().configure(&json!({ "roles": roles }));
    let mut arguments = KINDS.to_vec();
    arguments.extend(["--hub-role-arn", &hub]);
    let run = portolan.sync(&organization, &arguments);
    every_account_was_read(&organization, &run);
    for (_, principal, role) in assumed(&organization) {
        let through = if role == hub { ":user/portolan" } else { ":assumed-role/Hub/" };
        assert!(principal.contains(through), "{role} was assumed by {principal}");
    }
    // Without it, nobody lets the source in.
    portolan.sync(&organization, &KINDS).expect(3);
}

#[test]
fn web_identity_goes_straight_to_every_role() {
    let organization = Organization::build(Scale::Tiny);
    let mut portolan = Portolan::new("web-identity");
    let mut roles = json!({});
    for id in organization.readable() {
        roles[organization.role_in(id)] = json!({ "principals": [], "web_identity_tokens": [TOKEN] });
    }
    organization.front().configure(&json!({ "roles": roles }));
    portolan.write("token", TOKEN);
    let token = portolan.file("token").display().to_string();
    portolan.set("AWS_WEB_IDENTITY_TOKEN_FILE", &token);
    portolan.set("AWS_ROLE_ARN", organization.role());
    portolan.set("AWS_REGION", "eu-west-1");
    portolan.set("AWS_ENDPOINT_URL", organization.front().url());
    let arguments = [
        "sync",
        "--credentials",
        "web-identity",
        "--account-role-arn",
        organization.role(),
        "--to",
        "sqlite:catalogue.db",
        "--report",
        "report.json",
        KINDS[0],
        KINDS[1],
    ];
    let run = portolan.run(&arguments);
    every_account_was_read(&organization, &run);
    for (operation, _, role) in assumed(&organization) {
        assert_eq!(operation, "sts:AssumeRoleWithWebIdentity", "{role}");
    }
    assert!(!format!("{}{}{:?}", run.stdout, run.stderr, run.report).contains(TOKEN));
}

#[test]
fn one_session_is_opened_for_an_account_however_many_units_it_has() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("once", &organization);
    portolan.sync(&organization, &["--concurrency", "32"]);
    let found = assumed(&organization);
    for id in organization.readable() {
        let role = organization.role_in(id);
        let times = found.iter().filter(|(_, _, assumed)| *assumed == role).count();
        // The listing role is the management account's member role as well.
        let most = if id == organization.account("management") { 2 } else { 1 };
        assert!((1..=most).contains(&times), "{role} was assumed {times} times");
    }
}
