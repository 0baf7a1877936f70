//! The way of a request from the sandbox to AWS: guard, limits, retries, counting.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use portolan_errors::{Class, Denial, Verdict, classify, denial};
use portolan_guard::{Grant, Method, WireRequest, decide};
use portolan_names::TypeName;
use tokio::sync::Semaphore;

use super::calls::Calls;
use super::exchange::{Answer, Call, Exchange, ExchangeError, SessionFailure};
use super::rates::{Place, Rates, Shares, Taken};
use super::retry::{self, Next, Outcome, Tried};
use super::session_policies::SessionPolicies;
use super::types::{Described, asked_type};
use crate::backoff::random;
use crate::bindings::portolan::aws::signed_http as wit;
use crate::credentials::Identity;
use crate::imports::{CallScope, Outbound};
use crate::run::Cancellation;

/// How many calls may be in flight, and what a batch may bring back.
#[derive(Debug, Clone, Copy)]
pub struct ClientLimits {
    /// Calls in flight over all accounts.
    pub concurrency: usize,
    /// Calls in flight of one account.
    pub per_account: usize,
    /// Bytes of all bodies of one batch.
    pub batch_bytes: usize,
    /// How much of AWS's rates is used, and how many retries there may be.
    pub shares: Shares,
}

/// Sends what the guest asks for, if the guard lets it pass.
pub struct Client {
    exchange: Arc<dyn Exchange>,
    /// Set once; it grows by what is learned of types.
    grant: RwLock<Option<Grant>>,
    /// Set once; none bounds nothing.
    policies: OnceLock<SessionPolicies>,
    partition: String,
    limits: ClientLimits,
    rates: Arc<Rates>,
    calls: Arc<Calls>,
    in_flight: Semaphore,
    accounts: Mutex<HashMap<Identity, Arc<Semaphore>>>,
    /// What AWS's clock is ahead of ours, as far as a refused signature has taught.
    clock_offset_ms: AtomicI64,
    cancelled: Cancellation,
}

impl Client {
    /// Nothing passes until [`Client::grant`] was called with what the configured kinds need.
    #[must_use]
    pub fn new(exchange: Arc<dyn Exchange>, partition: String, limits: ClientLimits, cancelled: Cancellation) -> Self {
        Self {
            exchange,
            grant: RwLock::new(None),
            policies: OnceLock::new(),
            partition,
            limits,
            rates: Arc::new(Rates::new(limits.shares)),
            calls: Arc::new(Calls::default()),
            in_flight: Semaphore::new(limits.concurrency),
            accounts: Mutex::default(),
            clock_offset_ms: AtomicI64::new(0),
            cancelled,
        }
    }

    /// Another with the same sessions and limits, to which nothing is granted: for reads that are the host's own.
    #[must_use]
    pub fn another(&self) -> Self {
        let (exchange, rates) = (Arc::clone(&self.exchange), Arc::clone(&self.rates));
        let other = Self::new(exchange, self.partition.clone(), self.limits, self.cancelled.clone());
        Self { rates, ..other }
    }

    /// Sets, once, what may pass.
    pub fn grant(&self, grant: Grant) {
        if let Ok(mut held) = self.grant.write() {
            held.get_or_insert(grant);
        }
    }

    /// Sets, once, under which session policies is asked what passes.
    pub fn bound(&self, policies: SessionPolicies) {
        let _first_wins = self.policies.set(policies);
    }

    /// The session policies, where any are sent.
    #[must_use]
    pub fn policies(&self) -> Option<&SessionPolicies> {
        self.policies.get()
    }

    /// Makes sure that the identity has a session.
    ///
    /// # Errors
    /// Why it has none.
    pub async fn open(&self, identity: &Identity) -> Result<(), SessionFailure> {
        let policy = self.policies.get().and_then(|policies| policies.first(identity));
        self.exchange.open(identity, policy.as_ref()).await
    }

