//! The credentials of one identity: kept while they are good, refreshed before they end, not asked for again when denied.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;

use super::failure::AssumeFailure;

/// Refreshed when less than this is left, or less than a tenth of the session's life.
const REFRESH_BEFORE: Duration = Duration::from_secs(5 * 60);
/// Not used in its last seconds: a request signed now arrives later.
const USABLE_UNTIL: Duration = Duration::from_secs(15);
/// Between two attempts to refresh what is still usable.
const REFRESH_PAUSE: Duration = Duration::from_secs(30);
/// How long a failure that may pass is given to whoever asks meanwhile: twenty units that wait for one
/// account do not ask twenty times.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);
/// A session younger than this is not forgotten: the refusal that is reported was of the one before.
const TOO_YOUNG_TO_FORGET: Duration = Duration::from_secs(10);
/// Credentials without an end (a user's keys) are asked for again after this.
const WITHOUT_END: Duration = Duration::from_secs(15 * 60);

#[derive(Default)]
pub(crate) struct Slot {
    state: Mutex<State>,
    /// Held while STS is asked: one at a time for each key.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    failed: Option<Failed>,
}

struct Current {
    credentials: Credentials,
    obtained: SystemTime,
    /// The last attempt to refresh it.
    tried: SystemTime,
}

struct Failed {
    failure: Arc<AssumeFailure>,
    /// None: for the run.
    until: Option<SystemTime>,
}

enum Look {
    Fresh(Credentials),
    /// Usable, but its end is near.
    Due(Credentials),
    Failed(Arc<AssumeFailure>),
    Nothing,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn after(time: SystemTime, pause: Duration) -> SystemTime {
    time.checked_add(pause).unwrap_or(time)
}

impl Current {
    fn end(&self) -> SystemTime {
        self.credentials.expiry().unwrap_or_else(|| after(self.obtained, WITHOUT_END))
    }

    fn left(&self, now: SystemTime) -> Duration {
        self.end().duration_since(now).unwrap_or_default()
    }

    fn usable(&self, now: SystemTime) -> bool {
        // What has no end stays usable although it is asked for again.
        self.credentials.expiry().is_none() || self.left(now) > USABLE_UNTIL
    }

    fn due(&self, now: SystemTime) -> bool {
        let life = self.end().duration_since(self.obtained).unwrap_or_default();
        self.left(now) < REFRESH_BEFORE.max(life / 10) && now >= after(self.tried, REFRESH_PAUSE)
    }
}

impl Slot {
    /// What there is while it is good; else what `fetch` gives, asked for once at a time.
    ///
    /// # Errors
    /// A denial is remembered for the run, another failure for seconds.
    pub(crate) async fn credentials<F>(
        &self,
        now: impl Fn() -> SystemTime,
        fetch: impl Fn() -> F,
    ) -> Result<Credentials, Arc<AssumeFailure>>
    where
        F: Future<Output = Result<Credentials, Arc<AssumeFailure>>>,
    {
        match self.look(now()) {
            Look::Fresh(credentials) => Ok(credentials),
            Look::Failed(failure) => Err(failure),
            Look::Due(old) => {
                // Whoever comes while another refreshes goes on with what there is.
                let Ok(_flight) = self.flight.try_lock() else { return Ok(old) };
                Ok(self.keep(fetch().await, now()).unwrap_or(old))
            }
            Look::Nothing => {
                let _flight = self.flight.lock().await;
                match self.look(now()) {
                    Look::Fresh(credentials) | Look::Due(credentials) => Ok(credentials),
                    Look::Failed(failure) => Err(failure),
                    Look::Nothing => self.keep(fetch().await, now()),
                }
            }
        }
    }

    /// Whether it holds a denial, which is not asked for again.
    pub(crate) fn was_refused(&self) -> bool {
        lock(&self.state).failed.is_some()
    }

    /// Drops what there is, unless it is younger than the refusal that is reported.
    pub(crate) fn forget(&self, now: SystemTime) {
        let mut state = lock(&self.state);
        state.current = state.current.take().filter(|current| now < after(current.obtained, TOO_YOUNG_TO_FORGET));
    }

    fn keep(
        &self,
        outcome: Result<Credentials, Arc<AssumeFailure>>,
        now: SystemTime,
    ) -> Result<Credentials, Arc<AssumeFailure>> {
        match &outcome {
            Ok(credentials) => self.store(credentials.clone(), now),
            Err(failure) => self.refused(failure, now),
        }
        outcome
    }

    fn look(&self, now: SystemTime) -> Look {
        let state = lock(&self.state);
        match (&state.current, &state.failed) {
            (Some(current), _) if current.usable(now) => {
                let credentials = current.credentials.clone();
                if current.due(now) { Look::Due(credentials) } else { Look::Fresh(credentials) }
            }
            (_, Some(failed)) if failed.until.is_none_or(|until| now < until) => Look::Failed(failed.failure.clone()),
            _ => Look::Nothing,
        }
    }

    fn store(&self, credentials: Credentials, now: SystemTime) {
        let mut state = lock(&self.state);
        state.current = Some(Current { credentials, obtained: now, tried: now });
        state.failed = None;
    }

    fn refused(&self, failure: &Arc<AssumeFailure>, now: SystemTime) {
        let mut state = lock(&self.state);
        if let Some(current) = &mut state.current {
            current.tried = now;
        }
        let until = failure.is_passing().then(|| after(now, FAILURE_PAUSE));
        state.failed = Some(Failed { failure: failure.clone(), until });
    }
}
