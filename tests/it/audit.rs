//! `portolan iam audit`, against roles that boto3 made in moto.

use std::collections::BTreeSet;

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

/// An account of nobody here.
pub const VENDOR: &str = "999988887777";

/// A role, as boto3 makes one.
pub fn role(name: &str, statement: Value) -> Value {
    let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    json!({"RoleName": name, "AssumeRolePolicyDocument": document})
}

/// One statement that lets somebody assume a role.
pub fn trusts(principal: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
}

/// An organization whose roles a test makes.
pub struct Estate {
    pub organization: Organization,
    pub portolan: Portolan,
}

impl Estate {
    pub fn new(name: &str) -> Self {
        let organization = Organization::build_with_managed_policies(Scale::Tiny);
        let portolan = Portolan::in_organization(name, &organization);
        Self { organization, portolan }
    }

    pub fn iam(&self, account: &str, operation: &str, arguments: &Value) -> Value {
        self.organization.front().boto(self.organization.account(account), "us-east-1", "iam", operation, arguments)
    }

    /// Runs a command over the organization.
    pub fn run(&self, arguments: &[&str], more: &[&str]) -> Run {
        let estate = ["--account-role-arn", self.organization.role(), "--external-id-file", "external-id"];
        self.portolan.run(&[arguments, &estate, more].concat())
    }

    fn audit(&self, more: &[&str]) -> Value {
        let run = self.run(&["iam", "audit", "--json"], more);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
    }
}

fn account<'a>(audit: &'a Value, id: &str) -> &'a Value {
    audit["accounts"].as_array().unwrap().iter().find(|account| account["id"] == id).unwrap()
}

fn found<'a>(audit: &'a Value, id: &str, name: &str) -> &'a Value {
    let roles = account(audit, id)["roles"].as_array().unwrap();
    roles.iter().find(|role| role["name"] == name).unwrap_or_else(|| panic!("no {name} in {roles:#?}"))
}

