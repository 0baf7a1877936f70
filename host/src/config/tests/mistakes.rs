//! What is refused, and with which words; and that secrets are never among them.

use super::{ROLE, load_with, refused, report, with_file};

#[test]
fn each_mistake_has_its_place_its_key_and_its_cure() {
    for (text, said) in [
        ("fail_onn: any", "./portolan.yaml:1:1: fail_onn: unknown key; did you mean fail_on?"),
        ("hub: x", "1:1: hub: unknown key; did you mean roles.hub?"),
        ("roles:\n  memberr: x", "2:3: roles.memberr: unknown key; did you mean member?"),
        ("mapping: port", "1:10: mapping: the mapping is to come from Port, which is no sink; add port: to the sinks"),
        ("state: other.db", "1:8: state: the ledger is in the catalogue, sqlite:portolan.db"),
        ("roles: { session_policy: exakt }", "1:26: roles.session_policy: \"exakt\""),
        ("kinds: { settings: { AWS::S3::Bucket: { since: 30d } } }", "AWS::S3::Bucket is no history"),
        (
            "kinds: { settings: { AWS::S3::Bucket: { since: 30 days } } }",
            "is not a span of time; write it as 30d, 12h or 2w",
        ),
        ("kinds: { include_shared: true }", "include_shared: not served by this version"),
        ("kinds: { definitions: [./none/*.yaml] }", "fits no file"),
        ("limits: { budget_share: 0 }", "limits.budget_share"),
        ("limits: { retry_share: 2 }", "limits.retry_share"),
        ("to: [postgres: {}]", "1:6: to[0]: the sink \"postgres\" is not served by this version"),
        (
            "to: [sqlite:a, port: { client_secret: x }]",
            "1:22: to[1].port: there is no id of a client at Port; set OCEAN__PORT__CLIENT_ID",
        ),
        (
            "to: [sqlite:a, port: { client_id: x }]",
            "to[1].port: there is no secret of a client at Port; set OCEAN__PORT__CLIENT_SECRET or",
        ),
        ("to: [sqlite:a, \"port:http://example.com\"]", "1:16: to[1]: plain http"),
        (
            "to: [sqlite:a, port: { base_url: \"https://x@example.com\", client_id: x, client_secret: x }]",
            "to[1].port.base_url: Port's URL has neither a user name nor a query",
        ),
        (
            "to: [sqlite:a, port: { identifier: a/b, client_id: x, client_secret: x }]",
            "to[1].port.identifier: \"a/b\" is not a name of an integration",
        ),
        ("to: sqlite:x.db", "1:5: to: \"sqlite:x.db\" stands where a list is expected; write [sqlite:x.db]"),
        ("to: [webhook: {}]", "1:15: to[0].webhook: url is missing"),
        ("to: [sqlite: {}]", "1:6: to[0]: sqlite is written as text; write sqlite:FILE"),
        ("to: [{}]", "1:6: to[0]: names no sink"),
        ("to: [sqlite:a, webhook:http://example.com]", "1:16: to[1]: plain http"),
        ("to: [sqlite:a, webhook:https://x@example.com]", "1:16: to[1]: a webhook's URL has neither a user name"),
        (
            "to: [sqlite:a, webhook:https://example.com]",
            "1:16: to[1]: there is no secret to sign with; set PORTOLAN_WEBHOOK_SECRET",
        ),
        (
            "to: [sqlite:a, webhook: { url: https://example.com, secret: \"${ENV:NOT_THERE}\" }]",
            "to[1].webhook.secret: the variable NOT_THERE is not set",
        ),
        (
            "to: [sqlite:a, webhook: { url: https://example.com, secret: 0123456789abcdef, addresses: [10.0.0.0/99] }]",
            "to[1].webhook.addresses[0]: \"10.0.0.0/99\" is neither an address nor a range",
        ),
        ("to: []", "to: there is nowhere to write to"),
        ("to: [sqlite:a, ndjson:a]", "another sink writes there already"),
        ("version: 2", "version: 2 is not one of 1"),
        (
            "kinds: { include: [AWS::S3::Buckt] }",
            "1:20: kinds.include[0]: \"AWS::S3::Buckt\" is not a known kind; did you mean AWS::S3::Bucket?",
        ),
        ("kinds: { include: [\"ec2:DescribeHots\"] }", "did you mean ec2:DescribeHosts?"),
        (
            "kinds: { settings: { AWS::S3::Bukket: {} } }",
            "1:22: kinds.settings: \"AWS::S3::Bukket\" is not a known kind",
        ),
        (
            "kinds: { settings: { AWS::S3::Bucket: { actions: [ListQueueTagsAction] } } }",
            "AWS::S3::Bucket has no action \"ListQueueTagsAction\"; it has",
        ),
        (
            "kinds: { settings: { AWS::S3::Bucket: { actions: [GetBucketEncriptionAction] } } }",
            "did you mean GetBucketEncryptionAction?",
        ),
        ("kinds: { default: none }", "kinds: no kind is left to read"),
        ("kinds: { default: some }", "\"some\" is not one of core, all, none"),
        (
            "accounts: { include: [111122223333] }",
            "1:23: accounts.include[0]: an account id written as a number loses its leading zeros; write \"111122223333\" in quotes",
        ),
        ("accounts: { exclude: [012345678901] }", "write \"012345678901\" in quotes"),
        ("accounts: { overrides: { 222222222222: {} } }", "accounts.overrides: an account id written as a number"),
        (
            "accounts: { overrides: { \"222222222222\": { role: \"arn:aws:iam::333333333333:role/R\" } } }",
            "lies in another account; write a role of account 222222222222",
        ),
        ("accounts: { ous: { include: [ou-1] } }", "is not an organizational unit or a root"),
        ("accounts: { from: roles }", "accounts.from: no roles are given"),
        ("accounts: { from: organization }", "an organization needs a role that lists it"),
        (
            "accounts: { from: self, ous: { include: [r-ab12] } }",
            "accounts.ous.include: has no effect without an organization",
        ),
        ("accounts: { management: list-role }", "there is no listing role"),
        (
            "roles: { list: \"arn:aws:iam::1:role/x\" }",
            "1:16: roles.list: \"arn:aws:iam::1:role/x\" is not a role's ARN",
        ),
        ("roles: { member: \"arn:aws:iam::111111111111:role/ops/Read\" }", "write ops/Read"),
        (
            "roles: { hub: \"arn:aws-cn:iam::111111111111:role/R\", list: \"arn:aws:iam::111111111111:role/R\" }",
            "of another partition than aws",
        ),
        (
            "roles: { hub: \"arn:aws:iam::111111111111:role/R\", duration_s: 7200 }",
            "roles.duration_s: 7200 s: behind a hub",
        ),
        ("roles: { duration_s: 60 }", "60 is out of range; write at least 900 and at most 43200"),
        ("roles: { external_id: \"\" }", "roles.external_id: an empty string is not a value"),
        ("roles: { external_id: \"${ENV:NOT_THERE}\" }", "the variable NOT_THERE is not set"),
        ("roles: { external_id: \"${FILE:/not/there}\" }", "cannot read /not/there"),
        ("roles: { external_id: \"x${ENV:A}\" }", "this is not a reference"),
        ("roles: { member: \"${ENV:A}\" }", "references (${…}) are not read in this key"),
        ("regions: { allow: [EU-WEST-1] }", "is not a region"),
        ("deletion: { confirm: no }", "\"no\" stands where true or false is expected; write false"),
        ("deletion: { run: { share: 1.5 } }", "1.5 is out of range; write more than 0 and at most 1"),
        ("deletion: { run: { share: .nan } }", "is out of range"),
        ("accept: [{ region: us-west-1 }]", "accept[0]: reason is missing"),
        ("accept: [{ reason: because }]", "accept[0]: this would accept everything"),
        ("accept: [{ class: denied-by-spc, reason: r }]", "did you mean denied-by-scp?"),
        (
            "accept: [{ region: us-west-1, until: 2027-02-30, reason: r }]",
            "accept[0].until: \"2027-02-30\" is not a date",
        ),
        ("credentials: { source: web_identity }", "did you mean"),
        ("credentials: { keys: { access_key_id: a } }", "credentials.keys: secret_access_key is missing"),
        ("credentials: { expect_organization: x }", "is not an organization's id"),
        ("log: { level: loud }", "log.level: \"loud\" is not one of error"),
        ("limits: { per_account: 8.5 }", "8.5 stands where a whole number is expected"),
        ("- a\n- b", "not a map of settings"),
        ("resources:\n  - kind: AWS::S3::Bucket\n", "./portolan.yaml:1:1: this is a mapping"),
        ("a: [", "not YAML"),
    ] {
        let refused = refused(with_file(text), &[said]);
        assert_eq!(refused.mistakes.len(), 1, "{text}: {refused}");
    }
}

