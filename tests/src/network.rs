//! What stands between Portolan and AWS: other people's proxy, HTTP/2 server and TLS.

use std::path::PathBuf;

use serde_json::Value;

use crate::folders::Scratch;
use crate::python;
use crate::server::Server;

const REQUIREMENTS: &str = include_str!("../front/network.txt");

/// A server of `tests/front` in the environment of `network.txt`, with the folder of its log and its certificate authority.
#[derive(Debug)]
pub struct OnTheWay {
    server: Server,
    scratch: Scratch,
}

impl OnTheWay {
    fn start(script: &str, arguments: impl FnOnce(&Scratch) -> Vec<String>) -> Self {
        let interpreter = python::environment("network", REQUIREMENTS).unwrap_or_else(|error| panic!("{error}"));
        let scratch = Scratch::new(script);
        let arguments = arguments(&scratch);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let server = Server::start_with(&interpreter, script, &arguments, &scratch.file("server.log"));
        Self { server, scratch }
    }

    /// A forward proxy in whose network every name is the server at `target` (`http://127.0.0.1:1234`); `user` is what it asks
    /// for, `USER:PASSWORD`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn proxy(target: &str, user: Option<&str>) -> Self {
        let port = target.rsplit(':').next().unwrap_or_default().to_owned();
        Self::start("forward_proxy.py", |_| [port].into_iter().chain(user.map(str::to_owned)).collect())
    }

    /// HTTP/2 over TLS and IPv6 before a plain server, with gzip.
    ///
    /// # Panics
    /// When it does not start.
    pub fn http2(upstream: &str) -> Self {
        Self::start("http2_server.py", |scratch| vec![upstream.to_owned(), authority(scratch).display().to_string()])
    }

    /// A server over TLS that says whether the connection's session was resumed, and closes it.
    ///
    /// # Panics
    /// When it does not start.
    pub fn tls_sessions() -> Self {
        Self::start("tls_sessions.py", |scratch| vec![authority(scratch).display().to_string()])
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.server.url().trim_start_matches("http://")
    }

    /// Where it listens: the one of HTTP/2 on IPv6's loopback.
    pub fn url_by_ipv6(&self) -> String {
        let port = self.address().rsplit(':').next().unwrap_or_default();
        format!("https://[::1]:{port}")
    }

    /// Where the certificate authority of one that speaks TLS is.
    pub fn authority(&self) -> PathBuf {
        authority(&self.scratch)
    }

    /// The lines that it wrote: a proxy's connections, `CONNECT sts.amazonaws.com:443`.
    pub fn log(&self) -> Vec<String> {
        self.server.log().lines().map(str::to_owned).collect()
    }
}

fn authority(scratch: &Scratch) -> PathBuf {
    scratch.file("authority.pem")
}

/// The number of a member of an object; 0 where there is none.
pub fn count(value: &Value, member: &str) -> u64 {
    value[member].as_u64().unwrap_or(0)
}
