//! The one HTTP client: AWS calls, credential exchanges and sinks go through it.
//!
//! It sends what it is given, once: no redirects, no retries after bytes were sent, no cookies. HTTP/2 where the server
//! offers it, else HTTP/1.1; answers may come compressed; proxies by the usual variables. Time and size are limited per
//! request, and what went wrong is told by type.

mod addresses;
mod body;
mod connect;
mod error;
mod percent;
mod proxy;
mod resolve;
mod settings;
mod smithy;
mod tls;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HeaderValue, PROXY_AUTHORIZATION};
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use connect::{Connector, NoWayThrough};
use resolve::{Resolver, refused_address};

pub use addresses::AddressRange;
pub(crate) use error::causes;
pub use error::{Cause, HttpError};
pub(crate) use percent::percent_encoded;
pub use proxy::Proxies;
pub use settings::NetworkSettings;
pub use tls::TlsError;

/// What one request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the TCP connection alone, all addresses of the name together.
    pub connect_ms: u64,
    /// Without a byte for so long, it is given up: from the call to the answer's head, then between pieces of its body.
    pub quiet_ms: u64,
    /// From the call to the last byte of the body; name lookup and TLS are within it.
    pub total_ms: u64,
    /// Of the answer's body, counted while it is read, after decompression.
    pub body_bytes: usize,
}

/// Idle connections kept for each host: as many as calls to one account are in flight.
const IDLE_PER_HOST: usize = 32;
/// Shorter than the idle time after which AWS's endpoints close theirs.
const IDLE: Duration = Duration::from_secs(15);
/// Different `connect_ms` that get a pool of their own; callers use a handful of constants.
const POOLS: usize = 16;

/// A connection of HTTP/2 carries all calls to its host, so one that died unnoticed would hold them all up: while calls are
/// in flight it is asked for a sign of life this often, and given up when none came for as long again.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

type Pool = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// A pooled client of HTTP/2 and HTTP/1.1 over TCP and TLS. Clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    /// Its copies share one memory of TLS sessions, so that a second connection to a host resumes the first one's.
    tls: rustls::ClientConfig,
    proxies: Proxies,
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
    pub fn new(settings: &NetworkSettings) -> Result<Self, TlsError> {
        Self::with(settings, Resolver::anywhere())
    }

    /// One that connects to a name only where that leads to the open internet or to an address in `named`. An address
    /// written in place of a name is named by that.
    ///
    /// # Errors
    /// As [`HttpClient::new`].
    pub fn guarded(settings: &NetworkSettings, named: &[AddressRange]) -> Result<Self, TlsError> {
        Self::with(settings, Resolver::guarded(named))
    }

    fn with(settings: &NetworkSettings, resolver: Resolver) -> Result<Self, TlsError> {
        let tls = tls::client_config(settings.ca_bundle.as_deref())?;
        let proxies = settings.proxies.clone();
        Ok(Self { inner: Arc::new(Inner { tls, proxies, resolver, pools: Mutex::default() }) })
    }

    fn pool(&self, connect_ms: u64) -> Pool {
        let mut pools = self.inner.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&connect_ms) {
            return pool.clone();
        }
        let Inner { tls, proxies, resolver, .. } = &*self.inner;
        let connect = Duration::from_millis(connect_ms);
        let connector = Connector::new(resolver.clone(), proxies.clone(), tls.clone(), connect);
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(connector);
        let pool = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .http2_keep_alive_interval(SIGN_OF_LIFE)
            .http2_keep_alive_timeout(SIGN_OF_LIFE)
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
        let mut request = self.outgoing(request).map(Full::new);
        let connection = capture_connection(&mut request);
        let exchange = self.exchange(request, &host, limits);
        let outcome = match tokio::time::timeout(Duration::from_millis(limits.total_ms), exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(HttpError::TimedOut { host, after_ms: limits.total_ms }),
        };
        if matches!(outcome, Err(HttpError::TimedOut { .. }))
            && let Some(connection) = connection.connection_metadata().as_ref()
        {
            // Of HTTP/2 it would carry the next call too, and may be dead.
            connection.poison();
        }
        outcome
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        host: &str,
        limits: Limits,
    ) -> Result<Response<Bytes>, HttpError> {
        let sent = self.pool(limits.connect_ms).request(request);
        let answer =
            quiet(limits, host, sent).await?.map_err(|error| failed_to_send(error, host, limits.connect_ms))?;
        let (mut head, incoming) = answer.into_parts();
        let whole = body::read(&mut head, incoming, host, limits).await?;
        Ok(Response::from_parts(head, whole))
    }

    /// What is added below the signature.
    fn outgoing(&self, mut request: Request<Bytes>) -> Request<Bytes> {
        if let Some(uri) = without_default_port(request.uri()) {
            *request.uri_mut() = uri;
        }
        let is_plain = request.uri().scheme() == Some(&Scheme::HTTP);
        let proxy = if is_plain { self.inner.proxies.of(request.uri()) } else { None };
        let headers = request.headers_mut();
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
        // A proxy reads plain requests; to those in a tunnel it was said when the tunnel was made.
        if let Some(authorization) = proxy.as_ref().and_then(|proxy| proxy.basic_auth()) {
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        request
    }
}

