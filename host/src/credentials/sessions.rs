//! The sessions of a run: assumed once, shared, refreshed in time, and not asked for again when denied.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use futures::FutureExt;
use futures::future::BoxFuture;
use portolan_names::{AccountId, RoleArn};
use tokio::sync::OnceCell;

use super::choose::exchange_token;
use super::failure::{AssumeFailure, What};
use super::load::load;
use super::plan_check::PlanError;
use super::roles::{Hop, Identity, ManagementPolicy, MemberRole, RolePlan};
use super::session_policy::SessionPolicy;
use super::{CallerIdentity, Chosen, Sts};

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

/// Gives the credentials of each identity of a run. Shared by reference; all methods are safe at once.
pub struct Sessions {
    plan: RolePlan,
    source: Chosen,
    sts: Sts,
    management: OnceLock<AccountId>,
    /// Whether the listing role stands in for the refused member role of the management account.
    listing_stands_in: OnceLock<()>,
    /// By the hops from the source; no hop is the source itself. As many as roles are in use, each with as many policies
    /// as its calls are grouped by.
    slots: Mutex<HashMap<Vec<Hop>, Arc<Slot>>>,
    source_identity: OnceCell<CallerIdentity>,
    hub_policy: OnceLock<SessionPolicy>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("source", &self.source.kind).field("sts", &self.sts).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Slot {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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

impl Sessions {
    /// `plan` should have passed [`RolePlan::check`]; what it would have found is met later otherwise, per account.
    #[must_use]
    pub fn new(plan: RolePlan, source: Chosen, sts: Sts) -> Self {
        Self {
            plan,
            source,
            sts,
            management: OnceLock::new(),
            listing_stands_in: OnceLock::new(),
            slots: Mutex::default(),
            source_identity: OnceCell::new(),
            hub_policy: OnceLock::new(),
        }
    }

    /// The roles that are used.
    #[must_use]
    pub fn plan(&self) -> &RolePlan {
        &self.plan
    }

    /// The source that is used.
    #[must_use]
    pub fn source(&self) -> &Chosen {
        &self.source
    }

    /// Says which account manages the organization, once that is known: [`ManagementPolicy`] is about it.
    pub fn management_is(&self, account: AccountId) {
        let _first_wins = self.management.set(account);
    }

    /// Who the source is. Asked once; with a token file that has no role of its own, the hub or the
    /// listing role answers.
    ///
    /// # Errors
    /// The source gives no credentials, AWS does not accept them, or they lie in another partition than the roles.
    pub async fn source_identity(&self) -> Result<CallerIdentity, AssumeFailure> {
        let identity = self.source_identity.get_or_try_init(|| async {
            let token_alone = self.source.web_identity.as_ref().is_some_and(|web| web.role.is_none());
            let first = if token_alone {
                let hops = self.hops(&Identity::Management, None).map_err(|error| settings(&error))?;
                hops.into_iter().take(1).collect()
            } else {
                Vec::new()
            };
            let credentials = self.session(first).await.map_err(|failure| (*failure).clone())?;
            let identity = self.sts.caller_identity(&credentials).await?;
            match self.plan.partition() {
                Some(partition) if partition != identity.partition() => Err(AssumeFailure::own(
                    None,
                    What::Partition,
                    format!("{} lies in partition {}, the roles in {partition}", identity.arn, identity.partition()),
                )),
                _ => Ok(identity),
            }
        });
        identity.await.cloned()
    }

    /// [`Sessions::credentials_under`] no policy: where sessions are bounded, this one may say who it is and no more.
    ///
    /// # Errors
    /// As there.
    pub async fn credentials(&self, who: &Identity) -> Result<Credentials, Arc<AssumeFailure>> {
        self.credentials_under(who, None).await
    }

    /// Credentials for requests of this identity, good for some minutes at least unless their refresh fails. Where
    /// sessions are bounded, AWS lets them do what `policy` allows and nothing else.
    ///
    /// # Errors
    /// A denial is remembered for the run, another failure for seconds.
    pub async fn credentials_under(
        &self,
        who: &Identity,
        policy: Option<&SessionPolicy>,
    ) -> Result<Credentials, Arc<AssumeFailure>> {
        let is_management = self.is_management(who);
        if let (true, ManagementPolicy::Exclude, Identity::Account(account)) =
            (is_management, self.plan.management, who)
        {
            return Err(Arc::new(settings(&PlanError::ManagementExcluded(account.clone()))));
        }
        let hops = self.hops(who, policy).map_err(|error| Arc::new(settings(&error)))?;
        if let (Identity::Account(account), MemberRole::Source, true) = (who, &self.plan.member, hops.is_empty()) {
            let own = self.source_identity().await.map_err(Arc::new)?;
            if own.account != *account {
                let text = format!("the source is in account {}, and no role is configured for {account}", own.account);
                return Err(Arc::new(AssumeFailure::own(None, What::Settings, text)));
            }
        }
        match (self.session(hops).await, who) {
            (Err(failure), Identity::Account(account)) if is_management && failure.is_denied() => {
                match self.stand_in(account, policy) {
                    Some(listing) => {
                        let session = self.session(listing).await?;
                        let _already = self.listing_stands_in.set(());
                        Ok(session)
                    }
                    None => Err(failure),
                }
            }
            (outcome, _) => outcome,
        }
    }

    fn is_management(&self, who: &Identity) -> bool {
        matches!((who, self.management.get()), (Identity::Account(account), Some(management)) if account == management)
    }

    /// The listing role's hops, if it may read the management account and lies there.
    fn stand_in(&self, account: &AccountId, policy: Option<&SessionPolicy>) -> Option<Vec<Hop>> {
        let may = self.plan.management == ManagementPolicy::ListRole;
        let there = self.plan.list.as_ref().is_some_and(|role| role.account() == *account);
        (may && there).then(|| self.hops(&Identity::Management, policy).ok()).flatten()
    }

    fn hops(&self, who: &Identity, policy: Option<&SessionPolicy>) -> Result<Vec<Hop>, PlanError> {
        let of_hub = || self.hub_policy.get_or_init(|| self.plan.hub_policy()).clone();
        self.plan.hops_under(who, self.source.kind, policy, of_hub)
    }

    /// Whether this failure leaves the account out with one line instead of counting as a scope that was
    /// not reached: the management account, whose member role need not exist.
    #[must_use]
    pub fn leaves_out(&self, who: &Identity, failure: &AssumeFailure) -> bool {
        match self.plan.management {
            ManagementPolicy::Include => false,
            ManagementPolicy::Exclude => self.is_management(who),
            ManagementPolicy::Auto | ManagementPolicy::ListRole => self.is_management(who) && failure.is_denied(),
        }
    }

    /// Drops the sessions of an identity whose session AWS said has expired, so that the next ask has a new one. What
    /// withdraws one before its time withdraws those under other policies too.
    pub fn forget(&self, who: &Identity) {
        let hops = if self.is_management(who) && self.listing_stands_in.get().is_some() {
            self.hops(&Identity::Management, None)
        } else {
            self.hops(who, None)
        };
        let Ok(hops) = hops else { return };
        let same_way = |key: &&Vec<Hop>| {
            key.len() == hops.len() && key.iter().zip(&hops).all(|(known, hop)| known.role == hop.role)
        };
        let keys: Vec<Vec<Hop>> = lock(&self.slots).keys().filter(same_way).cloned().collect();
        for key in &keys {
            self.forget_session(key);
        }
    }

    /// The role whose session it is; none for the source itself.
    #[must_use]
    pub fn role_of(&self, who: &Identity) -> Option<RoleArn> {
        if self.is_management(who) && self.listing_stands_in.get().is_some() {
            return self.plan.list.clone();
        }
        self.hops(who, None).ok()?.pop().map(|hop| hop.role)
    }

    /// The roles in use, for the run's first lines and for grants: hub, listing role and overrides.
    #[must_use]
    pub fn fixed_roles(&self) -> BTreeSet<RoleArn> {
        let overrides = self.plan.overrides.values().filter_map(|own| own.role.clone());
        self.plan.hub.iter().chain(&self.plan.list).cloned().chain(overrides).collect()
    }

    fn slot(&self, hops: &[Hop]) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        match slots.get(hops) {
            Some(slot) => slot.clone(),
            None => slots.entry(hops.to_vec()).or_default().clone(),
        }
    }

    fn forget_session(&self, hops: &[Hop]) {
        let now = self.sts.now();
        let slot = self.slot(hops);
        let mut state = lock(&slot.state);
        state.current = state.current.take().filter(|current| now < after(current.obtained, TOO_YOUNG_TO_FORGET));
    }

    /// Boxed, since a hop needs its parent's session first. The plan makes two hops at most.
    fn session(&self, hops: Vec<Hop>) -> BoxFuture<'_, Result<Credentials, Arc<AssumeFailure>>> {
        async move {
            let slot = self.slot(&hops);
            match slot.look(self.sts.now()) {
                Look::Fresh(credentials) => Ok(credentials),
                Look::Failed(failure) => Err(failure),
                Look::Due(old) => {
                    // Whoever comes while another refreshes goes on with what there is.
                    let Ok(_flight) = slot.flight.try_lock() else { return Ok(old) };
                    Ok(self.fetch_into(&slot, &hops).await.unwrap_or(old))
                }
                Look::Nothing => {
                    let _flight = slot.flight.lock().await;
                    match slot.look(self.sts.now()) {
                        Look::Fresh(credentials) | Look::Due(credentials) => Ok(credentials),
                        Look::Failed(failure) => Err(failure),
                        Look::Nothing => self.fetch_into(&slot, &hops).await,
                    }
                }
            }
        }
        .boxed()
    }

