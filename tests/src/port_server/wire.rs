//! As much of HTTP/1.1 as a client of JSON needs, over the standard library, so that a test decides about each byte and
//! each connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// More than any request of the tests.
const BODY_MAX: usize = 64 << 20;

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// `POST`
    pub method: String,
    /// The path, segment by segment, percent signs resolved.
    pub segments: Vec<String>,
    /// Path and query, as they came.
    pub target: String,
    /// Name and value of each parameter of the query, in order.
    pub query: Vec<(String, String)>,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// How long the body was.
    pub bytes: usize,
    /// The body; null where there is none.
    pub body: Value,
}

impl Request {
    /// Reads the next request of a connection; none when it has ended.
    pub fn read(stream: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let mut words = line.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            stream.read_line(&mut header).ok().filter(|read| *read > 0)?;
            let Some((name, value)) = header.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length =
            headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
        let bytes: usize = length.unwrap_or(0);
        assert!(bytes <= BODY_MAX, "a request of {bytes} bytes");
        let mut body = vec![0; bytes];
        stream.read_exact(&mut body).ok()?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Some(Self {
            method,
            segments: path.trim_start_matches('/').split('/').map(decoded).collect(),
            query: query.split('&').filter(|text| !text.is_empty()).map(pair).collect(),
            headers,
            bytes,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            target,
        })
    }

    /// A header's value; empty where it was not sent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether a parameter of the query says `true`.
    pub fn says(&self, name: &str) -> bool {
        self.query.iter().any(|(known, value)| known == name && value == "true")
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Besides those that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Value,
}

impl Answer {
    /// An answer without headers of its own.
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// Writes it; whether the client is still there.
    pub fn write(&self, stream: &mut TcpStream) -> bool {
        let body = self.body.to_string();
        let mut head = format!(
            "HTTP/1.1 {} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            self.status,
            body.len()
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).is_ok()
    }
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'%' => match (hex(bytes.next()), hex(bytes.next())) {
                (Some(high), Some(low)) => out.push(u8::try_from(high * 16 + low).unwrap_or_default()),
                _ => panic!("{text}: a percent sign that says nothing"),
            },
            b'+' => out.push(b' '),
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap_or_else(|error| panic!("{text}: {error}"))
}