#[test]
fn all_mistakes_of_all_layers_come_at_once() {
    let file = "fail_on: never\nregions: { deny: [x] }\n";
    let env = [("PORTOLAN__SENSITIVE", "hide"), ("AWS_REGION", "here"), ("AWS_ENDPOINT_URL", "http://example.com")];
    let loaded =
        load_with(&[("./portolan.yaml", file)], &env, "--kinds AWS::S3::Buckt --concurrency many --account-role-arn x");
    let refused = refused(
        loaded,
        &[
            "./portolan.yaml:1:10: fail_on: \"never\"",
            "./portolan.yaml:2:19: regions.deny[0]: \"x\"",
            "PORTOLAN__SENSITIVE: sensitive: \"hide\" is not one of redact, keep",
            "AWS_REGION: \"here\" is not a region",
            "AWS_ENDPOINT_URL: http to another machine",
            "--kinds: kinds.include[0]: \"AWS::S3::Buckt\" is not a known kind",
            "--concurrency: limits.concurrency: \"many\" stands where a whole number is expected",
            "--account-role-arn: roles.list: \"x\" is not a role's ARN",
        ],
    );
    assert_eq!(refused.mistakes.len(), 8, "{refused}");
}

#[test]
fn secrets_come_from_references_and_are_never_shown() {
    let file = format!(
        "roles: {{ list: \"{ROLE}\", external_id: \"${{FILE:/run/id}}\" }}\n\
         credentials: {{ keys: {{ access_key_id: \"${{ENV:K}}\", secret_access_key: planted-2 }} }}\n\
         accounts: {{ overrides: {{ \"222222222222\": {{ external_id: planted-3 }} }} }}\n"
    );
    let files = [("./portolan.yaml", file.as_str()), ("/run/id", "planted-0\n")];
    let loaded = load_with(&files, &[("K", "planted-1")], "").unwrap();
    assert_eq!(loaded.settings.roles.external_id.as_ref().unwrap().expose(), "planted-0");
    let keys = loaded.settings.credentials.keys.as_ref().unwrap();
    assert_eq!((keys.access_key_id.expose(), keys.secret_access_key.expose()), ("planted-1", "planted-2"));
    let shown = report::show(&loaded);
    assert!(shown.contains("***") && !shown.contains("planted"), "{shown}");
    assert!(!format!("{:?}", loaded.settings).contains("planted"));

    let exposed = [("./portolan.yaml!", file.as_str()), ("/run/id", "x1")];
    let refused =
        refused(load_with(&exposed, &[("K", "x1")], ""), &["others can read this file", "chmod 600 ./portolan.yaml"]);
    assert_eq!(refused.mistakes.len(), 2, "references are right in a file that others read");
    assert!(!refused.to_string().contains("planted"));
}

#[test]
fn a_secret_of_the_wrong_form_is_not_repeated() {
    for text in [
        "roles: { external_id: [planted] }",
        "roles: { external_id: \"planted ${\" }",
        "roles: { external_id: \"planted\\u0007\" }",
        "credentials: { keys: planted }",
        "credentials: { keys: { secret_access_key: { planted: 1 } } }",
    ] {
        let said = refused(with_file(text), &[]).to_string();
        assert!(!said.contains("planted"), "{said}");
    }
    let json = "{\"externalId\": {\"a\": \"planted\"}, \"aws_access_key_id\": 12345678}";
    let said = refused(load_with(&[], &[("OCEAN__INTEGRATION__CONFIG", json)], ""), &[]).to_string();
    assert!(!said.contains("planted") && !said.contains("12345678"), "{said}");
}