    /// Lets go of what is kept for an identity of which nothing more is asked.
    pub fn close(&self, identity: &Identity) {
        if let Ok(mut accounts) = self.accounts.lock() {
            accounts.remove(identity);
        }
        self.exchange.close(identity);
    }

    /// How long a call there would have to wait for its buckets, were it made now; `operations` are those of it that have
    /// buckets of their own.
    #[must_use]
    pub fn wait(&self, place: &Place, operations: &[String]) -> Duration {
        if self.exchange.waits() { self.rates.wait(place, operations) } else { Duration::ZERO }
    }

    /// How fast AWS may be asked.
    #[must_use]
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// The counts of this client.
    #[must_use]
    pub fn calls(&self) -> &Arc<Calls> {
        &self.calls
    }

    async fn answer(&self, scope: &CallScope, request: wit::Request) -> Result<wit::Response, wit::SendError> {
        let call = self.permitted(scope, request)?;
        let name = format!("{}:{}", call.service, call.operation);
        let asked = asked_type(&call);
        let (answer, attempts) = tokio::select! {
            sent = self.send_with_retries(call, &name) => sent?,
            // What is in flight is given up: its answer would be thrown away.
            () = self.cancelled.cancelled() => {
                return Err(failure(wit::SendFailure::Cancelled, "the run is ending".to_owned()));
            }
        };
        let body = String::from_utf8(answer.body.into())
            .map_err(|_| failure(wit::SendFailure::NotText, format!("the answer to {name} is not UTF-8 text")))?;
        if let Some(asked) = asked
            && answer.status == 200
        {
            self.learn(&asked, &body);
        }
        Ok(wit::Response { status: answer.status, headers: answer.headers, body, attempts })
    }

    /// Takes what the handlers of a type need out of AWS's own answer, before the guest has it.
    fn learn(&self, name: &TypeName, answer: &str) {
        let known = self.grant.read().is_ok_and(|grant| grant.as_ref().is_some_and(|grant| grant.knows(name)));
        if known {
            return;
        }
        let learned = Described::read(answer, name).map_err(|error| error.to_string()).and_then(|described| {
            let mut grant = self.grant.write().map_err(|error| error.to_string())?;
            let grant = grant.as_mut().ok_or("nothing is granted")?;
            if let Some(policies) = self.policies.get() {
                policies.learn(name, &described.handlers);
            }
            grant.learn(name.clone(), described.handlers).map_err(|refusal| refusal.to_string())
        });
        if let Err(why) = learned {
            tracing::warn!(kind = %name, "{why}; Cloud Control is not asked about it");
        }
    }

    /// What the guest asks for as a call, or why it may not.
    fn permitted(&self, scope: &CallScope, request: wit::Request) -> Result<Call, wit::SendError> {
        let refused = |message: String| failure(wit::SendFailure::Refused, message);
        let method = match request.method {
            wit::Method::Get => Method::Get,
            wit::Method::Head => Method::Head,
            wit::Method::Post => Method::Post,
        };
        let (guarded, identity) = match (request.identity, &scope.account) {
            (wit::Identity::Management, _) => (portolan_guard::Identity::Management, Identity::Management),
            (wit::Identity::Account, Some(id)) => (portolan_guard::Identity::Account, Identity::Account(id.clone())),
            (wit::Identity::Account, None) => {
                return Err(refused("no account belongs to this call, so none can sign".to_owned()));
            }
        };
        let wire = WireRequest {
            service: &request.service,
            region: &request.region,
            operation: &request.operation,
            method,
            target: &request.target,
            headers: &request.headers,
            body: &request.body,
            host_prefix: request.host_prefix.as_deref(),
            identity: guarded,
        };
        let ungranted = || refused("nothing is granted before the configuration is read".to_owned());
        let grant = self.grant.read().map_err(|_| ungranted())?;
        let permitted = decide(&wire, grant.as_ref().ok_or_else(ungranted)?).map_err(|refusal| {
            self.calls.refused(&refusal.operation);
            tracing::warn!(operation = %refusal.operation, rule = refusal.rule.as_str(), "{refusal}");
            refused(refusal.to_string())
        })?;
        Ok(Call {
            identity,
            policy: None,
            service: permitted.service.to_owned(),
            operation: permitted.operation.to_owned(),
            region: request.region,
            host_prefix: request.host_prefix,
            method,
            target: request.target,
            headers: request.headers,
            body: request.body,
            dropped: permitted.dropped.into_iter().map(str::to_owned).collect(),
        })
    }

