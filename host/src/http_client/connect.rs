//! Connections: straight to the host, or by way of a proxy.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::error::Cause;
use super::proxy::{Proxies, literal};
use super::resolve::Resolver;

/// There is no way through the proxy.
#[derive(Debug, thiserror::Error)]
#[error("no way through the proxy {proxy}")]
pub(super) struct NoWayThrough {
    /// Its host and port.
    pub(super) proxy: String,
    source: Cause,
}

/// Makes the connection below TLS, whichever way it goes.
#[derive(Clone)]
pub(super) struct Connector {
    resolver: Resolver,
    direct: HttpConnector<Resolver>,
    /// A proxy may be anywhere inside, and be spoken to over TLS itself.
    to_proxy: HttpsConnector<HttpConnector<Resolver>>,
    proxies: Proxies,
}

impl Connector {
    pub(super) fn new(resolver: Resolver, proxies: Proxies, tls: rustls::ClientConfig, connect: Duration) -> Self {
        let to_proxy = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp(Resolver::anywhere(), connect));
        Self { direct: tcp(resolver.clone(), connect), resolver, to_proxy, proxies }
    }
}

fn tcp(resolver: Resolver, connect: Duration) -> HttpConnector<Resolver> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect));
    tcp
}

impl Service<Uri> for Connector {
    type Response = Way;
    type Error = Cause;
    type Future = Pin<Box<dyn Future<Output = Result<Way, Cause>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        // The connectors below are always ready: each connection looks its name up for itself.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.of(&destination) else {
            let connection = self.direct.call(destination);
            return Box::pin(async move {
                Ok(Way { stream: MaybeHttpsStream::Http(connection.await?), is_forwarded: false })
            });
        };
        // Where a name leads is the proxy's to find out; an address that stands there can be judged here.
        if let Some(address) = destination.host().and_then(literal)
            && let Err(refused) = self.resolver.judge(address)
        {
            return Box::pin(async move { Err(io::Error::other(refused).into()) });
        }
        let to_proxy = self.to_proxy.clone();
        Box::pin(async move {
            let named = proxy.uri().authority().map(ToString::to_string).unwrap_or_default();
            let way = through(to_proxy, &proxy, destination).await;
            way.map_err(|source| NoWayThrough { proxy: named, source }.into())
        })
    }
}

async fn through(
    mut to_proxy: HttpsConnector<HttpConnector<Resolver>>,
    proxy: &Intercept,
    destination: Uri,
) -> Result<Way, Cause> {
    let is_forwarded = destination.scheme_str() == Some("http");
    let stream = if is_forwarded {
        to_proxy.call(proxy.uri().clone()).await?
    } else {
        let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        tunnel.call(destination).await?
    };
    Ok(Way { stream, is_forwarded })
}

/// A connection below TLS: to the host, or to a proxy that carries it there.
pub(super) struct Way {
    stream: MaybeHttpsStream<TokioIo<TcpStream>>,
    /// The proxy reads the requests themselves, and has to be told the whole address.
    is_forwarded: bool,
}

impl Connection for Way {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_forwarded)
    }
}

impl Read for Way {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl Write for Way {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }
}
