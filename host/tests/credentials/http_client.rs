use std::io::Write;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Request;
use portolan::http_client::{HttpClient, HttpError, Limits, NetworkSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::loopback::{Answer, Loopback};
use crate::sts::http;

const LIMITS: Limits = Limits { connect_ms: 1000, quiet_ms: 3000, total_ms: 3000, body_bytes: 1000 };

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn an_answer_comes_back_whatever_its_status_and_redirects_are_not_followed() {
    let server = Loopback::start(|seen| match seen.target.as_str() {
        "/moved" => Answer::status(307, "").with("location", "/other"),
        other => Answer::status(503, format!("busy {other} {}", seen.body)),
    })
    .await;
    let sent = Request::post(format!("{}/a?b=c", server.url())).body(Bytes::from_static(b"hello")).unwrap();
    let answer = http().send(sent, LIMITS).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (503, &b"busy /a?b=c hello"[..]));
    let answer = http().send(get(&format!("{}/moved", server.url())), LIMITS).await.unwrap();
    assert_eq!(answer.status().as_u16(), 307);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_body_is_limited_by_what_is_read_not_by_what_is_promised() {
    let promised = Loopback::start(|_| Answer::ok("x".repeat(1001))).await;
    // Chunked, so that nothing is promised.
    let chunked = Loopback::start(|_| Answer {
        raw: Some(
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n{}\r\n0\r\n\r\n", "x".repeat(2000))
                .into(),
        ),
        ..Answer::default()
    })
    .await;
    for server in [promised, chunked] {
        let error = http().send(get(&server.url()), LIMITS).await.unwrap_err();
        assert!(matches!(error, HttpError::TooLarge { limit: 1000, .. }), "{error:?}");
    }
    let fits = Loopback::start(|_| Answer::ok("x".repeat(1000))).await;
    assert_eq!(http().send(get(&fits.url()), LIMITS).await.unwrap().body().len(), 1000);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

async fn answering(head: &str, body: Vec<u8>) -> Loopback {
    let raw = [format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").into_bytes(), body].concat();
    Loopback::start(move |_| Answer { raw: Some(raw.clone()), ..Answer::default() }).await
}

#[tokio::test]
async fn gzip_is_asked_for_and_unpacked_within_the_limit() {
    let text = "x".repeat(1000);
    for (encoding, body) in [
        ("gzip", gzip(&text)),
        ("X-GZip", gzip(&text)),
        ("gzip", [gzip(&text[..400]), gzip(&text[400..])].concat()),
        ("identity", text.clone().into_bytes()),
    ] {
        let head = format!("content-length: {}\r\nx-y: z\r\ncontent-encoding: {encoding}", body.len());
        let server = answering(&head, body).await;
        let answer = http().send(get(&server.url()), LIMITS).await.unwrap();
        assert_eq!(answer.body(), text.as_bytes(), "{encoding}");
        assert_eq!(answer.headers().get("x-y").unwrap(), "z");
        assert_eq!(answer.headers().contains_key("content-encoding"), encoding == "identity");
        assert_eq!(answer.headers().contains_key("content-length"), encoding == "identity");
        assert_eq!(server.seen()[0].header("accept-encoding"), "gzip");
    }
    // Ten megabytes in ten kilobytes, of which a thousand bytes are taken.
    let bomb = gzip(&"x".repeat(10_000_000));
    assert!(bomb.len() < 20_000);
    let server = answering("connection: close\r\ncontent-encoding: gzip", bomb).await;
    let limits = Limits { body_bytes: 50_000, ..LIMITS };
    let error = http().send(get(&server.url()), limits).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLarge { limit: 50_000, .. }), "{error:?}");
    // Cut short, and none at all.
    let whole = gzip(&text);
    for damaged in [whole[..whole.len() - 4].to_vec(), whole[..12].to_vec(), b"no gzip".to_vec()] {
        let head = format!("content-length: {}\r\ncontent-encoding: gzip", damaged.len());
        let server = answering(&head, damaged).await;
        let error = http().send(get(&server.url()), LIMITS).await.unwrap_err();
        assert!(matches!(&error, HttpError::Broken { reason, .. } if reason.contains("gzip")), "{error:?}");
    }
    let server = answering("content-length: 30\r\ncontent-encoding: gzip", Vec::new()).await;
    let head = Request::head(server.url()).body(Bytes::new()).unwrap();
    assert_eq!(http().send(head, LIMITS).await.unwrap().body().len(), 0);
}

#[tokio::test]
async fn silence_is_given_up_before_the_whole_time_is_over() {
    // Nothing at all, and a head whose body never comes: the connection stays open.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        for head in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            stream.write_all(head.as_bytes()).await.unwrap();
            open.push(stream);
        }
        std::future::pending::<()>().await;
    });
    for _ in 0..2 {
        let begun = Instant::now();
        let limits = Limits { quiet_ms: 200, total_ms: 60_000, ..LIMITS };
        let error = http().send(get(&format!("http://{address}/")), limits).await.unwrap_err();
        assert!(matches!(error, HttpError::TimedOut { after_ms: 200, .. }), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn no_answer_is_given_up_in_time_while_waiting_and_while_reading() {
    let silent = Loopback::start(|_| Answer { after: Duration::from_secs(60), ..Answer::ok("") }).await;
    let limits = Limits { total_ms: 200, ..LIMITS };
    let begun = Instant::now();
    let error = http().send(get(&silent.url()), limits).await.unwrap_err();
    assert!(matches!(error, HttpError::TimedOut { after_ms: 200, .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn what_went_wrong_is_told_by_type() {
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = http().send(get(&format!("http://{closed}/")), LIMITS).await.unwrap_err();
    assert!(matches!(&error, HttpError::Connect { reason, .. } if reason.contains("refused")), "{error:?}");

    let error =
        http().send(get("http://sts.nowhere-1.invalid/"), Limits { total_ms: 20_000, ..LIMITS }).await.unwrap_err();
    assert!(matches!(&error, HttpError::Unresolved { host, .. } if host == "sts.nowhere-1.invalid"), "{error:?}");

    let cut = Loopback::start(|_| Answer {
        raw: Some(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf".to_vec()),
        ..Answer::default()
    })
    .await;
    let error = http().send(get(&cut.url()), LIMITS).await.unwrap_err();
    assert!(matches!(error, HttpError::Broken { .. }), "{error:?}");

    let other = Loopback::start(|_| Answer { raw: Some(b"SSH-2.0-x\r\n".to_vec()), ..Answer::default() }).await;
    let error = http().send(get(&other.url()), LIMITS).await.unwrap_err();
    assert!(matches!(error, HttpError::Broken { .. }), "{error:?}");
    // TLS to a server that speaks none: nothing was sent.
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let error = http().send(get(&format!("https://{address}/")), LIMITS).await.unwrap_err();
    assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");

    for wrong in ["ftp://127.0.0.1/", "http://user:planted@127.0.0.1/?token=planted", "/path?token=planted"] {
        let error = http().send(get(wrong), LIMITS).await.unwrap_err();
        assert!(matches!(error, HttpError::Unusable { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    }
}

#[test]
fn a_certificate_bundle_that_cannot_be_used_is_refused_by_name() {
    let folder = std::env::temp_dir().join(format!("portolan-ca-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("bundle.pem");
    for content in [None, Some("not pem"), Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] {
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let error = HttpClient::new(&NetworkSettings { ca_bundle: Some(file.clone()), ..NetworkSettings::default() })
            .unwrap_err()
            .to_string();
        assert!(error.contains("AWS_CA_BUNDLE") && error.contains("bundle.pem"), "{error}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
