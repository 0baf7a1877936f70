//! How fast each account, region and service may be asked, and how often again.
//!
//! A call takes a token of its service's bucket, and of its operation's where AWS publishes one. Buckets are there while they
//! are in use; what one has learned is kept for the next run.

mod bucket;
mod published;
mod retry_budget;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::credentials::Identity;
use bucket::Bucket;
use published::Published;
use retry_budget::RetryBudget;

use super::exchange::Call;

#[cfg(test)]
mod tests;

/// Buckets in memory, above which those that are full are forgotten.
const BUCKETS_KEPT: usize = 4_096;

/// Which shares are used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Of a bucket that AWS publishes (`limits.budget_share`): the customer's own automation keeps the rest.
    pub of_published: f64,
    /// Of the calls, that may be retries (`limits.retry_share`).
    pub of_retries: f64,
}

impl Default for Shares {
    fn default() -> Self {
        Self { of_published: 0.5, of_retries: 0.2 }
    }
}

/// Whose bucket it is. The listing role's calls are charged to the account that they list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Whose role signs.
    pub identity: Identity,
    /// Where.
    pub region: String,
    /// Of what.
    pub service: String,
}

/// A bucket's place, and the operation where it has one of its own.
type Key = (Place, Option<String>);

/// A call's tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taken {
    /// How long it has to wait for them.
    pub wait: Duration,
    /// When they were taken, by the clock of the rates.
    at_ms: f64,
    /// Whether a bucket was without a bottom then.
    unbounded: bool,
}

/// What was learned of a bucket: where, of which operation, and calls a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// Where.
    pub place: Place,
    /// The operation, where it has a bucket of its own.
    pub operation: Option<String>,
    /// Calls a second.
    pub per_second: f64,
}

/// The buckets of a run.
pub struct Rates {
    shares: Shares,
    published: Published,
    begun: Instant,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    buckets: HashMap<Key, Bucket>,
    retries: HashMap<Place, RetryBudget>,
    learned: HashMap<Key, f64>,
    /// Which rates were found of a service, or of its operation, wherever, the later the weightier: AWS's quotas are the same in most
    /// accounts and regions, and one that shares its buckets with somebody must not slow the others down for long.
    found: HashMap<(String, Option<String>), f64>,
    /// With more buckets than this, those that are idle are forgotten.
    full: usize,
}

impl Rates {
    /// Without any experience; see [`Rates::remember`].
    #[must_use]
    pub fn new(shares: Shares) -> Self {
        Self { shares, published: Published::new(), begun: Instant::now(), held: Mutex::default() }
    }

    /// Begins with what an earlier run has learned.
    pub fn remember(&self, learned: Vec<Learned>) {
        if let Ok(mut held) = self.held.lock() {
            held.learned =
                learned.into_iter().map(|known| ((known.place, known.operation), known.per_second)).collect();
        }
    }

    fn now_ms(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1_000.0
    }

    fn keys(&self, call: &Call) -> Vec<Key> {
        let place = place_of(call);
        let own = self.has_own_bucket(&call.service, &call.operation).then(|| call.operation.clone());
        match own {
            Some(operation) => vec![(place.clone(), Some(operation)), (place, None)],
            None => vec![(place, None)],
        }
    }

