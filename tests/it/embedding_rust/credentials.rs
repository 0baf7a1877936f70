//! Credentials of the embedder's own sign, and nobody else's.

use std::collections::BTreeSet;

use portolan::{Account, AccountError, AccountId, Environment};
use portolan_tests::folders::Scratch;
use portolan_tests::organization::{Organization, Scale};
use serde_json::json;

use super::{Keys, arn, engine, own_credentials, session};

#[tokio::test(flavor = "multi_thread")]
async fn own_keys_sign_and_an_account_without_any_does_not_stop_the_next() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let readable = [organization.account("prod-web"), organization.account("prod-data")];
    let scratch = Scratch::new("broker");
    let file = scratch.file("credentials.json");
    std::fs::write(&file, Keys::of(front, &readable).json().to_string()).unwrap();
    let environment = Environment::from_iter([("AWS_ENDPOINT_URL", front.url()), ("AWS_REGION", "eu-west-1")]);
    let ids = [organization.account("staging"), readable[0], readable[1]].map(|id| AccountId::parse(id).unwrap());
    front.forget();
    let counts = own_credentials::count_queues(engine(), &environment, own_credentials::Broker { file }, &ids).await;
    let counts = counts.unwrap();
    // Before the oracle asks for itself.
    let calls = front.calls();
    // The one that the broker does not know, by its type.
    let refused = counts[0].1.as_ref().unwrap_err().downcast_ref::<AccountError>();
    let Some(AccountError::NoCredentials { account, denied: true, message, .. }) = refused else {
        panic!("{:?}", counts[0])
    };
    assert_eq!(*account, ids[0]);
    assert!(message.contains("the broker has nothing for account"), "{message}");
    // The others, as boto3 lists them.
    let queues = organization.oracle();
    for (id, count) in &counts[1..] {
        let listed =
            queues.iter().filter(|queue| queue["kind"] == "AWS::SQS::Queue" && queue["account"] == id.as_str());
        assert_eq!(*count.as_ref().unwrap(), listed.count(), "{id}");
    }
    assert!(counts[1..].iter().any(|(_, count)| count.as_ref().is_ok_and(|count| *count > 0)));
    // Each call was signed by the key of its account; nothing was assumed.
    let signers: BTreeSet<String> = calls
        .iter()
        .map(|call| {
            assert_eq!(call.signature(), "ok", "{call:?}");
            call.fields()["principal"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(signers, readable.map(arn).into());
    front.assert_signatures();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_aws_refuses_closes_its_units_only() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let [good, bad] = [organization.account("prod-web"), organization.account("prod-data")];
    let session = session(front, engine(), "AWS::SQS::Queue", &[good, bad]).await;
    let [good, bad] = [good, bad].map(|id| Account::member(AccountId::parse(id).unwrap()));
    let unit = portolan::Unit::new("AWS::SQS::Queue", Some(portolan::Region::parse("eu-west-1").unwrap()));
    front.key(
        &format!("AKIAOWN{}", bad.id()),
        &json!({ "secret": "another", "account": bad.id(), "arn": "arn:aws:iam::1:user/x" }),
    );
    let mut reading = session.read(&bad, &unit);
    let error = reading.next_page().await.unwrap_err();
    assert_eq!((&error.account, error.problem.code.as_str()), (bad.id(), "SignatureDoesNotMatch"), "{error}");
    assert!(reading.end().whole().is_none());
    assert!(!format!("{error:?}").contains("own-secret"));
    let mut reading = session.read(&good, &unit);
    while reading.next_page().await.unwrap().is_some() {}
    assert!(reading.end().whole().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn which_accounts_are_meant_is_never_guessed() {
    let organization = Organization::shared();
    let session = session(organization.front(), engine(), "AWS::SQS::Queue", &[]).await;
    let error = session.accounts().await.unwrap_err();
    assert!(matches!(&error, portolan::RunError::Settings(text) if text.contains("accounts.from")), "{error}");
}
