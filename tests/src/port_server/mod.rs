//! A server that stands for Port: in this process, on a free port of loopback, with faults on demand.
//!
//! What it answers is in [`assumed`], and nowhere else.

pub mod assumed;
mod contents;
mod faults;
mod wire;

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;

pub use contents::{Entity, Port};
pub use faults::Fault;
use faults::What;
use wire::Request;

/// The id of the client that it knows.
pub const CLIENT_ID: &str = "a-planted-client-id";
/// The secret of that client.
pub const CLIENT_SECRET: &str = "a-planted-client-secret-of-port";

/// A request that it got.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When it had arrived.
    pub at: Instant,
    /// `POST /v1/blueprints/sqs/entities/bulk`: without the query.
    pub what: String,
    /// Path and query.
    pub target: String,
    /// Its `User-Agent`.
    pub user_agent: String,
    /// The body.
    pub body: Value,
    /// What it was answered with; none where the connection ended.
    pub status: Option<u16>,
}

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct PortServer {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    port: Mutex<Port>,
    faults: Mutex<Vec<Fault>>,
    seen: Mutex<Vec<Seen>>,
    ended: AtomicBool,
}

impl Default for PortServer {
    fn default() -> Self {
        Self::start()
    }
}

impl PortServer {
    /// Starts one.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("cannot listen: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("listens nowhere: {error}"));
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.ended.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { url: format!("http://{address}"), shared }
    }

    /// Where it listens: the base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it has, to look at and to change.
    pub fn port(&self) -> MutexGuard<'_, Port> {
        lock(&self.shared.port)
    }

    /// Sets the faults in place of all others, and forgets the requests so far.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        *lock(&self.shared.faults) = faults.into_iter().collect();
        lock(&self.shared.seen).clear();
    }

    /// No faults from now on; forgets the requests so far.
    pub fn forget(&self) {
        self.faults([]);
    }

    /// The requests since the faults were set.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// Of those, the ones whose method and path begin and end so.
    pub fn seen_of(&self, method: &str, path: &str) -> Vec<Seen> {
        let fits = |seen: &Seen| seen.what.starts_with(method) && seen.what.ends_with(path);
        self.seen().into_iter().filter(fits).collect()
    }
}

impl Drop for PortServer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // The listener waits for a connection to see it.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: TcpStream, shared: &Shared) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader) {
        if shared.ended.load(Ordering::Relaxed) {
            return;
        }
        let at = Instant::now();
        let fault = lock(&shared.faults).iter_mut().find_map(|fault| fault.meets(&request));
        let answer = match &fault {
            Some(What::Lost) => None,
            Some(What::Answer(answer)) => Some(answer.clone()),
            Some(What::AnswerLost) => {
                lock(&shared.port).answer(&request, None);
                None
            }
            Some(What::TokensForgotten) => {
                let mut port = lock(&shared.port);
                port.forget_tokens();
                Some(port.answer(&request, None))
            }
            Some(What::Entities { holds, status, message }) => {
                Some(lock(&shared.port).answer(&request, Some((holds, *status, message))))
            }
            None => Some(lock(&shared.port).answer(&request, None)),
        };
        lock(&shared.seen).push(Seen {
            at,
            what: format!("{} {}", request.method, request.target.split('?').next().unwrap_or_default()),
            target: request.target.clone(),
            user_agent: request.header("user-agent").to_owned(),
            body: request.body.clone(),
            status: answer.as_ref().map(|answer| answer.status),
        });
        if !answer.is_some_and(|answer| answer.write(&mut writer)) {
            let _ = writer.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}