    async fn send_with_retries(&self, mut call: Call, name: &str) -> Result<(Answer, u32), wit::SendError> {
        let mut tried = Tried::default();
        let mut redirected = false;
        loop {
            tried.attempts += 1;
            call.policy = self.policies.get().and_then(|policies| policies.of(&call));
            let mut taken = self.rates.take(&call);
            let result = self.send_once(&call, &mut taken).await;
            let outcome = self.count(&call, name, &result, tried.attempts > 1);
            self.learn_rate(&call, &taken, &outcome);
            if let Ok(answer) = &result
                && !redirected
                && let Some(region) = self.bucket_region(&call, answer)
            {
                redirected = true;
                call.region = region;
                continue;
            }
            let next = retry::next(tried, &outcome, random());
            if let Next::Wider { nth, action } = &next
                && self.widen(&call, *nth, action.as_deref())
            {
                tried.widened = *nth;
                continue;
            }
            let Next::Again { after_ms, renew, clock_offset_ms } = next else {
                return given(result, tried.attempts);
            };
            if renew {
                tried.renewed = true;
                self.exchange.renew(&call.identity);
            }
            if let Some(offset) = clock_offset_ms {
                tried.corrected = true;
                tracing::warn!(offset_ms = offset, "the clock is off by AWS's; signatures are corrected by it");
                self.clock_offset_ms.store(offset, Ordering::Relaxed);
            }
            if !renew && clock_offset_ms.is_none() && !self.rates.may_retry(&call) {
                return given(result, tried.attempts);
            }
            if after_ms > 0 && self.exchange.waits() {
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
            }
        }
    }

    fn widen(&self, call: &Call, nth: usize, action: Option<&str>) -> bool {
        self.policies.get().is_some_and(|policies| policies.widen(call, nth, action))
    }

    /// Waits for its bucket, then for a place among the calls in flight, its account's and then everybody's, and sends.
    async fn send_once(&self, call: &Call, taken: &mut Taken) -> Result<Answer, ExchangeError> {
        let account = self.account_places(&call.identity);
        loop {
            if !taken.wait.is_zero() && self.exchange.waits() {
                tokio::time::sleep(taken.wait).await;
            }
            let _account = account.acquire().await;
            let _place = self.in_flight.acquire().await;
            match self.rates.take_again(call, taken) {
                Some(again) => *taken = again,
                None => return self.exchange.exchange(call, self.clock_offset_ms.load(Ordering::Relaxed)).await,
            }
        }
    }

    fn learn_rate(&self, call: &Call, taken: &Taken, outcome: &Outcome) {
        let Outcome::Answered(verdict) = outcome else { return };
        match verdict.class {
            Class::Throttled => self.rates.throttled(call, taken),
            Class::Transient => {}
            Class::Ok | Class::ExpiredCredentials | Class::ClockSkew | Class::Final => self.rates.answered(call),
        }
    }

    fn account_places(&self, identity: &Identity) -> Arc<Semaphore> {
        let fresh = || Arc::new(Semaphore::new(self.limits.per_account));
        match self.accounts.lock() {
            Ok(mut accounts) => Arc::clone(accounts.entry(identity.clone()).or_insert_with(fresh)),
            Err(_) => fresh(),
        }
    }

