//! Proxies by the usual variables: the whole of a run by AWS's own names, which here the proxy alone knows.

use bytes::Bytes;
use http::Request;
use portolan::credentials::Environment;
use portolan::http_client::{HttpClient, HttpError, Limits, NetworkSettings, Proxies};
use portolan_scripted_aws::{Options, ScriptedAws};
use portolan_tests::binary::Portolan;
use portolan_tests::network::{OnTheWay, count};
use serde_json::json;

use super::{beside, found, options, sync};

const USER: &str = "agent:planted-proxy-password";
const LIMITS: Limits = Limits { connect_ms: 5_000, quiet_ms: 20_000, total_ms: 20_000, body_bytes: 1 << 20 };

/// An AWS that is found by its real names, through a proxy that asks for a password.
fn behind_a_proxy(name: &str, aws: &ScriptedAws, proxy: &OnTheWay, user: &str) -> Portolan {
    let mut portolan = Portolan::new(name);
    for (name, value) in aws.environment().into_iter().filter(|(name, _)| name != "AWS_ENDPOINT_URL") {
        portolan.set(&name, &value);
    }
    portolan.set("HTTPS_PROXY", &format!("http://{user}@{}", proxy.address()));
    portolan
}

#[test]
fn through_a_proxy_a_run_finds_the_same_and_no_password_is_shown() {
    let aws = ScriptedAws::start(&Options { tls: true, ..options() }).unwrap();
    let direct = beside("direct", &aws);
    sync(&direct, &aws).expect(0);
    let proxy = OnTheWay::proxy(&aws.url(), Some(USER));
    let portolan = behind_a_proxy("proxied", &aws, &proxy, USER);
    let run = sync(&portolan, &aws).expect(0);
    let all = found(&direct);
    assert!(all.len() > 100 && all == found(&portolan));
    assert_eq!(aws.usage().unwrap()["notes"], json!([]));
    let connections = proxy.log();
    for host in ["sts.us-east-1", "ec2.us-east-1", "sqs.us-east-1", "iam"] {
        let made = format!("CONNECT {host}.amazonaws.com:443");
        assert!(connections.contains(&made), "{made} is not in {connections:?}");
    }
    assert!(connections.iter().all(|line| line.ends_with(".amazonaws.com:443")), "{connections:?}");
    let announced = format!("requests go through the proxy {} (HTTPS_PROXY)", proxy.address());
    assert_eq!(run.stderr.matches(&announced).count(), 1, "{}", run.stderr);
    let shown = format!("{}{}{}", run.stdout, run.stderr, run.report());
    assert!(!shown.contains("planted-proxy-password"), "{shown}");

    // The wrong password: nobody is reached, and it is said who refused.
    let refused = behind_a_proxy("refused", &aws, &proxy, "agent:planted-other-password");
    let run = sync(&refused, &aws).expect(3);
    let shown = format!("{}{}", run.stdout, run.stderr);
    for words in ["no way through the proxy", proxy.address(), "proxy authorization required"] {
        assert!(shown.contains(words), "{shown}");
    }
    assert!(!shown.contains("planted-other-password"), "{shown}");
}

/// The variants of endpoints, by the names that the proxy is asked for. Nowhere in Europe AWS has FIPS endpoints of the three.
#[test]
fn fips_and_dual_stack_endpoints_are_asked_and_no_others() {
    let aws = ScriptedAws::start(&Options { tls: true, ..options() }).unwrap();
    let asked = |variable: &str, status: i32| {
        let proxy = OnTheWay::proxy(&aws.url(), None);
        let mut portolan = behind_a_proxy(variable, &aws, &proxy, "nobody:");
        portolan.set(variable, "true");
        (sync(&portolan, &aws).expect(status).stdout, proxy.log())
    };
    let (said, hosts) = asked("AWS_USE_FIPS_ENDPOINT", 2);
    assert!(hosts.iter().all(|line| line.split('.').next().unwrap().ends_with("-fips")), "{hosts:?}");
    for host in ["sts-fips.us-east-1", "ec2-fips.us-east-1", "kms-fips.eu-west-1", "iam-fips"] {
        assert!(hosts.contains(&format!("CONNECT {host}.amazonaws.com:443")), "{host} is not in {hosts:?}");
    }
    assert!(!hosts.iter().any(|line| line.contains("eu-west-1") && !line.contains("kms")), "{hosts:?}");
    assert!(said.contains("no FIPS endpoint of dynamodb is known in eu-west-1"), "{said}");

    let (_, hosts) = asked("AWS_USE_DUALSTACK_ENDPOINT", 0);
    assert!(hosts.iter().all(|line| line.ends_with(".api.aws:443")), "{hosts:?}");
    for host in ["sts.us-east-1", "ec2.eu-west-1", "iam.global"] {
        assert!(hosts.contains(&format!("CONNECT {host}.api.aws:443")), "{host} is not in {hosts:?}");
    }
}

