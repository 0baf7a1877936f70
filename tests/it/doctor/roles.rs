//! The hub, the listing role, the organization, and each account's role.

use portolan_tests::binary::Portolan;
use portolan_tests::organization::Organization;
use serde_json::{Value, json};

use super::{Found, arguments, document, examine, healthy};

const SOURCE: &str = "arn:aws:iam::111111111111:user/portolan";

fn portolan(organization: &Organization, name: &str) -> Portolan {
    Portolan::in_organization(name, organization)
}

#[test]
fn unable_to_assume_role_whoever_says_no() {
    let organization = healthy();
    let front = organization.front();
    let portolan = portolan(&organization, "unable");
    let roles = ["--symptom", "cannot-assume-role"];
    for (by, cause, mend) in [
        ("identity", "identity-policy", "arn:aws:iam::*:role/portolan/PortolanRead"),
        ("scp", "scp", "ArnNotLike"),
        ("rcp", "rcp", "ArnNotLike"),
        ("session", "session-policy", "session policy"),
        ("boundary", "boundary", "the permissions boundary of arn:aws:iam::111111111111:user/portolan"),
        ("vpc-endpoint", "vpc-endpoint-policy", "the policy of the VPC endpoint for sts"),
    ] {
        front.rule(&json!({ "do": "deny", "by": by, "service": "sts", "operation": "AssumeRole" }));
        let found = examine(&portolan, &organization, &roles).status(2);
        let finding = found.fails("listing", cause, mend);
        assert_eq!(finding["answer"]["code"], "AccessDenied");
        assert!(finding["answer"]["request_id"].as_str().unwrap().starts_with("front-"), "{finding:#}");
        front.clear_rules();
    }
    for (code, message, cause, mend) in [
        (
            "AccessDenied",
            "User: x is not authorized to perform: sts:SetSourceIdentity on resource: y",
            "source-identity",
            "--source-identity",
        ),
        ("ExpiredToken", "The security token included in the request is expired", "expired-token", "renew"),
        ("RegionDisabledException", "STS is not activated in this region", "sts-off", "credentials.sts_region"),
        ("Throttling", "Rate exceeded", "throttled", "--concurrency"),
    ] {
        front.rule(
            &json!({ "do": "error", "code": code, "message": message, "service": "sts", "operation": "AssumeRole" }),
        );
        examine(&portolan, &organization, &roles).status(2).fails("listing", cause, mend);
        front.clear_rules();
    }
    front.rule(&json!({ "do": "html", "service": "sts", "operation": "AssumeRole" }));
    examine(&portolan, &organization, &roles).status(2).fails("listing", "bad-answer", "AWS_ENDPOINT_URL");
}

