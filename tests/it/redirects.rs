//! A redirect is an answer like any other: nobody follows it. S3's word for another region is honoured, once, for a region of
//! the run's partition, and the host resolves that region itself.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use portolan::aws::{Answer, Call, Client, ClientLimits, Exchange, ExchangeError, SessionFailure, Shares};
use portolan::bindings::portolan::aws::signed_http as wit;
use portolan::credentials::{Identity, SessionPolicy};
use portolan::imports::{CallScope, Outbound, Purpose};
use portolan::run::Cancellation;
use portolan_guard::Grant;
use portolan_names::AccountId;

const MANIFEST: &str = r#"{"calls":[{"operation":"s3:GetBucketTagging"},{"operation":"sqs:ListQueues"}]}"#;

/// An AWS that redirects whatever is asked, and remembers it.
struct Redirecting {
    region: &'static str,
    asked: Mutex<Vec<Call>>,
}

impl Exchange for Redirecting {
    fn open<'a>(&'a self, _: &'a Identity, _: Option<&'a SessionPolicy>) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(async { Ok(()) })
    }

    fn exchange<'a>(&'a self, call: &'a Call, _: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        self.asked.lock().unwrap().push(call.clone());
        let headers = [
            ("location", "http://169.254.169.254/latest/meta-data/iam/security-credentials/"),
            ("x-amz-bucket-region", self.region),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Box::pin(async { Ok(Answer { status: 301, headers, body: "moved".into(), at_ms: 0, remembered: false }) })
    }

    fn renew(&self, _: &Identity) {}
}

fn request(service: &str) -> wit::Request {
    let json = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.ListQueues")];
    let json = json.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let (method, target, headers, body) = match service {
        "s3" => (wit::Method::Get, "/some-bucket?tagging", Vec::new(), ""),
        _ => (wit::Method::Post, "/", json, "{}"),
    };
    wit::Request {
        identity: wit::Identity::Account,
        service: service.to_owned(),
        region: "eu-west-1".to_owned(),
        operation: "ListQueues".to_owned(),
        host_prefix: None,
        method,
        target: target.to_owned(),
        headers,
        body: body.to_owned(),
    }
}

/// The regions that were asked, one after the other, for one request of the guest.
async fn asked(service: &str, region: &'static str) -> Vec<String> {
    let network = Arc::new(Redirecting { region, asked: Mutex::default() });
    let limits = ClientLimits { concurrency: 4, per_account: 4, batch_bytes: 1 << 20, shares: Shares::default() };
    let exchange = Arc::clone(&network) as Arc<dyn Exchange>;
    let client = Client::new(exchange, "aws".to_owned(), limits, Cancellation::default());
    client.grant(Grant::from_manifest(MANIFEST).unwrap());
    let account = AccountId::parse("111122223333").unwrap();
    let scope = CallScope { account: Some(account.clone()), purpose: Purpose::Read, kind: Arc::from("Test") };
    let answers = client.send(&scope, vec![request(service)]).await;
    let [Ok(answer)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((answer.status, answer.body.as_str()), (301, "moved"), "the guest has the answer as it came");
    let asked = network.asked.lock().unwrap();
    for call in asked.iter() {
        // The same request by the same identity; nothing of the answer but the region has a say.
        assert_eq!(call.identity, Identity::Account(account.clone()));
        assert_eq!((call.service.as_str(), call.target.as_str()), (service, request(service).target.as_str()));
        assert_eq!(call.host_prefix, None);
    }
    asked.iter().map(|call| call.region.clone()).collect()
}

#[tokio::test]
async fn redirects_are_answers_and_only_s3_names_another_region_of_the_partition_once() {
    assert_eq!(asked("sqs", "eu-central-1").await, ["eu-west-1"]);
    assert_eq!(asked("s3", "eu-central-1").await, ["eu-west-1", "eu-central-1"]);
    for region in
        ["cn-north-1", "us-gov-west-1", "evil.example", "eu-west-1.evil.example", "169.254.169.254", "eu-west-1", ""]
    {
        assert_eq!(asked("s3", region).await, ["eu-west-1"], "{region:?}");
    }
}
