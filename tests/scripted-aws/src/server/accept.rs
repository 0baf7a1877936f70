//! Connections: taken, counted, and closed all at once where a test asks for it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::call::Server;
use super::wire::{Line, Wire};

/// Streams of one HTTP/2 connection, as AWS's load balancers allow.
const STREAMS_MAX: u32 = 128;
/// So long the listener waits after it could not take a connection (no file descriptor is left, say).
const AFTER_FAILURE: Duration = Duration::from_millis(20);

/// Listens on loopback.
pub(crate) async fn listen(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Takes connections for ever.
pub(crate) async fn run(
    server: Arc<Server>,
    mut listener: TcpListener,
    tls: Option<TlsAcceptor>,
    mut close: UnboundedReceiver<Duration>,
) -> Result<()> {
    let port = listener.local_addr()?.port();
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            taken = listener.accept() => {
                let Ok((stream, _)) = taken else {
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                };
                server.state().counts.connections += 1;
                open.spawn(connection(Arc::clone(&server), stream, tls.clone()));
                while open.try_join_next().is_some() {}
            }
            Some(duration) = close.recv() => {
                drop(listener);
                open.shutdown().await;
                tokio::time::sleep(duration).await;
                listener = listen(port).await?;
            }
        }
    }
}

/// Takes connections to the control path: they are not counted, and never closed.
pub(crate) async fn control(server: Arc<Server>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(speak(Arc::clone(&server), Line::default(), stream));
            }
            Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
        }
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream, tls: Option<TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    let line = Line::default();
    let wire = Wire::new(stream, line.clone(), Arc::clone(&server.traffic));
    match tls {
        // A handshake that fails is the client's to report.
        Some(tls) => {
            if let Ok(stream) = tls.accept(wire).await {
                speak(server, line, stream).await;
            }
        }
        None => speak(server, line, wire).await,
    }
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(server: Arc<Server>, line: Line, stream: S) {
    let service = service_fn(move |request| Arc::clone(&server).serve(line.clone(), request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    // How a connection ends is the weather's business, or the client's.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
