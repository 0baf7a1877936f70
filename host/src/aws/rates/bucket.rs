//! One token bucket that finds out how fast it may be emptied.
//!
//! Where AWS publishes a bucket, ours is a share of it from the start. Elsewhere it has no bottom until AWS throttles: then its
//! rate is what AWS had let pass, less a part, and it rises again by little steps, as long as nothing is throttled.

/// What a throttle leaves of the rate.
const LOWERED: f64 = 0.75;
/// Seconds after which it is nearly where it was when it was throttled: fast at first, then carefully, then fast again, as AWS's own
/// SDKs do it (and TCP CUBIC before them), but at the same pace for slow buckets and fast ones.
const RECOVERED_S: f64 = 30.0;
/// How nearly: beyond it, it goes on as slowly as it came there.
const NEARLY: f64 = 0.95;
/// For so long nothing is sent after a throttle: AWS's bucket is empty.
const PAUSE_MS: f64 = 500.0;
/// Where nothing is published or learned: what is tried after the first throttle at most …
const FIRST_RATE: f64 = 10.0;
/// … and at least, since one that was asked twice in that second tells nothing …
const FIRST_RATE_MIN: f64 = 4.0;
/// … and by what that grows in a second, until it is throttled again.
const SOUGHT_A_SECOND: f64 = 2.0;
/// A bucket never stands still: that would be for ever.
const RATE_MIN: f64 = 0.5;
/// Over how long it is measured what passes.
const MEASURED_MS: f64 = 1_000.0;

/// What AWS publishes of one of its buckets, or the part of it that is ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quota {
    /// What it holds when it is full.
    pub(super) burst: f64,
    /// What flows into it.
    pub(super) per_second: f64,
}

/// Moments are in milliseconds of one clock that does not go back.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    quota: Option<Quota>,
    /// Calls a second; none as long as nothing is known.
    rate: Option<f64>,
    /// Whether the rate is still sought: it doubles until it is throttled.
    seeks: bool,
    /// At which rate it was throttled last, and how many seconds it was used since without.
    peak: f64,
    calm_s: f64,
    /// Below nothing: so many calls are waiting.
    tokens: f64,
    at_ms: f64,
    lowered_ms: f64,
    passed: Passed,
}

/// How many calls AWS let pass in a window of time, and in the one before.
#[derive(Debug, Clone, Copy, Default)]
struct Passed {
    since_ms: f64,
    calls: f64,
    before: f64,
}

impl Passed {
    fn one(&mut self, now_ms: f64) {
        let windows = (now_ms - self.since_ms) / MEASURED_MS;
        if windows >= 1.0 {
            self.before = if windows < 2.0 { self.calls } else { 0.0 };
            self.calls = 0.0;
            self.since_ms = now_ms;
        }
        self.calls += 1.0;
    }

    fn per_second(&self) -> f64 {
        self.before.max(self.calls) * 1_000.0 / MEASURED_MS
    }
}

impl Bucket {
    /// `learned` is the rate of an earlier run.
    pub(super) fn new(quota: Option<Quota>, learned: Option<f64>, now_ms: f64) -> Self {
        let published = quota.map(|quota| quota.per_second);
        let rate = match (published, learned) {
            (Some(published), Some(learned)) => Some(learned.clamp(RATE_MIN, published.max(RATE_MIN))),
            (published, learned) => learned.map(|rate| rate.max(RATE_MIN)).or(published),
        };
        let mut bucket = Self {
            quota,
            rate,
            seeks: false,
            peak: rate.unwrap_or(0.0),
            calm_s: RECOVERED_S,
            tokens: 0.0,
            at_ms: now_ms,
            lowered_ms: f64::NEG_INFINITY,
            passed: Passed { since_ms: now_ms, ..Passed::default() },
        };
        bucket.tokens = bucket.capacity();
        bucket
    }

    /// Whether nothing holds its calls back yet.
    pub(super) fn is_unbounded(&self) -> bool {
        self.rate.is_none()
    }

    fn capacity(&self) -> f64 {
        match (self.quota, self.rate) {
            (Some(quota), _) => quota.burst,
            // What was learned says nothing of a burst: a second's worth.
            (None, Some(rate)) => rate.max(1.0),
            (None, None) => f64::INFINITY,
        }
    }