    fn bucket<'a>(&self, held: &'a mut Held, key: &Key, now_ms: f64) -> &'a mut Bucket {
        if held.buckets.len() > held.full.max(BUCKETS_KEPT) {
            held.buckets.retain(|_, bucket| !bucket.is_idle(now_ms));
            // Looking through them is worth it once there are twice as many as are in use.
            held.full = held.buckets.len() * 2;
        }
        let Held { buckets, learned, found, .. } = held;
        buckets.entry(key.clone()).or_insert_with(|| {
            let quota = match &key.1 {
                Some(operation) => self.published.of_operation(&key.0.service, operation),
                None => self.published.of_service(&key.0.service),
            };
            let share = |quota: bucket::Quota| bucket::Quota {
                burst: (quota.burst * self.shares.of_published).max(1.0),
                per_second: quota.per_second * self.shares.of_published,
            };
            let elsewhere = || found.get(&(key.0.service.clone(), key.1.clone()));
            let known = learned.get(key).or_else(|| elsewhere().filter(|_| quota.is_none()));
            Bucket::new(quota.map(share), known.copied(), now_ms)
        })
    }

    /// Takes the call's tokens: how long it has to wait before it is sent.
    pub fn take(&self, call: &Call) -> Taken {
        let at_ms = self.now_ms();
        let keys = self.keys(call);
        let mut taken = Taken { wait: Duration::ZERO, at_ms, unbounded: false };
        let Ok(mut held) = self.held.lock() else { return taken };
        for key in &keys {
            let bucket = self.bucket(&mut held, key, at_ms);
            taken.unbounded |= bucket.is_unbounded();
            taken.wait = taken.wait.max(Duration::from_secs_f64(bucket.take(at_ms) / 1_000.0));
        }
        taken
    }

    /// Tokens anew for a call that had them of a bucket without a bottom, which has one since: AWS has throttled its like while
    /// it waited for its place, and would throttle it too.
    pub fn take_again(&self, call: &Call, taken: &Taken) -> Option<Taken> {
        if !taken.unbounded {
            return None;
        }
        let keys = self.keys(call);
        let is_unbounded = |held: &Held, key| held.buckets.get(key).is_none_or(Bucket::is_unbounded);
        let still = self.held.lock().is_ok_and(|held| keys.iter().any(|key| is_unbounded(&held, key)));
        (!still).then(|| self.take(call))
    }

    /// Whether AWS publishes a bucket of the operation's own.
    #[must_use]
    pub fn has_own_bucket(&self, service: &str, operation: &str) -> bool {
        self.published.of_operation(service, operation).is_some()
    }

    /// How long a call there would have to wait, were it made now: for the place's bucket, and for those of these operations,
    /// which have buckets of their own.
    #[must_use]
    pub fn wait(&self, place: &Place, operations: &[String]) -> Duration {
        let now_ms = self.now_ms();
        let keys = std::iter::once(None).chain(operations.iter().cloned().map(Some));
        let Ok(held) = self.held.lock() else { return Duration::ZERO };
        let waits = keys.filter_map(|operation| held.buckets.get(&(place.clone(), operation)));
        let wait_ms = waits.map(|bucket| bucket.wait_ms(now_ms)).fold(0.0, f64::max);
        Duration::from_secs_f64(wait_ms / 1_000.0)
    }

    /// AWS throttled the call.
    pub fn throttled(&self, call: &Call, taken: &Taken) {
        let now_ms = self.now_ms();
        let keys = self.keys(call);
        let Ok(mut held) = self.held.lock() else { return };
        // The narrower bucket is the one that AWS has told of.
        if let Some(key) = keys.first() {
            let bucket = self.bucket(&mut held, key, now_ms);
            bucket.throttled(taken.at_ms, now_ms);
            if let Some(rate) = bucket.found() {
                let found = held.found.entry((key.0.service.clone(), key.1.clone())).or_insert(rate);
                *found = f64::midpoint(*found, rate);
            }
        }
    }

    /// AWS answered the call as one hopes.
    pub fn answered(&self, call: &Call) {
        let now_ms = self.now_ms();
        let keys = self.keys(call);
        let Ok(mut held) = self.held.lock() else { return };
        for key in &keys {
            self.bucket(&mut held, key, now_ms).passed(now_ms);
        }
        if let Some(budget) = held.retries.get_mut(&place_of(call)) {
            budget.answered(self.shares.of_retries);
        }
    }

    /// Whether the call may be sent once more after a throttle, a 5xx or a broken connection.
    pub fn may_retry(&self, call: &Call) -> bool {
        self.held
            .lock()
            .is_ok_and(|mut held| held.retries.entry(place_of(call)).or_insert_with(RetryBudget::new).take())
    }

    /// What was learned, for the next run.
    #[must_use]
    pub fn learned(&self) -> Vec<Learned> {
        let Ok(held) = self.held.lock() else { return Vec::new() };
        let of = |(place, operation): &Key, per_second| Learned {
            place: place.clone(),
            operation: operation.clone(),
            per_second,
        };
        // Of a place that this run did not ask, what was known is all there is to know.
        let before = held.learned.iter().filter(|(key, _)| !held.buckets.contains_key(key));
        let now = held.buckets.iter().filter_map(|(key, bucket)| Some(of(key, bucket.learned()?)));
        now.chain(before.map(|(key, per_second)| of(key, *per_second))).collect()
    }
}

fn place_of(call: &Call) -> Place {
    Place { identity: call.identity.clone(), region: call.region.clone(), service: call.service.clone() }
}
