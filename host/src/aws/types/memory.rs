//! Asks AWS for a type once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use portolan_guard::limits;
use portolan_names::TypeName;

use super::{Described, asked_type};
use crate::aws::exchange::{Answer, Call, Exchange, ExchangeError, SessionFailure};
use crate::credentials::{Identity, SessionPolicy};
use crate::run::now_ms;

/// Questions about a type wait for the one that is being asked, until so many have failed: of a type that is nowhere, or
/// that nobody may ask about, a thousand units would else learn one after the other.
const FAILURES_MAX: u32 = 3;

/// Keeps answers about types from one run to the next.
pub trait TypeLedger: Send + Sync + 'static {
    /// An answer that is young enough, if there is one.
    fn find<'a>(&'a self, name: &'a TypeName) -> BoxFuture<'a, Option<String>>;

    /// Keeps an answer. Where that fails, AWS is asked again.
    fn keep<'a>(&'a self, name: &'a TypeName, described: &'a Described, answer: &'a str) -> BoxFuture<'a, ()>;
}

/// Passes calls on, but questions about a type only until one of them is answered.
///
/// It lies below the recorder, so that a recording has an answer for each unit that asked, whichever asks first in a
/// replay; and below the counting, which counts what was sent.
pub struct TypeMemory {
    inner: Arc<dyn Exchange>,
    ledger: OnceLock<Arc<dyn TypeLedger>>,
    types: Mutex<HashMap<TypeName, Arc<Known>>>,
}

/// What the run knows of one type.
#[derive(Default)]
struct Known {
    answer: OnceLock<Bytes>,
    asking: tokio::sync::Mutex<()>,
    failures: AtomicU32,
}

impl TypeMemory {
    /// A memory of this run alone; see [`TypeMemory::keep_in`].
    #[must_use]
    pub fn new(inner: Arc<dyn Exchange>) -> Self {
        Self { inner, ledger: OnceLock::new(), types: Mutex::default() }
    }

    /// Also looks into `ledger`, and keeps there what it learns. Takes effect once.
    pub fn keep_in(&self, ledger: Arc<dyn TypeLedger>) {
        let _ = self.ledger.set(ledger);
    }

    async fn describe(&self, call: &Call, clock_offset_ms: i64, name: &TypeName) -> Result<Answer, ExchangeError> {
        let Some(known) = self.known(name) else { return self.inner.exchange(call, clock_offset_ms).await };
        if let Some(body) = known.answer.get() {
            return Ok(remembered(body.clone()));
        }
        let waits = known.failures.load(Ordering::Relaxed) < FAILURES_MAX;
        let _asking = if waits { Some(known.asking.lock().await) } else { None };
        if let Some(body) = known.answer.get() {
            return Ok(remembered(body.clone()));
        }
        if let Some(body) = self.kept(name).await {
            return Ok(remembered(known.answer.get_or_init(|| body).clone()));
        }
        let answer = self.inner.exchange(call, clock_offset_ms).await;
        match answer.as_ref().ok().and_then(|answer| described(answer, name)) {
            Some((described, text)) => {
                if let Some(ledger) = self.ledger.get() {
                    ledger.keep(name, &described, &text).await;
                }
                let _ = known.answer.set(Bytes::from(text));
            }
            None => {
                known.failures.fetch_add(1, Ordering::Relaxed);
            }
        }
        answer
    }

    fn known(&self, name: &TypeName) -> Option<Arc<Known>> {
        let mut types = self.types.lock().ok()?;
        if types.len() >= limits::TYPES && !types.contains_key(name) {
            return None;
        }
        Some(Arc::clone(types.entry(name.clone()).or_default()))
    }

    /// What the ledger has, if the host still understands it.
    async fn kept(&self, name: &TypeName) -> Option<Bytes> {
        let text = self.ledger.get()?.find(name).await?;
        Described::read(&text, name).ok()?;
        Some(Bytes::from(text))
    }
}

/// What an answer teaches, where it teaches something.
fn described(answer: &Answer, name: &TypeName) -> Option<(Described, String)> {
    if answer.status != 200 {
        return None;
    }
    let text = String::from_utf8(answer.body.to_vec()).ok()?;
    Some((Described::read(&text, name).ok()?, text))
}

fn remembered(body: Bytes) -> Answer {
    let headers = vec![("content-type".to_owned(), "text/xml".to_owned())];
    Answer { status: 200, headers, body, at_ms: now_ms(), remembered: true }
}

impl Exchange for TypeMemory {
    fn open<'a>(
        &'a self,
        identity: &'a Identity,
        policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        self.inner.open(identity, policy)
    }

    fn exchange<'a>(&'a self, call: &'a Call, clock_offset_ms: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        match asked_type(call) {
            Some(name) => async move { self.describe(call, clock_offset_ms, &name).await }.boxed(),
            None => self.inner.exchange(call, clock_offset_ms),
        }
    }

    fn renew(&self, identity: &Identity) {
        self.inner.renew(identity);
    }

    fn close(&self, identity: &Identity) {
        self.inner.close(identity);
    }

    fn waits(&self) -> bool {
        self.inner.waits()
    }
}