    fn flow(&mut self, now_ms: f64) {
        let elapsed_s = (now_ms - self.at_ms).max(0.0) / 1_000.0;
        self.at_ms = self.at_ms.max(now_ms);
        let Some(rate) = self.rate else { return };
        self.tokens = (self.tokens + elapsed_s * rate).min(self.capacity());
        // Who calls rarely learns nothing by it: an hour of silence does not make a bucket fast.
        let seconds = elapsed_s.min(1.0);
        self.calm_s += seconds;
        let raised = if self.seeks {
            rate * SOUGHT_A_SECOND.powf(seconds)
        } else {
            let to_go = (RECOVERED_S - self.calm_s) / RECOVERED_S;
            self.peak * (1.0 - (1.0 - LOWERED) * to_go.powi(3))
        };
        let ceiling = self.quota.map_or(f64::INFINITY, |quota| quota.per_second);
        self.rate = Some(raised.min(ceiling.max(rate)));
    }

    /// Takes a token, if need be one that is still to come; how long to wait for it, in milliseconds.
    pub(super) fn take(&mut self, now_ms: f64) -> f64 {
        self.flow(now_ms);
        self.tokens -= 1.0;
        self.until_there(self.tokens)
    }

    /// How long a call would have to wait, in milliseconds, were it made now.
    pub(super) fn wait_ms(&self, now_ms: f64) -> f64 {
        let flown = self.rate.map_or(0.0, |rate| (now_ms - self.at_ms).max(0.0) / 1_000.0 * rate);
        self.until_there(self.tokens + flown - 1.0)
    }

    fn until_there(&self, tokens: f64) -> f64 {
        match self.rate {
            Some(rate) if tokens < 0.0 => -tokens / rate * 1_000.0,
            _ => 0.0,
        }
    }

    /// AWS answered: the call was let pass.
    pub(super) fn passed(&mut self, now_ms: f64) {
        self.passed.one(now_ms);
    }

    /// AWS said "slower" to a call that took its token at `taken_ms`. Calls that were on their way or had their token when
    /// another was told so tell nothing new.
    pub(super) fn throttled(&mut self, taken_ms: f64, now_ms: f64) {
        self.flow(now_ms);
        if taken_ms <= self.lowered_ms {
            return;
        }
        self.lowered_ms = now_ms;
        let passed = self.passed.per_second();
        let rate = match self.rate {
            None => passed.clamp(FIRST_RATE_MIN, FIRST_RATE),
            // Doubling has gone beyond what is there, up to twice as far.
            Some(rate) if self.seeks => passed.clamp(rate / SOUGHT_A_SECOND, rate) * LOWERED,
            Some(rate) => rate * LOWERED,
        };
        self.seeks = self.rate.is_none();
        let rate = rate.max(RATE_MIN);
        (self.peak, self.calm_s) = (rate / LOWERED * NEARLY, 0.0);
        self.rate = Some(rate);
        // AWS's bucket is empty; ours has nothing to give that AWS would take. Who waits already goes on waiting.
        let emptied = -rate * PAUSE_MS / 1_000.0;
        self.tokens = if self.tokens.is_finite() { self.tokens.min(0.0) + emptied } else { emptied };
    }

    /// The rate that was nearly too much, once it was found where nothing is published: what others of its service begin with.
    pub(super) fn found(&self) -> Option<f64> {
        let is_found = self.quota.is_none() && self.rate.is_some() && !self.seeks;
        is_found.then(|| self.peak.max(RATE_MIN))
    }

    /// What was learned, where it is not what is published.
    pub(super) fn learned(&self) -> Option<f64> {
        let published = self.quota.map(|quota| quota.per_second);
        self.rate.filter(|rate| published.is_none_or(|published| *rate < published))
    }

    /// Whether it may be forgotten: nothing was learned, and it is full.
    pub(super) fn is_idle(&self, now_ms: f64) -> bool {
        let flown = self.rate.map_or(0.0, |rate| (now_ms - self.at_ms) / 1_000.0 * rate);
        self.learned().is_none() && self.tokens + flown >= self.capacity() && now_ms - self.at_ms > MEASURED_MS
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Quota, RATE_MIN};

