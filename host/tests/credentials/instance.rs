use aws_credential_types::provider::ProvideCredentials;
use portolan::credentials::{CredentialsError, Environment, SourceKind, SourceSetting, Sources, What, choose};
use portolan::credentials::{RolePlan, Sessions, Sts};
use portolan::http_client::{HttpClient, NetworkSettings, Proxies};
use portolan_names::Region;

use crate::clock::Clock;
use crate::loopback::{Answer, Loopback, Seen};
use crate::sts::client;

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const FOLDER: &str = "/latest/meta-data/iam/security-credentials/";

/// The metadata service, version 2 only: without a token nothing is told.
fn metadata(seen: &Seen) -> Answer {
    if seen.method == "PUT" && seen.target == "/latest/api/token" {
        return match seen.header(TTL).parse::<u32>() {
            Ok(1..=21600) => Answer::ok("the-token").with(TTL, seen.header(TTL)),
            _ => Answer::status(400, ""),
        };
    }
    if seen.header(TOKEN) != "the-token" {
        return Answer::status(401, "");
    }
    match seen.target.strip_prefix(FOLDER) {
        Some("") => Answer::ok("node-role"),
        Some("node-role") => Answer::ok(
            r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAINSTANCE","SecretAccessKey":"planted-instance-secret",
                "Token":"planted-instance-token","Expiration":"2099-01-01T00:00:00Z","LastUpdated":"2026-01-01T00:00:00Z"}"#,
        ),
        _ => Answer::status(404, ""),
    }
}

fn sources(setting: SourceSetting, metadata: &Loopback) -> Sources {
    let endpoint = ("AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(), metadata.url());
    Sources { setting, priority: None, keys: None, environment: Environment::of([endpoint]) }
}

#[tokio::test]
async fn the_instances_role_by_version_two_with_a_limited_token() {
    for setting in [SourceSetting::Instance, SourceSetting::Auto] {
        let server = Loopback::start(metadata).await;
        let sts = client(&server, &Clock::at(1_800_000_000));
        let chosen = choose(&sources(setting, &server), &sts).await.unwrap();
        let credentials = chosen.provider.provide_credentials().await.unwrap();
        assert_eq!(
            (credentials.access_key_id(), credentials.session_token()),
            ("ASIAINSTANCE", Some("planted-instance-token"))
        );
        assert_eq!((chosen.kind, chosen.is_role), (SourceKind::Instance, Some(true)));
        let seen = server.seen();
        assert_eq!((seen[0].method.as_str(), seen[0].header(TTL)), ("PUT", "21600"));
        assert!(seen[1..].iter().all(|seen| seen.header(TOKEN) == "the-token"));
    }
}

#[tokio::test]
async fn by_ipv6_where_that_is_said_and_past_every_proxy() {
    let server = Loopback::start_at("[::1]:0", metadata).await;
    let sts = client(&server, &Clock::at(1_800_000_000));
    let chosen = choose(&sources(SourceSetting::Instance, &server), &sts).await.unwrap();
    assert_eq!(chosen.provider.provide_credentials().await.unwrap().access_key_id(), "ASIAINSTANCE");

    // Nobody is there where the tests run; a proxy, which would be, sees nothing.
    let proxy = Loopback::start(metadata).await;
    let proxies = Proxies::from_environment(&Environment::of([("ALL_PROXY", proxy.url())])).unwrap();
    let http = HttpClient::new(&NetworkSettings { proxies, ..NetworkSettings::default() }).unwrap();
    let sts = Sts::new(&http, Region::parse("eu-west-1").unwrap(), proxy.url());
    for mode in ["IPv6", "IPv4"] {
        let environment = Environment::of([("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", mode)]);
        let sources = Sources { setting: SourceSetting::Auto, priority: None, keys: None, environment };
        assert!(choose(&sources, &sts).await.is_err(), "{mode}");
    }
    assert!(proxy.seen().is_empty());
}

#[tokio::test]
async fn a_service_that_gives_no_limited_token_is_not_asked_by_version_one() {
    let server = Loopback::start(|seen| match seen.method.as_str() {
        "PUT" => Answer::status(404, ""),
        _ => metadata(&Seen { headers: [(TOKEN.to_owned(), "the-token".to_owned())].into(), ..seen.clone() }),
    })
    .await;
    let sts = client(&server, &Clock::at(1_800_000_000));
    let chosen = choose(&sources(SourceSetting::Instance, &server), &sts).await.unwrap();
    assert!(chosen.provider.provide_credentials().await.is_err());
    assert!(server.seen().iter().all(|seen| seen.method == "PUT"));
}

#[tokio::test]
async fn auto_guesses_once_and_says_where_it_looked() {
    let server = Loopback::start(|_| Answer::status(503, "")).await;
    let sts = client(&server, &Clock::at(1_800_000_000));
    let error = choose(&sources(SourceSetting::Auto, &server), &sts).await.unwrap_err();
    assert_eq!(server.seen().len(), 1, "{error:?}");
    // It is there and broken: that is a failure, not an absence.
    assert!(matches!(error, CredentialsError::Failed(ref failure) if failure.what == What::Source), "{error:?}");

    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(), format!("http://{gone}"))];
    let nowhere = Sources { environment: Environment::of(variables), ..sources(SourceSetting::Auto, &server) };
    let error = choose(&nowhere, &sts).await.unwrap_err();
    assert!(matches!(error, CredentialsError::NothingConfigured { .. }), "{error:?}");
    for looked in ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ACCESS_KEY_ID", "profiles", "metadata"] {
        assert!(error.to_string().contains(looked), "{error}");
    }
}

#[tokio::test]
async fn an_instance_without_a_role_is_that_sources_failure() {
    let server = Loopback::start(|seen| match seen.target.as_str() {
        FOLDER => Answer::status(404, ""),
        _ => metadata(seen),
    })
    .await;
    let sts = client(&server, &Clock::at(1_800_000_000));
    let chosen = choose(&sources(SourceSetting::Instance, &server), &sts).await.unwrap();
    let failure = Sessions::new(RolePlan::of_source("r1"), chosen, sts).source_identity().await.unwrap_err();
    assert!(failure.what == What::Source && failure.to_string().contains("instance: "), "{failure}");
}