fn settings(variables: &[(&str, &str)]) -> NetworkSettings {
    let proxies = Proxies::from_environment(&Environment::of(variables.iter().copied())).unwrap();
    NetworkSettings { proxies, ..NetworkSettings::default() }
}

async fn get(client: &HttpClient, address: &str) -> Result<http::Response<Bytes>, HttpError> {
    client.send(Request::get(address).body(Bytes::new()).unwrap(), LIMITS).await
}

#[tokio::test]
async fn plain_requests_are_forwarded_and_this_machine_is_asked_without_the_proxy() {
    let aws = ScriptedAws::start(&options()).unwrap();
    let proxy = OnTheWay::proxy(&aws.url(), Some(USER));
    let address = format!("http://{USER}@{}", proxy.address());
    let client = HttpClient::new(&settings(&[("http_proxy", &address)])).unwrap();
    let answer = get(&client, "http://aws.example/__control/usage").await.unwrap();
    assert_eq!(answer.status(), 200);
    let usage: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(count(&usage, "connections"), 1);
    assert_eq!(get(&client, &format!("{}/__control/usage", aws.url())).await.unwrap().status(), 200);
    assert_eq!(proxy.log(), ["GET aws.example:80"], "loopback was asked through the proxy");

    // A name that the proxy does not know, and a proxy that nobody knows: never the host's fault alone.
    let client = HttpClient::new(&settings(&[("ALL_PROXY", &address)])).unwrap();
    let error = get(&client, "https://nowhere.example/").await.unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, HttpError::Connect { .. }) && said.contains("no way through the proxy"), "{error:?}");
    let client = HttpClient::new(&settings(&[("ALL_PROXY", "http://u:planted@proxy.invalid:1")])).unwrap();
    let error = get(&client, "https://aws.example/").await.unwrap_err();
    assert!(matches!(error, HttpError::Connect { .. }) && error.to_string().contains("proxy.invalid:1"), "{error:?}");
    assert!(!format!("{error:?}").contains("planted"));
}

/// Where a name leads, the proxy alone knows. An address inside, written as such, would be another machine's there.
#[tokio::test]
async fn a_guarded_client_asks_no_proxy_for_an_address_inside_that_was_not_named() {
    let aws = ScriptedAws::start(&options()).unwrap();
    let proxy = OnTheWay::proxy(&aws.url(), None);
    let address = format!("http://{}", proxy.address());
    let proxied = settings(&[("ALL_PROXY", &address)]);
    let guarded = HttpClient::guarded(&proxied, &["10.9.0.0/16".parse().unwrap()]).unwrap();
    for inside in ["http://10.1.2.3/", "https://192.168.1.1/hook", "https://[fd12::1]/"] {
        let error = get(&guarded, inside).await.unwrap_err();
        assert!(matches!(error, HttpError::NotPublic { .. }), "{inside}: {error:?}");
    }
    assert!(proxy.log().is_empty(), "{:?}", proxy.log());
    assert_eq!(get(&guarded, "http://hook.example/__control/usage").await.unwrap().status(), 200);
    let named = tokio::time::timeout(std::time::Duration::from_secs(2), get(&guarded, "http://10.9.0.1/")).await;
    assert!(!matches!(named, Ok(Err(HttpError::NotPublic { .. }))), "{named:?}");
    assert_eq!(proxy.log(), ["GET hook.example:80", "GET 10.9.0.1:80"]);
}