/// The trust that it says to add is the one that was missing: with it and nothing else, the role is assumed.
#[test]
fn the_trust_statement_that_is_said_to_be_missing_is_enough() {
    let organization = healthy();
    let front = organization.front();
    let portolan = portolan(&organization, "trust");
    let other = document(
        &json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole" }),
    );
    let alone = ["--symptom", "cannot-assume-role"];
    let listing = organization.role().to_owned();

    // An account whose role trusts somebody else, while others do trust us with the same external id: no doubt about that.
    let account = organization.account("prod-web").to_owned();
    front.configure(&json!({ "roles": { organization.role_in(&account): { "trust": other } } }));
    let found = examine(&portolan, &organization, &["--accounts", &account]).status(2);
    let finding = found.fails("accounts", "trust-policy", "aws iam get-role --role-name PortolanRead");
    assert!(finding["subject"].as_str().unwrap().starts_with(&account));
    let statement = Found::statement(finding, organization.external_id());
    assert_eq!(statement["Principal"]["AWS"], SOURCE);
    front.configure(&json!({ "roles": { organization.role_in(&account): { "trust": document(&statement) } } }));
    examine(&portolan, &organization, &["--accounts", &account]).status(0);

    // A session whose tags are passed on, as Pod Identity's are.
    front.configure(&json!({
        "keys": { "ASIAPOD": {
            "secret": "planted-secret", "account": "111111111111", "token": "planted-token",
            "arn": "arn:aws:sts::111111111111:assumed-role/Pod/eks-1", "transitive_tags": { "eks-cluster-name": "a" },
        } },
    }));
    let mut pod = Portolan::in_organization("pod", &organization);
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "ASIAPOD"),
        ("AWS_SECRET_ACCESS_KEY", "planted-secret"),
        ("AWS_SESSION_TOKEN", "planted-token"),
    ] {
        pod.set(name, value);
    }
    let untagged = document(&json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111111111111:role/Pod" }, "Action": "sts:AssumeRole",
    }));
    front.configure(&json!({ "roles": { &listing: { "trust": untagged } } }));
    let found = examine(&pod, &organization, &["--symptom", "organization-denied"]).status(2);
    let finding = found.fails("listing", "tag-session", "disableSessionTags");
    let statement = Found::statement(finding, organization.external_id());
    assert_eq!(statement["Action"], json!(["sts:AssumeRole", "sts:TagSession"]));
    front.configure(&json!({ "roles": { &listing: { "trust": document(&statement) } } }));
    examine(&pod, &organization, &["--symptom", "organization-denied"]).status(0);

    // Tags or none, a role's session gets no longer one than an hour.
    let long = ["--symptom", "organization-denied", "--session-duration", "7200"];
    examine(&pod, &organization, &long).status(2).fails("listing", "session-too-long", "3600 or less");

    // Nobody is trusted anywhere: AWS does not say whether it is the external id.
    let found = examine(&pod, &organization, &alone).status(2);
    let finding = found.fails("accounts", "trust-policy", "aws:PrincipalArn");
    assert_eq!(finding["causes"][1]["name"], "external-id");
}

#[test]
fn a_wrong_external_id_is_likely_where_no_role_takes_it_and_only_its_being_sent_is_told() {
    let organization = healthy();
    let mut portolan = portolan(&organization, "external");
    portolan.write("external-id", "planted-wrong-external-id");
    let found = examine(&portolan, &organization, &[]).status(2);
    let finding = found.fails("listing", "external-id", "one was sent");
    assert_eq!(finding["causes"][1]["name"], "trust-policy");
    assert_eq!(finding["says"], "not assumed, with an external id");
    for secret in ["planted-wrong-external-id", organization.external_id()] {
        assert!(!format!("{}{}", found.run.stdout, found.run.stderr).contains(secret));
    }
    // Without any: the trust may ask for one.
    portolan.set("AWS_REGION", "eu-west-1");
    let arguments = ["doctor", "--json", "--account-role-arn", organization.role(), "--symptom", "cannot-assume-role"];
    let found = Found::of(portolan.run(&arguments)).status(2);
    let finding = found.fails("listing", "trust-policy", "none was sent");
    assert_eq!(finding["causes"][1]["name"], "external-id");
}

#[test]
fn a_hub_a_long_session_and_a_listing_role_are_told_apart() {
    let organization = healthy();
    let front = organization.front();
    let portolan = portolan(&organization, "hub");
    let hub = format!("arn:aws:iam::{}:role/Hub", organization.account("prod-data"));
    let with_hub = ["--hub-role-arn", hub.as_str(), "--symptom", "organization-denied"];
    let found = examine(&portolan, &organization, &with_hub).status(2);
    found.fails("hub", "external-id", "trust policy of arn:aws:iam::");
    // The hub lets us in; the listing role behind it does not trust the hub.
    front.configure(
        &json!({ "roles": { &hub: { "principals": [SOURCE], "external_id": organization.external_id() } } }),
    );
    let found = examine(&portolan, &organization, &with_hub).status(2);
    let finding = found.fails("listing", "trust-policy", "aws:PrincipalArn");
    let statement = Found::statement(finding, organization.external_id());
    assert!(statement.to_string().contains("role/Hub"), "the caller that was refused is the hub: {statement:#}");
    front.configure(&json!({ "roles": { organization.role(): { "trust": document(&statement) } } }));
    examine(&portolan, &organization, &with_hub).status(0);

    // Behind a hub that is a mistake of the configuration, found with its place before anything is asked.
    let long = [&with_hub[..], &["--session-duration", "7200"]].concat();
    let run = portolan.run(&arguments(&organization, &long)).expect(1);
    assert!(run.stderr.contains("behind a hub sessions last an hour at most"), "{}", run.stderr);
    let short = json!({ "principals": [SOURCE], "external_id": organization.external_id(), "max_session": 3600 });
    front.configure(&json!({ "roles": { organization.role(): short } }));
    let found =
        examine(&portolan, &organization, &["--session-duration", "7200", "--symptom", "cannot-assume-role"]).status(2);
    found.fails("listing", "session-too-long", "--max-session-duration 7200");
}