/// Waits no longer than nothing may come.
async fn quiet<T>(limits: Limits, host: &str, next: impl Future<Output = T>) -> Result<T, HttpError> {
    let within = Duration::from_millis(limits.quiet_ms);
    let timed_out = |_| HttpError::TimedOut { host: host.to_owned(), after_ms: limits.quiet_ms };
    tokio::time::timeout(within, next).await.map_err(timed_out)
}

/// The same without the port that its scheme has anyway: signatures leave it out, and HTTP/2 sends the authority as it is.
fn without_default_port(uri: &Uri) -> Option<Uri> {
    let is_default = match uri.scheme_str() {
        Some("https") => uri.port_u16() == Some(443),
        Some("http") => uri.port_u16() == Some(80),
        _ => false,
    };
    let mut parts = uri.clone().into_parts();
    parts.authority = is_default.then(|| Authority::try_from(uri.host()?).ok()).flatten();
    if parts.authority.is_none() { None } else { Uri::from_parts(parts).ok() }
}

fn host_of(uri: &Uri) -> Result<String, HttpError> {
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
    let mut reason = error::innermost(&error);
    if !error.is_connect() {
        return HttpError::Broken { host, reason, source: Box::new(error) };
    }
    let timed_out = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut)
    };
    if let Some(address) = refused_address(&error) {
        return HttpError::NotPublic { host, address };
    }
    let through = causes(&error).find_map(|cause| cause.downcast_ref::<NoWayThrough>()).map(|through| &through.proxy);
    if let Some(proxy) = through {
        // Whose name does not resolve here is the proxy.
        reason = format!("no way through the proxy {proxy}: {reason}");
        return HttpError::Connect { host, reason, source: Box::new(error) };
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

#[cfg(test)]
mod tests {
    use super::without_default_port;

    #[test]
    fn what_goes_as_the_authority_is_what_is_signed() {
        for (given, sent) in [
            ("https://sts.amazonaws.com:443/a?b=c", Some("https://sts.amazonaws.com/a?b=c")),
            ("http://[::1]:80/", Some("http://[::1]/")),
            ("https://sts.amazonaws.com:80/", None),
            ("http://sts.amazonaws.com:443/", None),
            ("https://sts.amazonaws.com/", None),
            ("https://[2001:db8::1]:4566/", None),
        ] {
            let sent_as = without_default_port(&given.parse().unwrap()).map(|uri| uri.to_string());
            assert_eq!(sent_as.as_deref(), sent, "{given}");
        }
    }
}
