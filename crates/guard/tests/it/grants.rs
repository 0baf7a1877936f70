//! What is declared and what the operator allows.

use portolan_guard::{Grant, GrantError, Identity, Rule, decide_by};

use super::sent::{Sent, plain};

fn declared(calls: &str) -> Grant {
    Grant::from_manifest(&format!(r#"{{"schema":"manifest/1","calls":[{calls}],"kinds":[]}}"#)).unwrap()
}

#[test]
fn a_call_passes_with_the_identity_that_was_declared() {
    let grant = declared(
        r#"{"operation":"sqs:ListQueues","action":"sqs:ListQueues","identity":"account"},
           {"operation":"organizations:ListAccounts","identity":"management"}"#,
    );
    let with = |sent: Sent, identity| sent.with(|s| s.identity = identity).decide(&grant);
    assert!(with(plain("sqs", "ListQueues"), Identity::Account).is_ok());
    assert!(with(plain("organizations", "ListAccounts"), Identity::Management).is_ok());
    let refusal = with(plain("organizations", "ListAccounts"), Identity::Account).unwrap_err();
    assert_eq!(refusal.rule, Rule::Identity);
    assert_eq!(
        refusal.to_string(),
        "organizations:ListAccounts refused by rule identity: the loaded kinds do not declare it for the identity account; \
         to allow it: declare `organizations:ListAccounts` with `identity: account`"
    );
}

#[test]
fn what_no_kind_declares_is_refused_and_says_what_would_allow_it() {
    let refusal = plain("sqs", "ListQueues").decide(&declared("")).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "sqs:ListQueues refused by rule grant: no loaded kind declares it; to allow it: choose a kind whose definition \
         declares `sqs:ListQueues`"
    );
}

#[test]
fn declaring_a_write_does_not_allow_it() {
    let grant = declared(r#"{"operation":"sqs:DeleteQueue"},{"operation":"s3:GetObject"}"#);
    assert_eq!(plain("sqs", "DeleteQueue").decide(&grant).unwrap_err().rule, Rule::Verb);
    assert_eq!(plain("s3", "GetObject").decide(&grant).unwrap_err().rule, Rule::DeniedRead);
}

#[test]
fn a_granted_row_needs_the_kind_and_the_operator() {
    let sent = plain("iam", "GetAccountAuthorizationDetails");
    let kind = r#"{"operation":"iam:GetAccountAuthorizationDetails"}"#;
    let operator = || ["iam:GetAccountAuthorizationDetails".to_owned()];
    let refusal = sent.decide(&declared(kind)).unwrap_err();
    assert_eq!(
        refusal.grant_that_would_allow.as_deref(),
        Some("add `iam:GetAccountAuthorizationDetails` under `grant:` in portolan.yaml")
    );
    assert_eq!(sent.decide(&declared("").with_operator(operator()).unwrap()).unwrap_err().rule, Rule::Grant);
    assert!(sent.decide(&declared(kind).with_operator(operator()).unwrap()).is_ok());
    // An action of which the tables say that it is a write opens nothing.
    let write = declared(r#"{"operation":"sqs:DeleteQueue"}"#).with_operator(["sqs:DeleteQueue".to_owned()]).unwrap();
    assert!(plain("sqs", "DeleteQueue").decide(&write).is_err());
}

#[test]
fn the_operator_is_told_when_a_grant_is_needless() {
    let error = Grant::nothing().with_operator(["sqs:ListQueues".to_owned()]).unwrap_err();
    assert!(matches!(error, GrantError::NeverGranted { .. }), "{error}");
    assert!(error.to_string().contains("choose a kind"), "{error}");
}

#[test]
fn a_manifest_that_is_none_is_an_error() {
    for text in [
        "",
        "{}",
        "[]",
        r#"{"calls":[{"operation":"ListQueues"}]}"#,
        r#"{"calls":[{"operation":"sqs:L","identity":"root"}]}"#,
    ] {
        assert!(Grant::from_manifest(text).is_err(), "{text}");
    }
}

#[test]
fn a_component_that_declares_what_never_passes_is_found_before_any_call() {
    let grant =
        declared(r#"{"operation":"sqs:ListQueues"},{"operation":"sqs:DeleteQueue"},{"operation":"nosuch:ListThings"}"#);
    let found: Vec<_> = grant.impossible().into_iter().map(|refusal| (refusal.operation, refusal.rule)).collect();
    // The host's own tables hold no write at all.
    assert_eq!(
        found,
        [("nosuch:ListThings".to_owned(), Rule::NoOperation), ("sqs:DeleteQueue".to_owned(), Rule::NoOperation)]
    );
}

#[test]
fn bytes_with_two_meanings_at_one_endpoint_are_ambiguous() {
    let one = r#"{"name":"one","id":"One","protocol":"rest-json","endpoint_prefix":"shared","signing_name":"one","api_version":"1"}
GetThing {"method":"GET","path":"/things","action":"one:GetThing","access":"read"}
---
{"name":"two","id":"Two","protocol":"rest-json","endpoint_prefix":"shared","signing_name":"one","api_version":"1"}
PurgeThings {"method":"GET","path":"/things","action":"one:PurgeThings","access":"write"}
---
{"name":"three","id":"Three","protocol":"rest-json","endpoint_prefix":"third","signing_name":"t","api_version":"1"}
GetThing {"method":"GET","path":"/things/{Name}","input":0,"action":"t:GetThing","access":"read"}
GetAll {"method":"GET","path":"/things/all","action":"t:GetAll","access":"read"}

{"structure":{"members":{"Name":{"shape":1,"location":"uri"}}}}
"string"
"#;
    let tables = super::sent::tables(one);
    let grant = super::sent::everything(&tables);
    let send = |service: usize, operation, target: &str| {
        let sent = Sent::plain(&tables[service], operation).with(|s| s.target = target.to_owned());
        decide_by(&tables.as_slice(), &sent.wire(), &grant).map(|permitted| permitted.operation.to_owned())
    };
    assert_eq!(send(0, "GetThing", "/things").unwrap_err().rule, Rule::Ambiguous);
    assert_eq!(send(2, "GetAll", "/things/all").unwrap_err().rule, Rule::Ambiguous);
    assert_eq!(send(2, "GetThing", "/things/blue").unwrap(), "GetThing");
}
