//! Who the source is, and whether it gets through: stages proxy, endpoint, clock, identity.

use std::net::TcpListener;

use portolan_tests::binary::Portolan;
use portolan_tests::organization::Organization;
use serde_json::json;

use super::{Found, examine, healthy};

/// A JSON web token with these claims; nobody looks at its signature.
fn token(issuer: &str, audience: &str, subject: &str, expires: u64) -> String {
    let part = |text: &str| {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in text.as_bytes().chunks(3) {
            let bits = chunk.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
            (0..=chunk.len()).for_each(|at| out.push(char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63])));
        }
        out
    };
    let claims = json!({ "iss": issuer, "aud": audience, "sub": subject, "exp": expires });
    format!("{}.{}.{}", part("{\"alg\":\"RS256\"}"), part(&claims.to_string()), part("planted-signature"))
}

const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF";
const SUBJECT: &str = "system:serviceaccount:portolan:portolan";
const FAR: u64 = 4_000_000_000;

fn with_token(organization: &Organization, name: &str, token: &str) -> Portolan {
    let mut portolan = Portolan::new(name);
    portolan.write("token", token);
    let file = portolan.file("token").display().to_string();
    portolan.set("AWS_WEB_IDENTITY_TOKEN_FILE", &file);
    portolan.set("AWS_ROLE_ARN", organization.role());
    portolan.set("AWS_REGION", "eu-west-1");
    portolan.set("AWS_ENDPOINT_URL", organization.front().url());
    portolan
}

fn by_token(portolan: &Portolan, organization: &Organization) -> Found {
    let arguments = ["doctor", "--json", "--account-role-arn", organization.role(), "--kinds", "AWS::SQS::Queue"];
    Found::of(portolan.run(&arguments))
}

#[test]
fn a_token_is_refused_for_its_audience_subject_issuer_or_age_and_the_trust_that_would_take_it_is_said() {
    let organization = healthy();
    let front = organization.front();
    let trust = |audience: &str, subject: &str, account: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": format!("arn:aws:iam::{account}:oidc-provider/{ISSUER}") },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": { format!("{ISSUER}:aud"): audience, format!("{ISSUER}:sub"): subject } },
        }] })
    };
    let all = |audience: &str, subject: &str| {
        let mut roles = json!({});
        for account in organization.readable().into_iter().chain([organization.account("sandbox")]) {
            roles[organization.role_in(account)] = json!({ "trust": trust(audience, subject, account) });
        }
        front.configure(&json!({ "roles": roles }));
    };
    let issuer = format!("https://{ISSUER}");
    let portolan = with_token(&organization, "token", &token(&issuer, "sts.amazonaws.com", SUBJECT, FAR));
    all("sts.amazonaws.com", SUBJECT);
    let found = by_token(&portolan, &organization).status(0);
    assert!(found.run.stdout.contains(SUBJECT));

    for (audience, subject) in [("another", SUBJECT), ("sts.amazonaws.com", "system:serviceaccount:other:other")] {
        all(audience, subject);
        let found = by_token(&portolan, &organization).status(3);
        let finding = found.fails("identity", "web-identity", "list-open-id-connect-providers");
        assert_eq!(finding["answer"]["code"], "AccessDenied", "{finding:#}");
        // What it says to add to the trust is what was missing; each account has a trust of its own.
        let statement = Found::statement(finding, "");
        for account in organization.readable().into_iter().chain([organization.account("sandbox")]) {
            let own = statement.to_string().replace(organization.account("management"), account);
            let own: serde_json::Value = serde_json::from_str(&own).unwrap();
            front.configure(&json!({ "roles": { organization.role_in(account): { "trust": super::document(&own) } } }));
        }
        by_token(&portolan, &organization).status(0);
    }

    let with_external_id =
        ["doctor", "--json", "--account-role-arn", organization.role(), "--external-id-file", "token"];
    let found = Found::of(portolan.run(&with_external_id)).status(3);
    found.fails("identity", "external-id", "roles.hub");

    let provider = format!("arn:aws:iam::{}:oidc-provider/another.example/id/X", organization.account("management"));
    front.configure(&json!({ "oidc_providers": { &provider: { "client_ids": ["sts.amazonaws.com"] } } }));
    let found = by_token(&portolan, &organization).status(3);
    let finding = found.fails("identity", "web-identity", ISSUER);
    assert_eq!(finding["answer"]["code"], "InvalidIdentityToken");
    front.configure(&json!({ "oidc_providers": { &provider: null } }));

    let expired = token(&issuer, "sts.amazonaws.com", SUBJECT, 1_700_000_000);
    let portolan = with_token(&organization, "expired-token", &expired);
    let found = by_token(&portolan, &organization).status(3);
    found.fails("identity", "expired-token", "kubelet");
    for secret in [&expired, expired.rsplit('.').next().unwrap()] {
        assert!(!found.run.stdout.contains(secret) && !found.run.stderr.contains(secret));
    }
    let portolan = with_token(&organization, "no-token", "planted-opaque-token");
    let found = by_token(&portolan, &organization).status(3);
    found.fails("identity", "web-identity", "JSON web token");
    assert!(!found.run.stdout.contains("planted-opaque-token"));
}

