//! HTTP/2, spoken by hyper's client over rustls.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portolan_scripted_aws::{Options, ScriptedAws};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use time::macros::format_description;
use tokio::net::TcpStream;

use crate::start;

async fn connect(aws: &ScriptedAws, protocols: &[&[u8]]) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(aws.ca_file().unwrap()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let address = aws.url().replace("https://", "");
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

/// A call in the form of a signed one.
fn volumes(aws: &ScriptedAws) -> Request<Full<Bytes>> {
    let now = time::OffsetDateTime::now_utc();
    let day = now.format(format_description!("[year][month][day]")).unwrap();
    let at = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap();
    let scope = format!("AKIASCRIPTEDAWSSOURC/{day}/us-east-1/ec2/aws4_request");
    let signature = "0".repeat(64);
    Request::post(aws.url() + "/")
        .header("x-amz-date", at)
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={signature}"),
        )
        .body(Full::from("Action=DescribeVolumes&Version=2016-11-15"))
        .unwrap()
}

/// What breaks a connection of HTTP/1.1 breaks one of HTTP/2, or the one stream of it.
#[tokio::test]
async fn the_weather_is_the_same_over_http2() {
    let aws = start(&Options { tls: true, ..Options::default() });
    let send = async |fault: Option<&str>| -> Result<usize, String> {
        let faults = fault.map(|fault| json!({ "fault": fault })).into_iter().collect::<Vec<_>>();
        aws.set(&json!({ "faults": faults })).unwrap();
        let stream = TokioIo::new(connect(&aws, &[b"h2"]).await);
        let (mut client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
            .await
            .map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        let answered = async {
            let answer = client.send_request(volumes(&aws)).await.map_err(|error| error.to_string())?;
            let body = answer.into_body().collect().await.map_err(|error| format!("body: {error}"))?;
            Ok(body.to_bytes().len())
        };
        tokio::time::timeout(Duration::from_secs(2), answered).await.map_err(|_| "silence".to_owned())?
    };
    let whole = send(None).await.unwrap();
    assert!(whole > 500, "{whole}");
    for (fault, wanted) in [
        ("reset", ""),
        ("reset-in-body", "body: "),
        ("truncated", "body: "),
        ("stall", "silence"),
        ("half-open", "silence"),
    ] {
        let broken = send(Some(fault)).await.unwrap_err();
        assert!(broken.starts_with(wanted) && (broken == "silence") == (wanted == "silence"), "{fault}: {broken}");
    }
    assert_eq!(send(None).await, Ok(whole), "the next connection is fine");
}

#[tokio::test]
async fn http2_is_spoken_where_the_client_knows_it() {
    let aws = start(&Options { tls: true, ..Options::default() });
    let stream = connect(&aws, &[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    // Many calls at once over the one connection.
    let ask = || Request::get(format!("{}/__control/estate", aws.url())).body(Empty::<Bytes>::new()).unwrap();
    let answers: Vec<_> = (0..50).map(|_| client.send_request(ask())).collect();
    for answer in answers {
        let answer = answer.await.unwrap();
        assert_eq!(answer.version(), hyper::Version::HTTP_2);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["resources"].as_u64() > Some(0));
    }
    assert_eq!(aws.usage().unwrap()["connections"], 1);

    let stream = connect(&aws, &[b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
}
