//! AWS as a function: it answers from the truth, after what goes wrong has gone wrong.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use futures::FutureExt;
use futures::future::BoxFuture;
use portolan::aws::{Answer, Call, Exchange, ExchangeError, SessionFailure};
use portolan::credentials::{Identity, SessionPolicy};
use tokio::sync::Notify;

use super::answers::{Asking, answered};
use super::estate::{Estate, MANAGEMENT};
use super::faults::{Fault, Faults};
use super::wire::{self, Asked, denied, error, expired_session, misshapen, stale_token, throttled, well};

/// AWS during one run.
pub struct Aws {
    estate: Estate,
    faults: Faults,
    /// The run is stopped at the call of this number.
    stop_at: Option<u64>,
    pub stopping: Notify,
    seen: Mutex<Seen>,
}

/// What has been asked so far.
#[derive(Default)]
pub struct Seen {
    pub calls: u64,
    attempts: BTreeMap<String, u32>,
    /// Faults by name, as often as they worked.
    pub injected: BTreeMap<&'static str, u64>,
    /// The same, each with its call.
    pub story: Vec<String>,
    /// Operations that the model does not know: it has to learn them.
    pub unknown: Vec<String>,
}

impl Aws {
    pub fn new(estate: Estate, faults: Faults, stop_at: Option<u64>) -> Self {
        Self { estate, faults, stop_at, stopping: Notify::new(), seen: Mutex::default() }
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn note(&self, name: &'static str, about: &str) {
        let mut seen = self.seen();
        *seen.injected.entry(name).or_default() += 1;
        seen.story.push(format!("{name}: {about}"));
    }

    fn send(&self, call: &Call) -> Result<Answer, ExchangeError> {
        let account = match &call.identity {
            Identity::Account(id) => id.as_str(),
            Identity::Management => MANAGEMENT,
        };
        let Call { service, region, operation, target, body, .. } = call;
        let key = format!("{account} {region} {service}:{operation} {target} {body}");
        let attempt = {
            let mut seen = self.seen();
            seen.calls += 1;
            if Some(seen.calls) == self.stop_at {
                self.stopping.notify_one();
            }
            let attempts = seen.attempts.entry(key.clone()).or_default();
            *attempts += 1;
            *attempts
        };
        let asked = Asked::of(call);
        let paged = ["NextToken", "nextToken", "Marker", "ExclusiveStartTableName", "continuation-token"]
            .iter()
            .any(|name| asked.text(name).is_some());
        let fault = self.faults.of(account, region, service, operation, &key).filter(|fault| fault.lasts(attempt));
        let fault = fault.filter(|fault| {
            let of_pages =
                matches!(fault, Fault::TokenRepeated | Fault::TokenStale(_) | Fault::Overlap | Fault::EmptyPage);
            let of_details = matches!(fault, Fault::LeftOut | Fault::NotRead | Fault::Foreign);
            (!of_pages || paged) && (!of_details || operation.starts_with("Describe"))
        });
        if let Some(fault) = fault {
            self.note(fault.name(), &key);
        }
        let text = || key.clone();
        match fault {
            Some(Fault::Throttled(_)) => return Ok(throttled(service)),
            Some(Fault::Failed(_)) => return Ok(error(service, 500, "InternalFailure", "Try again.")),
            Some(Fault::TimedOut(_)) => return Err(ExchangeError::TimedOut(text())),
            Some(Fault::Broken(_)) => return Err(ExchangeError::Broken(text())),
            Some(Fault::Unreachable(_)) => return Err(ExchangeError::Unreachable(text())),
            Some(Fault::Unresolved) => return Err(ExchangeError::Unresolved(text())),
            Some(Fault::TooLarge) => return Err(ExchangeError::TooLarge(text())),
            Some(Fault::ExpiredSession(_)) => return Ok(expired_session(service)),
            Some(Fault::Denied) => return Ok(denied(service, operation, false)),
            Some(Fault::DeniedByScp) => return Ok(denied(service, operation, true)),
            Some(Fault::Unknown) => {
                return Ok(error(service, 400, "UnknownOperationException", "The operation does not exist."));
            }
            Some(Fault::TokenStale(_)) => return Ok(stale_token(service)),
            _ => {}
        }
        let asking = Asking { estate: &self.estate, faults: &self.faults, fault, call, account, asked };
        let Some(mut answer) = answered(&asking) else {
            self.seen().unknown.push(key);
            return Err(ExchangeError::Refused("the model does not know this operation".to_owned()));
        };
        match fault {
            Some(Fault::Cut(_)) => {
                let length = self.faults.dice.below(answer.body.len() as u64, "cut", &key);
                let mut end = usize::try_from(length).unwrap_or(0);
                while !answer.body.is_empty() && end > 0 && answer.body[end - 1] & 0x80 != 0 {
                    end -= 1;
                }
                answer.body.truncate(end);
            }
            Some(Fault::Html) => {
                return Ok(wire::answer(
                    200,
                    &[("content-type", "text/html")],
                    "<html><head><title>Welcome</title></head><body><p>Sign in to go on.</p></body></html>".to_owned(),
                ));
            }
            Some(Fault::Empty) => answer.body.clear(),
            Some(Fault::Misshapen) => return Ok(well(misshapen(service))),
            Some(Fault::ErrorIn200(_)) => {
                let error = error(service, 500, "InternalError", "Try again.");
                return Ok(Answer { status: 200, ..error });
            }
            _ => {}
        }
        Ok(answer)
    }
}

impl Exchange for Aws {
    fn open<'a>(
        &'a self,
        identity: &'a Identity,
        _: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        let account = match identity {
            Identity::Account(id) => id.as_str(),
            Identity::Management => "management",
        };
        let opened = match self.faults.role(account) {
            None => Ok(()),
            Some(denied) => {
                self.note(if denied { "AssumeRole denied" } else { "AssumeRole failed" }, account);
                let code = if denied { "AccessDenied" } else { "InternalFailure" };
                let message = format!("no session for {account}");
                Err(SessionFailure { denied, code: code.to_owned(), message, request_id: None, next: None })
            }
        };
        async { opened }.boxed()
    }

    fn exchange<'a>(&'a self, call: &'a Call, _: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        async {
            // Answers come one after the other, and others are asked meanwhile.
            tokio::task::yield_now().await;
            self.send(call)
        }
        .boxed()
    }

    fn renew(&self, _: &Identity) {}

    /// Time is simulated: what is waited for has passed.
    fn waits(&self) -> bool {
        false
    }
}