#[test]
fn access_denied_to_the_organization() {
    let organization = healthy();
    let front = organization.front();
    let portolan = portolan(&organization, "denied");
    let alone = ["--symptom", "organization-denied"];
    front.rule(&json!({ "do": "deny", "service": "organizations" }));
    let found = examine(&portolan, &organization, &alone).status(2);
    let finding = found.fails("organization", "not-administrator", "portolan iam policy --for list");
    let mends = finding["mends"].to_string();
    assert!(mends.contains("organizations:") && mends.contains("delegated administrator"), "{mends}");
    front.clear_rules();
    front.rule(&json!({
        "do": "error", "service": "organizations", "code": "AWSOrganizationsNotInUseException",
        "message": "Your account is not a member of an organization.",
    }));
    examine(&portolan, &organization, &alone).status(2).fails("organization", "no-organization", "--account self");
    front.clear_rules();
    portolan.write("portolan.yaml", "version: 1\ncredentials: { expect_organization: o-another000 }\n");
    examine(&portolan, &organization, &alone).status(2).fails(
        "organization",
        "other-organization",
        "expect_organization",
    );
}

#[test]
fn missing_accounts_are_named_with_the_reason() {
    let organization = healthy();
    organization.deny(organization.account("sandbox"));
    let portolan = portolan(&organization, "missing");
    let (sandbox, legacy) = (organization.account("sandbox"), organization.account("legacy"));
    let prod = organization.unit("prod");
    let found = examine(&portolan, &organization, &["--symptom", "missing-accounts", "--exclude-ous", prod]).status(2);
    let about = |finding: &Value, id: &str| finding["subject"].as_str().unwrap().starts_with(id);
    assert!(about(found.fails("accounts", "trust-policy", "aws iam get-role"), sandbox));
    found.of_state("notable", "organization", "account-left-out");
    let found = examine(&portolan, &organization, &["--symptom", "missing-accounts"]).status(2);
    assert!(about(found.of_state("notable", "organization", "account-resting"), legacy));
    // Asked for by id, they are what does not work.
    let ids = format!("{legacy},999999999999");
    let found = examine(&portolan, &organization, &["--accounts", &ids]).status(2);
    assert!(about(found.fails("accounts", "account-resting", "reinstate"), legacy));
    found.fails("accounts", "account-not-listed", "portolan accounts");
    // The management account need not have the role.
    let management = organization.account("management");
    let listing = json!({ "principals": [SOURCE], "external_id": organization.external_id() });
    let member = format!("arn:aws:iam::{management}:role/Member");
    let mut roles = json!({ "arn:aws:iam::111111111111:role/List": listing, &member: { "missing": true } });
    for id in organization.readable() {
        if id != management {
            roles[format!("arn:aws:iam::{id}:role/Member")] = roles["arn:aws:iam::111111111111:role/List"].clone();
        }
    }
    organization.front().configure(&json!({ "roles": roles }));
    let arguments = [
        "doctor",
        "--json",
        "--account-role-arn",
        "arn:aws:iam::111111111111:role/List",
        "--member-role-name",
        "Member",
        "--external-id-file",
        "external-id",
        "--symptom",
        "cannot-assume-role",
        "--accounts",
        management,
    ];
    let found = Found::of(portolan.run(&arguments)).status(0);
    let finding = found.of_state("notable", "accounts", "trust-policy");
    assert!(finding["mends"].to_string().contains("StackSets put no role there"), "{finding:#}");
}