    fn count(&self, call: &Call, name: &str, result: &Result<Answer, ExchangeError>, retry: bool) -> Outcome {
        match result {
            Ok(answer) => {
                let verdict = verdict(call, answer);
                let throttled = verdict.class == Class::Throttled;
                if let Some(Denial::IdentityPolicy | Denial::Unknown) = denial(&verdict.code, &verdict.message) {
                    self.calls.denied(name, &call.identity);
                }
                if !answer.remembered {
                    let (sent, received) = (call.body.len(), answer.body.len());
                    self.calls.answered(name, answer.status, sent, received, retry, throttled);
                }
                tracing::debug!(
                    operation = name, region = %call.region, account_id = %call.identity, status = answer.status,
                    code = %verdict.code, "answered"
                );
                Outcome::Answered(verdict)
            }
            Err(error) => {
                self.calls.unanswered(name, error.reason(), call.body.len(), retry);
                tracing::debug!(operation = name, region = %call.region, account_id = %call.identity, %error, "unanswered");
                match error {
                    ExchangeError::Unreachable(_) | ExchangeError::Broken(_) | ExchangeError::TimedOut(_) => {
                        Outcome::Broken
                    }
                    ExchangeError::PolicyTooLarge(_) => Outcome::PolicyTooLarge,
                    ExchangeError::NoCredentials(_)
                    | ExchangeError::Refused(_)
                    | ExchangeError::Unresolved(_)
                    | ExchangeError::TooLarge(_) => Outcome::Hopeless,
                }
            }
        }
    }

    /// S3 says where a bucket is when it was asked in the wrong region: the host is resolved anew for
    /// that region, once, within the partition. A `Location` is never followed.
    fn bucket_region(&self, call: &Call, answer: &Answer) -> Option<String> {
        if call.service != "s3" || !matches!(answer.status, 301 | 307 | 400 | 403) {
            return None;
        }
        let region = header(&answer.headers, "x-amz-bucket-region")?;
        let here = portolan_tables::partition_of(region).is_some_and(|partition| partition.id == self.partition);
        (here && region != call.region).then(|| region.to_owned())
    }
}

impl Outbound for Client {
    fn send<'a>(
        &'a self,
        scope: &'a CallScope,
        requests: Vec<wit::Request>,
    ) -> BoxFuture<'a, Vec<Result<wit::Response, wit::SendError>>> {
        async move {
            let mut answers = join_all(requests.into_iter().map(|request| self.answer(scope, request))).await;
            let mut left = self.limits.batch_bytes;
            for answer in &mut answers {
                let Ok(response) = answer else { continue };
                match left.checked_sub(response.body.len()) {
                    Some(rest) => left = rest,
                    None => {
                        let message = format!("the batch's answers exceed {} bytes", self.limits.batch_bytes);
                        *answer = Err(failure(wit::SendFailure::TooLarge, message));
                    }
                }
            }
            answers
        }
        .boxed()
    }
}

/// What became of a call in the end, and how often it was sent. What comes from memory was not.
fn given(result: Result<Answer, ExchangeError>, attempts: u32) -> Result<(Answer, u32), wit::SendError> {
    match result {
        Ok(answer) => {
            let attempts = attempts - u32::from(answer.remembered);
            Ok((answer, attempts))
        }
        Err(error) => Err(unanswered(&error)),
    }
}

fn verdict(call: &Call, answer: &Answer) -> Verdict {
    let body = String::from_utf8_lossy(&answer.body);
    classify(&call.service, &call.operation, answer.status, &answer.headers, &body, Some(answer.at_ms))
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

fn failure(class: wit::SendFailure, message: String) -> wit::SendError {
    wit::SendError { class, message }
}

fn unanswered(error: &ExchangeError) -> wit::SendError {
    let class = match error {
        ExchangeError::NoCredentials(_) | ExchangeError::PolicyTooLarge(_) => wit::SendFailure::NoCredentials,
        ExchangeError::Refused(_) => wit::SendFailure::Refused,
        ExchangeError::Unresolved(_) | ExchangeError::Unreachable(_) | ExchangeError::Broken(_) => {
            wit::SendFailure::Unreachable
        }
        ExchangeError::TimedOut(_) => wit::SendFailure::TimedOut,
        ExchangeError::TooLarge(_) => wit::SendFailure::TooLarge,
    };
    failure(class, error.to_string())
}