/// The flags of a role's grants.
fn flags(role: &Value) -> BTreeSet<String> {
    let grants = role["trust"]["grants"].as_array().unwrap();
    let flags = grants.iter().flat_map(|grant| grant["flags"].as_array().into_iter().flatten());
    flags.map(|flag| flag.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_role_of_every_account_and_who_gets_in() {
    let estate = Estate::new("audit");
    let organization = &estate.organization;
    let (web, staging, sandbox) =
        (organization.account("prod-web"), organization.account("staging"), organization.account("sandbox"));
    // 250 roles in one account, of a service: three pages of a hundred.
    let many: Vec<Value> = (0..250)
        .map(|number| role(&format!("many-{number:03}"), trusts(json!({"Service": "ec2.amazonaws.com"}), json!({}))))
        .collect();
    estate.iam("prod-data", "create_role", &json!(many));
    let external = json!({"StringEquals": {"sts:ExternalId": "an-external-id-of-others"}});
    let organization_id = "o-zzzzzzzzzz";
    let made = [
        role("vendor-bare", trusts(json!({"AWS": format!("arn:aws:iam::{VENDOR}:root")}), json!({}))),
        role("vendor-right", trusts(json!({"AWS": format!("arn:aws:iam::{VENDOR}:role/collector")}), external)),
        role("sister", trusts(json!({"AWS": staging}), json!({}))),
        role("open", trusts(json!("*"), json!({}))),
        role("others", trusts(json!({"AWS": "*"}), json!({"StringEquals": {"aws:PrincipalOrgID": organization_id}}))),
        role("gone", trusts(json!({"AWS": "AROADBQP57FF2AEXAMPLE"}), json!({}))),
        role(
            "github",
            json!({
                "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": format!("arn:aws:iam::{web}:oidc-provider/token.actions.githubusercontent.com")},
                "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}},
            }),
        ),
        json!({
            "RoleName": "PortolanRead", "Path": "/portolan/", "Description": "What Portolan reads with",
            "Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "portolan"}, {"Key": "team", "Value": "security"}],
            "AssumeRolePolicyDocument": json!({"Version": "2012-10-17", "Statement": [
                trusts(json!({"AWS": organization.account("management")}), json!({}))
            ]}).to_string(),
        }),
        role("inside", trusts(json!({"AWS": web}), json!({}))),
    ];
    // moto takes no tag of AWS's own from boto3, as AWS does not.
    let plain: Vec<Value> = made
        .into_iter()
        .map(|mut role| {
            if let Some(tags) = role.get_mut("Tags") {
                *tags = json!([{"Key": "team", "Value": "security"}]);
            }
            role
        })
        .collect();
    estate.iam("prod-web", "create_role", &json!(plain));
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Reads", "Effect": "Allow", "Action": ["s3:Get*", "sqs:ListQueues"], "Resource": "*"}
    ]});
    let condition = json!({"Bool": {"aws:SecureTransport": "true"}});
    let inline = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:*:*:table/x", "Condition": condition,
    }});
    let local =
        estate.iam("prod-web", "create_policy", &json!({"PolicyName": "reads", "PolicyDocument": policy.to_string()}));
    let local = local["Policy"]["Arn"].as_str().unwrap();
    let attach = |role: &str, arn: &str| {
        estate.iam("prod-web", "attach_role_policy", &json!({"RoleName": role, "PolicyArn": arn}))
    };
    attach("vendor-bare", local);
    let put = json!({"RoleName": "vendor-right", "PolicyName": "writes", "PolicyDocument": inline.to_string()});
    estate.iam("prod-web", "put_role_policy", &put);
    estate.iam("staging", "create_role", &role("admin", trusts(json!({"AWS": web}), json!({}))));
    estate.iam(
        "staging",
        "attach_role_policy",
        &json!({"RoleName": "admin", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    );
    estate.iam("staging", "create_role", &role("auditor", trusts(json!({"AWS": web}), json!({}))));
    estate.iam(
        "staging",
        "attach_role_policy",
        &json!({"RoleName": "auditor", "PolicyArn": "arn:aws:iam::aws:policy/AWSOrganizationsReadOnlyAccess"}),
    );

    organization.front().configure(&json!({"page_sizes": {"iam:GetAccountAuthorizationDetails": 100}}));
    organization.front().forget();
    let audit = estate.audit(&[]);
    let calls = organization.front().calls();
    let details = |id: &str| {
        let of = |call: &&portolan_tests::front::Call| {
            call.account() == id && call.operation() == "iam:GetAccountAuthorizationDetails"
        };
        calls.iter().filter(of).count()
    };
    // One call for each hundred roles, and where a role has a managed policy of the account one more for those.
    assert_eq!(details(organization.account("prod-data")), 3);
    assert_eq!(details(web), 2);
    assert_eq!(details(staging), 1);
    let asked: BTreeSet<String> =
        calls.iter().map(|call| call.operation()).filter(|name| name.starts_with("iam:")).collect();
    let expected = ["GetAccountAuthorizationDetails", "GetPolicy", "GetPolicyVersion", "ListRoles"]
        .map(|name| format!("iam:{name}"));
    assert_eq!(asked, BTreeSet::from(expected));
    organization.front().assert_signatures();

    let of_data = account(&audit, organization.account("prod-data"))["roles"].as_array().unwrap();
    assert_eq!(of_data.iter().filter(|role| role["name"].as_str().unwrap().starts_with("many-")).count(), 250);
    for (name, expected) in [
        ("vendor-bare", vec!["outside-without-external-id"]),
        ("vendor-right", vec![]),
        ("sister", vec![]),
        ("open", vec!["outside-without-external-id", "wildcard-without-condition"]),
        ("others", vec!["other-organization", "outside-without-external-id"]),
        ("gone", vec!["principal-gone"]),
        ("github", vec!["oidc-without-audience", "wildcard-subject"]),
        ("inside", vec![]),
    ] {
        assert_eq!(flags(found(&audit, web, name)), expected.into_iter().map(str::to_owned).collect(), "{name}");
    }
    let place = |name: &str| found(&audit, web, name)["trust"]["grants"][0]["place"].clone();
    assert_eq!(
        (place("sister"), place("inside"), place("open")),
        (json!("organization"), json!("own-account"), json!("anywhere"))
    );
    // What they may do, by statement, and in a word.
    let bare = found(&audit, web, "vendor-bare");
    assert_eq!((&bare["may"], &bare["attached"]), (&json!("read-only"), &json!([local])));
    assert_eq!(audit["managed_policies"][local]["statements"][0]["actions"], json!(["s3:Get*", "sqs:ListQueues"]));
    let right = found(&audit, web, "vendor-right");
    assert_eq!(right["may"], "write");
    assert_eq!(right["inline"][0]["statements"][0]["condition"], condition);
    assert_eq!(right["inline"][0]["statements"][0]["resources"], json!(["arn:aws:dynamodb:*:*:table/x"]));
    assert_eq!(found(&audit, staging, "admin")["may"], "admin");
    assert_eq!(found(&audit, staging, "auditor")["may"], "read-only");
    let own = found(&audit, web, "PortolanRead");
    assert_eq!((&own["own"], &own["description"]), (&json!("used"), &json!("What Portolan reads with")));
    assert_eq!((&own["tags"], &own["path"]), (&json!({"team": "security"}), &json!("/portolan/")));
    assert!(own["created"].as_str().unwrap().starts_with("20"));
    // sandbox refused: that is said, and the others are there.
    let refused = account(&audit, sandbox);
    assert_eq!(refused["outcome"], "unread");
    assert!(refused["reason"].as_str().unwrap().contains("AccessDenied"), "{refused}");
    assert_eq!(audit["whole"], false);

    let run = estate.run(&["iam", "audit"], &[]).expect(2);
    for text in [
        "vendor-bare",
        "outside-without-external-id",
        "github",
        "repo:acme/*",
        "used by Portolan",
        "team=security",
        sandbox,
    ] {
        assert!(run.stdout.contains(text), "{text}\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("many-000") && !run.stdout.contains("inside"), "{}", run.stdout);
    assert!(!format!("{}{}{audit}", run.stdout, run.stderr).contains("an-external-id-of-others"));
    let whole = estate.run(&["iam", "audit", "--all-roles"], &["--exclude-accounts", sandbox]).expect(0);
    assert!(whole.stdout.contains("many-000") && whole.stdout.contains("inside"));
    // Nothing is written anywhere, and a catalogue is not asked for.
    assert!(!estate.portolan.file("portolan.db").exists());
}

#[test]
fn roles_are_held_against_a_declared_inventory() {
    let estate = Estate::new("audit-expect");
    let web = estate.organization.account("prod-web");
    let accounts = ["--include-accounts", web];
    let by_arn = json!({
        "StringEquals": {"sts:ExternalId": "an-external-id"},
        "ArnEquals": {"aws:PrincipalArn": format!("arn:aws:iam::{VENDOR}:role/collector")},
    });
    let eks = format!("arn:aws:iam::{web}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE");
    let key = |claim: &str| format!("oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE:{claim}");
    let made = [
        // By the account, held to one role of it: so that a role that is made anew is let in again.
        role("reader", trusts(json!({"AWS": format!("arn:aws:iam::{VENDOR}:root")}), by_arn)),
        role(
            "pods",
            json!({
                "Effect": "Allow", "Principal": {"Federated": eks}, "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {key("aud"): "sts.amazonaws.com", key("sub"): "system:serviceaccount:port:ocean"}},
            }),
        ),
        role("machine", trusts(json!({"Service": ["ec2.amazonaws.com", "ssm.amazonaws.com"]}), json!({}))),
    ];
    estate.iam("prod-web", "create_role", &json!(made));
    let inventory = "\
roles:
  - name: reader
    description: in the words of iam template vendor --inventory
    trusted:
      from_outside: { principal: 'arn:aws:iam::999988887777:role/collector', external_id: true }
    policy: read-only
  - name: pods
    accounts: '*'
    trusted:
      by_eks: { issuer: oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE, namespace: port, service_account: ocean }
  - name: machine
    trusted:
      by_ec2: true
      others: [{ principal: ssm.amazonaws.com }]
  - name: OrganizationAccountAccessRole
    trusted:
      others: [{ principal: '111111111111', external_id: false }]
";
    estate.portolan.write("roles.yaml", inventory);
    let expect =
        |more: &[&str]| estate.run(&["iam", "audit", "--expect", "roles.yaml"], &[&accounts[..], more].concat());
    let as_declared = expect(&[]).expect(0);
    assert!(as_declared.stdout.contains("as declared"), "{}", as_declared.stdout);

    // One is gone, one trusts another, one lost its external id, one is new.
    estate.iam("prod-web", "delete_role", &json!({"RoleName": "machine"}));
    let document = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let collector = format!("arn:aws:iam::{VENDOR}:role/collector");
    let bare = document(trusts(json!({"AWS": [collector, "123456789012"]}), json!({})));
    estate.iam("prod-web", "update_assume_role_policy", &json!({"RoleName": "reader", "PolicyDocument": bare}));
    let any = document(json!({
        "Effect": "Allow", "Principal": {"Federated": eks}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {key("aud"): "sts.amazonaws.com"}},
    }));
    estate.iam("prod-web", "update_assume_role_policy", &json!({"RoleName": "pods", "PolicyDocument": any}));
    estate.iam("prod-web", "create_role", &role("surprise", trusts(json!({"AWS": VENDOR}), json!({}))));
    let drifted = expect(&[]).expect(2);
    for line in [
        "machine  missing: there is no such role",
        "reader  changed: arn:aws:iam::999988887777:role/collector needs no external id",
        "reader  changed: 123456789012 can assume it",
        "pods  changed: arn:aws:iam::",
        "asked for the subject nothing, not system:serviceaccount:port:ocean",
        "surprise  unexpected: 999988887777 can assume it from outside the account",
    ] {
        assert!(drifted.stdout.contains(line), "{line}\n{}", drifted.stdout);
    }
    let json: Value = serde_json::from_str(&expect(&["--json"]).expect(2).stdout).unwrap();
    assert_eq!(json["drift"].as_array().unwrap().len(), 5, "{}", json["drift"]);

    // A file that is no inventory is refused with its lines, before anybody is asked.
    estate.portolan.write("roles.yaml", "roles:\n  - nam: x\n    accounts: [1]\n    trusted: no\n");
    estate.organization.front().forget();
    let refused = expect(&[]).expect(1);
    assert!(
        refused.stderr.contains("roles.yaml:2:") && refused.stderr.contains("there is no such key"),
        "{}",
        refused.stderr
    );
    assert!(estate.organization.front().calls().is_empty());
}

/// The audit did not tell its sessions which account manages the organization, so that the listing role never stood in.
#[test]
fn the_listing_role_reads_the_management_account_where_it_may() {
    let estate = Estate::new("audit-stand-in");
    estate.portolan.write("portolan.yaml", "version: 1\naccounts: { management: list-role }\n");
    let audit = estate.audit(&["--member-role-name", "NobodyHasThis"]);
    let read: Vec<&str> = audit["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|account| account["outcome"] == "read")
        .map(|account| account["id"].as_str().unwrap())
        .collect();
    assert_eq!(read, [estate.organization.account("management")], "{audit:#}");
}