    async fn fetch_into(&self, slot: &Slot, hops: &[Hop]) -> Result<Credentials, Arc<AssumeFailure>> {
        let outcome = self.fetch(hops).await;
        let now = self.sts.now();
        match &outcome {
            Ok(credentials) => slot.store(credentials.clone(), now),
            Err(failure) => slot.refused(failure, now),
        }
        outcome
    }

    async fn fetch(&self, hops: &[Hop]) -> Result<Credentials, Arc<AssumeFailure>> {
        let Some((hop, parents)) = hops.split_last() else {
            return load(&self.source.provider, self.source.kind).await.map_err(Arc::new);
        };
        if let (true, Some(web)) = (hop.by_web_identity, &self.source.web_identity) {
            return exchange_token(&self.sts, &web.token_file, hop).await.map_err(Arc::new);
        }
        let parent = self.session(parents.to_vec()).await?;
        match self.sts.assume_role(&parent, hop).await {
            // Withdrawn or expired early: one new session of the parent, and once more.
            Err(failure) if failure.what == What::CallerExpired => {
                self.forget_session(parents);
                let renewed = self.session(parents.to_vec()).await?;
                if renewed == parent {
                    return Err(Arc::new(failure));
                }
                self.sts.assume_role(&renewed, hop).await.map_err(Arc::new)
            }
            outcome => outcome.map_err(Arc::new),
        }
    }
}

fn settings(error: &PlanError) -> AssumeFailure {
    AssumeFailure::own(None, What::Settings, error.to_string())
}
