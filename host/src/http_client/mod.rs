//! The one HTTP client: AWS calls, credential exchanges and sinks go through it.
//!
//! It sends what it is given, once: no redirects, no retries after bytes were sent, no decompression,
//! no cookies, no proxies. Time and size are limited per request, and what went wrong is told by type.

mod addresses;
mod error;
mod percent;
mod resolve;
mod smithy;
mod tls;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use resolve::{Resolver, refused_address};

pub use addresses::AddressRange;
pub(crate) use error::causes;
pub use error::{Cause, HttpError};
pub(crate) use percent::percent_encoded;
pub use tls::{TlsError, TlsSettings};

/// What one request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the TCP connection alone, all addresses of the name together.
    pub connect_ms: u64,
    /// From the call to the last byte of the body; name lookup and TLS are within it.
    pub total_ms: u64,
    /// Of the answer's body, counted while it is read.
    pub body_bytes: usize,
}

/// Idle connections kept for each host: as many as calls to one account are in flight.
const IDLE_PER_HOST: usize = 32;
/// Shorter than the idle time after which AWS's endpoints close theirs.
const IDLE: Duration = Duration::from_secs(15);
/// Different `connect_ms` that get a pool of their own; callers use a handful of constants.
const POOLS: usize = 16;

type Pool = Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// A pooled HTTP/1.1 client over TCP and TLS. Clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    tls: rustls::ClientConfig,
    resolver: Resolver,
    /// The time to connect belongs to hyper's connector, so there is a pool for each that is used.
    pools: Mutex<BTreeMap<u64, Pool>>,
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpClient")
    }
}

impl HttpClient {
    /// Reads the trusted certificates, once.
    ///
    /// # Errors
    /// A certificate bundle was given and cannot be used.
    pub fn new(settings: &TlsSettings) -> Result<Self, TlsError> {
        Self::with(settings, Resolver::anywhere())
    }

    /// One that connects to a name only where that leads to the open internet or to an address in `named`. An address
    /// written in place of a name is named by that.
    ///
    /// # Errors
    /// As [`HttpClient::new`].
    pub fn guarded(settings: &TlsSettings, named: &[AddressRange]) -> Result<Self, TlsError> {
        Self::with(settings, Resolver::guarded(named))
    }

    fn with(settings: &TlsSettings, resolver: Resolver) -> Result<Self, TlsError> {
        let tls = tls::client_config(settings)?;
        Ok(Self { inner: Arc::new(Inner { tls, resolver, pools: Mutex::default() }) })
    }

    fn pool(&self, connect_ms: u64) -> Pool {
        let mut pools = self.inner.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&connect_ms) {
            return pool.clone();
        }
        let mut tcp = HttpConnector::new_with_resolver(self.inner.resolver.clone());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(Duration::from_millis(connect_ms)));
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(self.inner.tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let pool = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_timer(TokioTimer::new())
            .build(https);
        if pools.len() < POOLS {
            pools.insert(connect_ms, pool.clone());
        }
        pool
    }

    /// Sends it and reads the whole answer, whatever its status. A redirect is an answer too.
    ///
    /// # Errors
    /// By what the caller does next: see [`HttpError`].
    pub async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, HttpError> {
        let host = host_of(request.uri())?;
        let exchange = self.exchange(request, &host, limits);
        match tokio::time::timeout(Duration::from_millis(limits.total_ms), exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(HttpError::TimedOut { host, after_ms: limits.total_ms }),
        }
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        host: &str,
        limits: Limits,
    ) -> Result<Response<Bytes>, HttpError> {
        let too_large = || HttpError::TooLarge { host: host.to_owned(), limit: limits.body_bytes };
        let answer = self
            .pool(limits.connect_ms)
            .request(request.map(Full::new))
            .await
            .map_err(|error| failed_to_send(error, host, limits.connect_ms))?;
        let (head, mut body) = answer.into_parts();
        // What the header promises is only for giving up early; what is read is what counts.
        let promised = hyper::body::Body::size_hint(&body).lower();
        if promised > limits.body_bytes as u64 {
            return Err(too_large());
        }
        let mut read = BytesMut::with_capacity(usize::try_from(promised).unwrap_or(0));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| HttpError::Broken {
                host: host.to_owned(),
                reason: error::innermost(&error),
                source: Box::new(error),
            })?;
            if let Some(data) = frame.data_ref() {
                if read.len().saturating_add(data.len()) > limits.body_bytes {
                    return Err(too_large());
                }
                read.extend_from_slice(data);
            }
        }
        Ok(Response::from_parts(head, read.freeze()))
    }
}

fn host_of(uri: &http::Uri) -> Result<String, HttpError> {
    let unusable = |reason| HttpError::Unusable {
        uri: format!("{}://{}{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default(), uri.path()),
        reason,
    };
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(unusable("neither http nor https"));
    }
    let authority = uri.authority().ok_or_else(|| unusable("no host"))?;
    // Whatever stands before an @ would be sent as part of the host, and shown in messages.
    if authority.as_str().contains('@') {
        return Err(unusable("a user name in the address"));
    }
    Ok(authority.to_string())
}

/// hyper tells a failure to connect by `is_connect`; which kind only by the texts below it.
fn failed_to_send(error: hyper_util::client::legacy::Error, host: &str, connect_ms: u64) -> HttpError {
    let host = host.to_owned();
    let reason = error::innermost(&error);
    if !error.is_connect() {
        return HttpError::Broken { host, reason, source: Box::new(error) };
    }
    let timed_out = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut)
    };
    if let Some(address) = refused_address(&error) {
        return HttpError::NotPublic { host, address };
    }
    // The connector's error type is private; its text for a failed lookup is fixed, and a test holds it.
    if causes(&error).any(|cause| cause.to_string() == "dns error") {
        HttpError::Unresolved { host, source: Box::new(error) }
    } else if causes(&error).any(timed_out) {
        HttpError::TimedOut { host, after_ms: connect_ms }
    } else {
        HttpError::Connect { host, reason, source: Box::new(error) }
    }
}
