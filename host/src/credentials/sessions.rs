//! The sessions of a run: assumed once, shared, refreshed in time, and not asked for again when denied.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

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
use super::slot::{Slot, lock};
use super::{CallerIdentity, Chosen, Sts};

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
        let keys: Vec<Vec<Hop>> = lock(&self.slots).keys().filter(|key| same_way(key, &hops)).cloned().collect();
        for key in &keys {
            self.forget_session(key);
        }
    }

    /// Lets go of the sessions of an account that is read to its end, so that what is kept does not grow with the organization.
    /// Whoever asks once more has a new one. What was refused stays remembered.
    pub fn close(&self, who: &Identity) {
        let Ok(hops) = self.hops(who, None) else { return };
        // Without a hop it is the source's own; a role that a setting names is not an account's alone.
        if hops.is_empty() || *who == Identity::Management || self.is_management(who) {
            return;
        }
        lock(&self.slots).retain(|key, slot| !same_way(key, &hops) || slot.was_refused());
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
        self.slot(hops).forget(self.sts.now());
    }

    /// Boxed, since a hop needs its parent's session first. The plan makes two hops at most.
    fn session(&self, hops: Vec<Hop>) -> BoxFuture<'_, Result<Credentials, Arc<AssumeFailure>>> {
        async move {
            let slot = self.slot(&hops);
            slot.credentials(|| self.sts.now(), || self.fetch(&hops)).await
        }
        .boxed()
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

/// Whether both lead over the same roles, under whatever policies.
fn same_way(key: &[Hop], hops: &[Hop]) -> bool {
    key.len() == hops.len() && key.iter().zip(hops).all(|(known, hop)| known.role == hop.role)
}
