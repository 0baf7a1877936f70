//! The client against the weather of the scripted AWS, over HTTP/1.1 and HTTP/2 alike: what is lost is told in time, and by
//! its kind.

use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, Response};
use portolan::aws::sign_request;
use portolan::http_client::{HttpClient, HttpError, Limits, NetworkSettings};
use portolan_scripted_aws::{Options, ScriptedAws};
use serde_json::{Value, json};

use super::options;

const QUIET_MS: u64 = 400;
const LIMITS: Limits = Limits { connect_ms: 2_000, quiet_ms: QUIET_MS, total_ms: 20_000, body_bytes: 1 << 20 };

fn client(aws: &ScriptedAws) -> HttpClient {
    let ca_bundle = aws.ca_file().map(ToOwned::to_owned);
    HttpClient::new(&NetworkSettings { ca_bundle, ..NetworkSettings::default() }).unwrap()
}

/// A signed call of EC2: its answer has some kilobytes.
async fn call(client: &HttpClient, aws: &ScriptedAws, limits: Limits) -> Result<Response<Bytes>, HttpError> {
    let body = Bytes::from_static(b"Action=DescribeVpcs&Version=2016-11-15");
    let mut request = Request::post(format!("{}/", aws.url()))
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(body)
        .unwrap();
    let keys = Credentials::new("AKIASCRIPTEDAWSSOURC", "scripted-and-no-secret", None, None, "test");
    sign_request(&mut request, &keys, "ec2", "us-east-1", SystemTime::now()).unwrap();
    client.send(request, limits).await
}

fn weather(aws: &ScriptedAws, fault: Value) {
    aws.set(&json!({ "faults": [fault] })).unwrap();
}

#[tokio::test]
async fn each_way_in_which_an_answer_does_not_come_is_told_in_time() {
    for tls in [false, true] {
        let aws = ScriptedAws::start(&Options { tls, empty_share: 0.0, ..options() }).unwrap();
        let client = client(&aws);
        let whole = call(&client, &aws, LIMITS).await.unwrap();
        assert_eq!(whole.status(), 200, "{whole:?}");
        for fault in ["stall", "half-open"] {
            weather(&aws, json!({ "fault": fault }));
            let begun = Instant::now();
            let error = call(&client, &aws, LIMITS).await.unwrap_err();
            assert!(matches!(error, HttpError::TimedOut { after_ms: QUIET_MS, .. }), "{fault}: {error:?}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{fault}: {:?}", begun.elapsed());
        }
        for fault in ["reset", "reset-in-body", "truncated"] {
            weather(&aws, json!({ "fault": fault }));
            let error = call(&client, &aws, LIMITS).await.unwrap_err();
            assert!(matches!(error, HttpError::Broken { .. }), "{fault}, TLS {tls}: {error:?}");
        }
        // Slow is not silent: the answer takes longer than nothing may come, and comes whole.
        weather(&aws, json!({ "fault": "slow", "value": whole.body().len() }));
        let begun = Instant::now();
        let slow = call(&client, &aws, LIMITS).await.unwrap();
        assert!(begun.elapsed() > Duration::from_millis(QUIET_MS), "{:?}", begun.elapsed());
        assert_eq!(slow.body().len(), whole.body().len());
        let total = call(&client, &aws, Limits { total_ms: 300, ..LIMITS }).await.unwrap_err();
        assert!(matches!(total, HttpError::TimedOut { after_ms: 300, .. }), "{total:?}");
        // Connections that were closed while idle are no reason for an error twice.
        aws.set(&json!({ "faults": [] })).unwrap();
        call(&client, &aws, LIMITS).await.unwrap();
        aws.close_for(Duration::from_millis(100)).unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let again = call(&client, &aws, LIMITS).await;
        assert!(matches!(again, Ok(_) | Err(HttpError::Broken { .. })), "{again:?}");
        assert_eq!(call(&client, &aws, LIMITS).await.unwrap().status(), 200);
    }
}
