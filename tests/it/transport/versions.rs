//! HTTP/2 by what the server offers, gzip, and TLS sessions.

use bytes::Bytes;
use http::Request;
use portolan::http_client::{HttpClient, Limits, NetworkSettings};
use portolan_scripted_aws::{Options, ScriptedAws};
use portolan_tests::binary::Portolan;
use portolan_tests::network::{OnTheWay, count};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

use super::{beside, found, options, sync};

const LIMITS: Limits = Limits { connect_ms: 5_000, quiet_ms: 20_000, total_ms: 20_000, body_bytes: 1 << 20 };

/// A client that trusts a server's authority.
fn trusting(server: &OnTheWay) -> HttpClient {
    HttpClient::new(&NetworkSettings { ca_bundle: Some(server.authority()), ..NetworkSettings::default() }).unwrap()
}

async fn get(client: &HttpClient, address: &str, limits: Limits) -> String {
    let answer = client.send(Request::get(address).body(Bytes::new()).unwrap(), limits).await.unwrap();
    String::from_utf8(answer.body().to_vec()).unwrap()
}

#[test]
fn over_tls_http2_and_gzip_a_run_finds_the_same_by_a_few_connections() {
    let plain = ScriptedAws::start(&options()).unwrap();
    let portolan = beside("plain", &plain);
    sync(&portolan, &plain).expect(0);
    let packed = ScriptedAws::start(&Options { tls: true, gzip: true, ..options() }).unwrap();
    let over_tls = beside("packed", &packed);
    let run = sync(&over_tls, &packed).expect(0);
    let all = found(&portolan);
    assert!(all.len() > 100, "{}", all.len());
    assert_eq!(all, found(&over_tls));
    let (before, after) = (plain.usage().unwrap(), packed.usage().unwrap());
    assert_eq!(after["notes"], json!([]), "{after}");
    assert_eq!(count(&before, "total"), count(&after, "total"));
    assert!(count(&after, "connections") < count(&before, "connections"), "{before}\n{after}");
    assert!(count(&after, "bytes_out") * 2 < count(&before, "bytes_out"), "{before}\n{after}");
    // What is counted is what the guest was given.
    let bytes = |report: &Value| -> u64 {
        let calls = report["calls"].as_object().unwrap().values();
        calls.map(|operation| count(operation, "bytes_received")).sum()
    };
    assert!(bytes(run.report()) > count(&after, "bytes_out"), "{}", run.report()["calls"]);
}

/// `Host` is signed, an address of IPv6 here, and goes as the authority; the encoding is asked for below the signature. The server says GOAWAY after each
/// eighty requests, whatever is in flight: a few calls at once, so that retries are enough.
#[test]
fn signatures_hold_over_http2_and_a_connection_that_is_given_up_loses_nothing() {
    let organization = Organization::build(Scale::Tiny);
    let direct = Portolan::in_organization("http1", &organization);
    direct.sync(&organization, &[]);
    let server = OnTheWay::http2(organization.front().url());
    let mut portolan = Portolan::in_organization("http2", &organization);
    portolan.set("AWS_ENDPOINT_URL", &server.url_by_ipv6());
    portolan.set("AWS_CA_BUNDLE", &server.authority().display().to_string());
    portolan.set("PORTOLAN__LIMITS__CONCURRENCY", "4");
    let run = portolan.sync(&organization, &[]);
    organization.front().assert_signatures();
    let all = without_digests(&direct);
    assert!(!all.is_empty());
    assert_eq!(all, without_digests(&portolan), "{}{}", run.stdout, run.stderr);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen = runtime.block_on(get(&trusting(&server), &format!("{}/__seen", server.url_by_ipv6()), LIMITS));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert!(count(&seen, "http/2") > 60, "{seen}");
    assert_eq!(count(&seen, "http/2"), count(&seen, "accepts gzip"), "{seen}");
    assert_eq!((count(&seen, "http/1.1"), count(&seen, "signed encodings")), (0, 0), "{seen}");
}

/// What was redacted has digests by the key of its catalogue.
fn without_digests(portolan: &Portolan) -> Vec<String> {
    let redacted = |text: String| {
        let mut parts = text.split("sha256_8").map(str::to_owned);
        let first = parts.next().unwrap_or_default();
        // `\":\"5bb71a3c\"`, within JSON within JSON.
        parts.fold(first, |all, part| all + "digest" + part.get(15..).unwrap_or_default())
    };
    found(portolan).into_iter().map(|row| redacted(row.to_string())).collect()
}

#[tokio::test]
async fn the_second_connection_resumes_the_tls_session_of_the_first_whichever_pool_makes_it() {
    let server = OnTheWay::tls_sessions();
    let client = trusting(&server);
    let address = format!("https://{}/", server.address());
    assert_eq!(get(&client, &address, LIMITS).await, "False");
    assert_eq!(get(&client, &address, LIMITS).await, "True");
    assert_eq!(get(&client, &address, Limits { connect_ms: 4_000, ..LIMITS }).await, "True");
    assert_eq!(get(&trusting(&server), &address, LIMITS).await, "False", "another client knows nothing of it");
    let untrusting = HttpClient::new(&NetworkSettings::default()).unwrap();
    let request = Request::get(&address).body(Bytes::new()).unwrap();
    let error = untrusting.send(request, LIMITS).await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
}