    const EC2: Quota = Quota { burst: 100.0, per_second: 20.0 };

    /// A bucket as AWS keeps one, written anew: whoever asks it learns yes or no.
    struct Theirs {
        quota: Quota,
        tokens: f64,
        at_ms: f64,
    }

    impl Theirs {
        fn lets_pass(&mut self, now_ms: f64) -> bool {
            self.tokens = (self.tokens + (now_ms - self.at_ms) / 1_000.0 * self.quota.per_second).min(self.quota.burst);
            self.at_ms = now_ms;
            let passes = self.tokens >= 1.0;
            self.tokens -= f64::from(u8::from(passes));
            passes
        }
    }

    #[derive(Clone, Copy, Default)]
    struct Caller {
        next_ms: f64,
        taken_ms: Option<f64>,
    }

    /// Sixteen callers without pause against AWS's bucket, 20 ms an exchange: how many calls passed and were throttled.
    fn played(mut ours: Bucket, quota: Quota, seconds: f64) -> (f64, f64) {
        let mut theirs = Theirs { quota, tokens: quota.burst, at_ms: 0.0 };
        let mut callers = [Caller::default(); 16];
        let (mut passed, mut throttled) = (0.0, 0.0);
        loop {
            callers.sort_by(|one, other| one.next_ms.total_cmp(&other.next_ms));
            let Caller { next_ms, taken_ms } = &mut callers[0];
            let now_ms = *next_ms;
            if now_ms >= seconds * 1_000.0 {
                return (passed, throttled);
            }
            let Some(taken) = taken_ms.take() else {
                (*next_ms, *taken_ms) = (now_ms + ours.take(now_ms), Some(now_ms));
                continue;
            };
            if theirs.lets_pass(now_ms) {
                passed += 1.0;
                ours.passed(now_ms);
            } else {
                throttled += 1.0;
                ours.throttled(taken, now_ms);
            }
            *next_ms += 20.0;
        }
    }

    #[test]
    fn a_published_bucket_is_never_overdrawn() {
        let share = Quota { burst: 50.0, per_second: 10.0 };
        let (passed, throttled) = played(Bucket::new(Some(share), None, 0.0), EC2, 60.0);
        assert!((passed - 650.0).abs() < 5.0 && throttled == 0.0, "{passed} {throttled}");
    }

    #[test]
    fn an_unpublished_one_is_found_out_with_few_throttles() {
        for quota in [EC2, Quota { burst: 5.0, per_second: 5.0 }, Quota { burst: 400.0, per_second: 200.0 }] {
            let (passed, throttled) = played(Bucket::new(None, None, 0.0), quota, 600.0);
            let allowed = quota.burst + 600.0 * quota.per_second;
            assert!(passed > allowed / 1.2, "{quota:?}: {passed} of {allowed}");
            assert!(throttled / (passed + throttled) < 0.02, "{quota:?}: {throttled} of {passed}");
        }
    }

    #[test]
    fn what_was_learned_is_where_the_next_run_begins() {
        let (_, throttled) = played(Bucket::new(None, Some(18.0), 0.0), EC2, 10.0);
        assert!(throttled < 3.0, "{throttled}");
        let mut bucket = Bucket::new(Some(EC2), None, 0.0);
        assert_eq!(bucket.learned(), None);
        bucket.throttled(5.0, 10.0);
        assert!(bucket.learned().is_some_and(|rate| rate < 16.0));
        // Another caller uses up AWS's bucket for an hour: it does not stand still.
        for second in 0..3_600 {
            bucket.throttled(f64::from(second) * 1_000.0, f64::from(second) * 1_000.0);
        }
        assert!(bucket.learned().is_some_and(|rate| rate >= RATE_MIN));
    }

    #[test]
    fn one_that_is_full_and_learned_nothing_may_be_forgotten() {
        let mut bucket = Bucket::new(Some(EC2), None, 0.0);
        bucket.take(0.0);
        assert!(!bucket.is_idle(500.0));
        assert!(bucket.is_idle(2_000.0));
        bucket.throttled(2_000.0, 2_000.0);
        assert!(!bucket.is_idle(1e9));
    }
}
