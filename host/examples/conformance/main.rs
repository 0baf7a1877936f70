//! The conformance kit's adapter of the reference host: calls as JSON Lines on standard input, answers on standard output.
//!
//! ```console
//! $ cargo build --package portolan --example conformance
//! $ python3 conformance/run.py --host target/debug/examples/conformance
//! ```
//!
//! `conformance/README.md` says what the calls mean. It is the host's engine, guard and client as a run has them, without the
//! catalogue; an adapter of another host is shorter, since here records have to be written out as JSON by hand.

mod log;
mod opened;
mod records;

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use opened::{Failed, Opened};
use portolan::engine::Engine;
use serde_json::{Value, json};
use tokio::sync::RwLock;

/// What outlives a run: compiled components, and the run that is open.
#[derive(Default)]
struct Adapter {
    /// Where compiled code is kept, so that the next process need not compile: the adapter's one argument, if it has one.
    cache: Option<PathBuf>,
    engines: Mutex<HashMap<PathBuf, Engine>>,
    opened: RwLock<Option<Arc<Opened>>>,
}

impl Adapter {
    async fn answer(&self, call: &str, args: &Value) -> Result<Value, Failed> {
        match call {
            "hello" => Ok(json!({ "host": "portolan (Rust)", "protocol": 1, "cannot": {} })),
            "open" => {
                let engine = self.engine(Path::new(records::text(args, "component")))?;
                let (opened, configured) = Opened::new(engine, args).await?;
                *self.opened.write().await = Some(Arc::new(opened));
                Ok(configured)
            }
            "cancel" => {
                self.opened().await?.cancel();
                Ok(json!({}))
            }
            _ => self.opened().await?.call(call, args).await,
        }
    }

    fn engine(&self, component: &Path) -> Result<Engine, Failed> {
        let failed = |why: String| Failed::new("not-loaded", why);
        let mut engines = self.engines.lock().map_err(|error| failed(error.to_string()))?;
        if let Some(engine) = engines.get(component) {
            return Ok(engine.clone());
        }
        let bytes = std::fs::read(component).map_err(|error| failed(format!("{}: {error}", component.display())))?;
        let engine = Engine::new(&bytes, self.cache.as_deref()).map_err(|error| failed(error.to_string()))?;
        engines.insert(component.to_path_buf(), engine.clone());
        Ok(engine)
    }

    async fn opened(&self) -> Result<Arc<Opened>, Failed> {
        let opened = self.opened.read().await.clone();
        opened.ok_or_else(|| Failed::new("bad-call", "no run is open".to_owned()))
    }
}

#[tokio::main]
async fn main() {
    log::start();
    let cache = std::env::args_os().nth(1).map(PathBuf::from);
    let adapter = Arc::new(Adapter { cache, ..Adapter::default() });
    let (lines, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    // Standard input is read by a thread of its own; when it ends, so does the channel, and the process.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = arrived.recv().await {
        let adapter = Arc::clone(&adapter);
        // Each call for itself: several may be in flight.
        tokio::spawn(async move {
            let asked: Value = serde_json::from_str(&line).unwrap_or_default();
            let (call, args) = (records::text(&asked, "call"), asked.get("args").cloned().unwrap_or_default());
            let (outcome, log) = log::heard(adapter.answer(call, &args)).await;
            let answer = match outcome {
                Ok(value) => json!({ "id": asked.get("id"), "ok": value, "log": log }),
                Err(failed) => json!({ "id": asked.get("id"), "error": failed.json(), "log": log }),
            };
            let mut out = std::io::stdout().lock();
            // Nobody is left to be told where this fails.
            let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
        });
    }
}
