//! Somebody who listens, and says when the first request came.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// Listens on a free port of loopback until the first request; what it gets is not answered.
#[derive(Debug)]
pub struct Listener {
    url: String,
    first: Receiver<(Instant, TcpStream)>,
}

impl Listener {
    /// Begins to listen.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start() -> Result<Self> {
        let socket = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", socket.local_addr()?);
        let (sender, first) = channel();
        std::thread::spawn(move || {
            let Ok((mut stream, _)) = socket.accept() else { return };
            // The connection alone is no call: the first byte of the request is.
            if stream.read_exact(&mut [0]).is_ok() {
                // Nobody waits any more: then it is of no use.
                let _ = sender.send((Instant::now(), stream));
            }
        });
        Ok(Self { url, first })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// When the first request came.
    ///
    /// # Errors
    /// When none came for so long.
    pub fn first(&self, longest: Duration) -> Result<Instant> {
        let (at, _) = self.first.recv_timeout(longest).context("no call came")?;
        Ok(at)
    }
}