#[test]
fn without_an_identity_nothing_else_is_looked_at_and_the_status_is_three() {
    let organization = healthy();
    let front = organization.front();
    let found = |name: &str, change: &dyn Fn(&mut Portolan), more: &[&str]| {
        let mut portolan = Portolan::in_organization(name, &organization);
        change(&mut portolan);
        let found = examine(&portolan, &organization, more).status(3);
        let others = found.all().into_iter().filter(|finding| finding["stage"] == "kinds");
        assert!(others.into_iter().all(|finding| finding["state"] == "not-examined"));
        found
    };
    found("unknown-key", &|portolan| portolan.set("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN"), &[]).fails(
        "identity",
        "expired-token",
        "renew",
    );
    found("wrong-secret", &|portolan| portolan.set("AWS_SECRET_ACCESS_KEY", "planted-wrong"), &[]).fails(
        "identity",
        "no-source",
        "--credentials",
    );
    found("half", &|portolan| portolan.set("AWS_SECRET_ACCESS_KEY", ""), &[]).fails(
        "identity",
        "no-source",
        "--credentials",
    );
    found("no-profile", &|_| {}, &["--credentials", "profile:nobody"]).fails(
        "identity",
        "no-source",
        "get-caller-identity",
    );

    front.configure(&json!({ "keys": { "AKIACHINA": {
        "secret": "planted-secret", "account": "111111111111", "arn": "arn:aws-cn:iam::111111111111:user/p",
    } } }));
    let china = |portolan: &mut Portolan| {
        portolan.set("AWS_ACCESS_KEY_ID", "AKIACHINA");
        portolan.set("AWS_SECRET_ACCESS_KEY", "planted-secret");
    };
    found("china", &china, &[]).fails("identity", "wrong-partition", "partition");

    front.clock_ahead(-3_600);
    let late = found("late", &|_| {}, &[]);
    late.fails("clock", "clock", "chrony");
    let refused = late.fails("identity", "clock", "NTP");
    assert_eq!(refused["answer"]["code"], "SignatureDoesNotMatch");
    front.clock_ahead(60);
    let portolan = Portolan::in_organization("a-minute", &organization);
    examine(&portolan, &organization, &["--symptom", "expired"]).status(0).of_state("notable", "clock", "clock");
    front.clock_ahead(0);
}

#[test]
fn an_endpoint_that_nobody_answers_at_is_told_apart_from_a_name_and_from_a_proxy() {
    let organization = healthy();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut portolan = Portolan::in_organization("nobody", &organization);
    portolan.set("AWS_ENDPOINT_URL", &closed);
    examine(&portolan, &organization, &[]).status(3).fails("endpoint", "network", "security groups");
    portolan.set("AWS_ENDPOINT_URL", "https://sts.portolan.invalid");
    examine(&portolan, &organization, &[]).status(3).fails("endpoint", "name", "getent hosts sts.portolan.invalid");
    portolan.set("HTTPS_PROXY", "http://user:planted-proxy-password@proxy.portolan.invalid:3128");
    let found = examine(&portolan, &organization, &[]).status(3);
    let finding = found.fails("endpoint", "proxy", "VPC endpoints");
    assert_eq!(finding["causes"][1]["name"], "network");
    assert!(finding["answer"]["message"].as_str().unwrap().contains("through the proxy proxy.portolan.invalid:3128"));
    assert!(!format!("{}{}", found.run.stdout, found.run.stderr).contains("planted-proxy-password"));
    // Loopback is asked without it.
    portolan.set("AWS_ENDPOINT_URL", organization.front().url());
    let found = examine(&portolan, &organization, &["--symptom", "no-connection"]).status(0);
    let proxy = &found.all().into_iter().find(|finding| finding["stage"] == "proxy").unwrap()["says"];
    assert_eq!(proxy, "requests go through proxy.portolan.invalid:3128 (HTTPS_PROXY)");
    portolan.set("HTTPS_PROXY", "socks5://user:planted-proxy-password@proxy.portolan.invalid:1080");
    let found = examine(&portolan, &organization, &[]).status(3);
    found.fails("proxy", "settings", "unset it");
    assert!(!format!("{}{}", found.run.stdout, found.run.stderr).contains("planted-proxy-password"));
    portolan.set("HTTPS_PROXY", "");
    portolan.set("AWS_CA_BUNDLE", "no-such.pem");
    examine(&portolan, &organization, &[]).status(3).fails("endpoint", "certificate", "AWS_CA_BUNDLE");
}
