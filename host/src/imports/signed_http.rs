//! `portolan:aws/signed-http`: the only way out of the sandbox.

use std::sync::Arc;

use futures::future::BoxFuture;
use portolan_names::AccountId;

use super::log::printable;
use crate::bindings::portolan::aws::signed_http::{Host, Request, Response, SendError, SendFailure};
use crate::instance::State;

/// Which exported call is running, and for which account: what the host knows and the guest cannot say.
#[derive(Debug, Clone)]
pub struct CallScope {
    /// The account of the running call; none while accounts are discovered.
    pub account: Option<AccountId>,
    /// What the call is for.
    pub purpose: Purpose,
    /// The kind whose unit is read; empty where there is none.
    pub kind: Arc<str>,
}

/// Which exported function is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A call that may send nothing: configuration, mapping.
    Silent,
    /// The organization's accounts are listed.
    Discover,
    /// An account's regions are listed.
    Plan,
    /// A unit is read.
    Read,
}

impl CallScope {
    /// The scope of a call that has no business outside.
    #[must_use]
    pub fn silent() -> Self {
        Self { account: None, purpose: Purpose::Silent, kind: Arc::from("") }
    }
}

/// Whatever sends requests for the guest: it checks, limits, signs, retries and counts.
pub trait Outbound: Send + Sync + 'static {
    /// Sends `requests` side by side as far as limits allow; as many answers, in the order asked.
    fn send<'a>(
        &'a self,
        scope: &'a CallScope,
        requests: Vec<Request>,
    ) -> BoxFuture<'a, Vec<Result<Response, SendError>>>;
}

/// The guest sent more requests at once than it was told it may.
#[derive(Debug, thiserror::Error)]
#[error("the guest sent {sent} requests in one batch; {allowed} are allowed")]
pub(crate) struct BatchOverfilled {
    sent: usize,
    allowed: u32,
}

/// What the host says about a request that was not answered; guests put it into problems.
const MESSAGE_BYTES_MAX: usize = 2 << 10;

impl Host for State {
    async fn send(&mut self, requests: Vec<Request>) -> wasmtime::Result<Vec<Result<Response, SendError>>> {
        if requests.len() > self.batch_max as usize {
            return Err(BatchOverfilled { sent: requests.len(), allowed: self.batch_max }.into());
        }
        if self.scope.purpose == Purpose::Silent {
            let refused =
                || SendError { class: SendFailure::Refused, message: "this call may not send requests".to_owned() };
            return Ok(requests.iter().map(|_| Err(refused())).collect());
        }
        let outbound = Arc::clone(&self.outbound);
        let scope = self.scope.clone();
        let mut answers = outbound.send(&scope, requests).await;
        for error in answers.iter_mut().filter_map(|answer| answer.as_mut().err()) {
            error.message = printable(&error.message, MESSAGE_BYTES_MAX);
        }
        Ok(answers)
    }
}
