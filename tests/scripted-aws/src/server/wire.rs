//! A connection that can be reset, or fall silent, while it is in use.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

const OPEN: u8 = 0;
const RESET: u8 = 1;
const SILENT: u8 = 2;

/// What a call can do to the connection that it came by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Arc<AtomicU8>);

impl Line {
    /// The connection ends with a reset, as soon as anything is written to it or it is closed.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::Relaxed);
    }

    /// Nothing is answered any more, and the connection stays open until the other side closes it.
    pub(crate) fn silence(&self) {
        self.0.store(SILENT, Ordering::Relaxed);
    }

    fn is_silent(&self) -> bool {
        self.0.load(Ordering::Relaxed) == SILENT
    }
}

/// Bytes of all connections, both ways.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) read: AtomicU64,
    pub(crate) written: AtomicU64,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    line: Line,
    traffic: Arc<Traffic>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, line: Line, traffic: Arc<Traffic>) -> Self {
        Self { stream, line, traffic }
    }

    /// None: go on.
    fn state<T>(&self) -> Option<Poll<io::Result<T>>> {
        match self.line.0.load(Ordering::Relaxed) {
            OPEN => None,
            RESET => Some(Poll::Ready(Err(ErrorKind::ConnectionReset.into()))),
            _ => Some(Poll::Pending),
        }
    }
}

impl Wire {
    /// Reads without telling anybody, to notice the end.
    fn swallow(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.0.load(Ordering::Relaxed) == RESET {
            // With a linger of none, closing sends a reset instead of an end.
            let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO));
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.line.is_silent() {
            return self.swallow(context);
        }
        if let Some(state) = self.state() {
            return state;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.traffic.read.fetch_add((buffer.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(state) = self.state() {
            return state;
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.traffic.written.fetch_add(*count as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(state) = self.state() {
            return state;
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        if let Poll::Ready(Ok(count)) = &written {
            self.traffic.written.fetch_add(*count as u64, Ordering::Relaxed);
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.state().unwrap_or_else(|| Pin::new(&mut self.stream).poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.state().unwrap_or_else(|| Pin::new(&mut self.stream).poll_shutdown(context))
    }
}
