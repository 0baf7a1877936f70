//! The settings of a run, checked: what every other part of the host reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use portolan_names::{AccountId, OuId, Region, RoleArn};

use super::accept::Accept;
use super::definitions::DefinitionFile;
use super::endpoints::Endpoints;
use super::mapping::MappingFile;
use super::node::Origin;
use super::sinks::SinkUrl;
use crate::aws::Shares;
use crate::credentials::{Priority, Rung, SourceSetting};
pub use crate::deletion::{DeletionSettings, GuardSettings, OnLeave};
use crate::secret::Secret;

/// The peer's mapping may let all but everything be deleted; the guard of a run lets no more than this go unasked.
const RUN_SHARE_MAX: f64 = 0.5;

/// All of them. Nothing in here needs a second check.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Which identity the host itself has.
    pub credentials: CredentialSettings,
    /// The roles it assumes.
    pub roles: RoleSettings,
    /// The accounts it reads.
    pub accounts: AccountSettings,
    /// The regions it reads.
    pub regions: RegionSettings,
    /// The kinds it reads.
    pub kinds: KindSettings,
    /// Which entities are made of what it reads.
    pub mapping: Option<MappingFile>,
    /// The mapping is that at Port, which is a sink; until it was asked for there is none.
    pub mapping_from_port: bool,
    /// `--push-mapping`: the mapping is written to Port.
    pub push_mapping: bool,
    /// What happens to values that kinds declare sensitive.
    pub sensitive: Sensitive,
    /// Where the catalogue goes; at least one, no place twice.
    pub sinks: Vec<SinkUrl>,
    /// When something leaves the catalogue.
    pub deletion: DeletionSettings,
    /// Scopes that may stay incomplete.
    pub accept: Vec<Accept>,
    /// What a run may use.
    pub limits: LimitSettings,
    /// Log lines.
    pub log: LogSettings,
    /// Which incomplete scopes fail the run.
    pub fail_on: FailOn,
    /// Endpoints other than AWS's own.
    pub endpoints: Endpoints,
    /// `--record`.
    pub record: Option<PathBuf>,
    /// `--replay`.
    pub replay: Option<PathBuf>,
    /// `--report`.
    pub report: Option<PathBuf>,
    /// `--cache-dir`.
    pub cache_dir: Option<PathBuf>,
    /// `--allow-mass-delete`: the run whose withheld deletions are released.
    pub allow_mass_delete: Option<String>,
    /// `--retry-denied`: what service control policies were found to close is forgotten, and everything is asked for.
    pub retry_denied: bool,
    /// `AWS_REGION`, else `AWS_DEFAULT_REGION`.
    pub aws_region: Option<Region>,
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub use_fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub use_dual_stack: bool,
    /// The one partition of the run: of the roles, which the peer's `AWS_PARTITION` must equal; none: the source's.
    pub partition: Option<String>,
    /// Where each setting was written.
    pub origins: Origins,
}

/// `credentials`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSettings {
    /// `credentials.source`.
    pub source: SourceSetting,
    /// Static keys, where they are configured.
    pub keys: Option<Keys>,
    /// `credentials.sts_region`.
    pub sts_region: Option<Region>,
    /// `credentials.expect_organization`.
    pub expect_organization: Option<String>,
    /// The peer's `CREDENTIAL_PROVIDER_PRIORITY`.
    pub priority: Option<Priority>,
}

/// Static keys, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The access key id.
    pub access_key_id: Secret,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// Only temporary keys have one.
    pub session_token: Option<Secret>,
}

/// `roles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSettings {
    /// Lists the organization.
    pub list: Option<RoleArn>,
    /// `path/name` in every account; from `list` where it is not set.
    pub member: Option<String>,
    /// Between the source and all others.
    pub hub: Option<RoleArn>,
    /// To the hub if there is one, and to the members.
    pub external_id: Option<Secret>,
    /// With `{run}` still in it; see [`RoleSettings::session_name_of`].
    pub session_name: String,
    /// Not sent where none.
    pub duration_s: Option<u32>,
    /// Not sent where none.
    pub source_identity: Option<String>,
    /// What bounds the sessions; none where nothing does (`off`).
    pub session_policy: Option<Rung>,
}

/// STS takes no longer session names.
const SESSION_NAME_MAX: usize = 64;

impl Settings {
    /// Takes the mapping that was found at Port.
    pub fn adopt_mapping(&mut self, mapping: MappingFile) {
        self.mapping = Some(mapping);
        self.as_the_mapping_has_it();
    }

    /// Where a mapping of the peer chooses what is read, an account that leaves the scope goes, as it does there. Its
    /// threshold of deletions is the run's, within limits. What is written in the configuration holds against both.
    pub(super) fn as_the_mapping_has_it(&mut self) {
        if self.mapping_that_drives().is_some() && *self.origins.of("accounts.on_leave_scope") == Origin::Default {
            self.accounts.on_leave_scope = OnLeave::Retire;
        }
        let threshold = self.mapping.as_ref().and_then(MappingFile::deletion_threshold);
        if let Some(threshold) = threshold.filter(|_| *self.origins.of("deletion.run.share") == Origin::Default) {
            self.deletion.run.share = threshold.min(RUN_SHARE_MAX);
        }
    }

    /// The mapping, where it also says which kinds are read.
    #[must_use]
    pub fn mapping_that_drives(&self) -> Option<&MappingFile> {
        self.mapping.as_ref().filter(|_| !self.kinds.chosen)
    }
}

impl RoleSettings {
    /// The session name of a run.
    #[must_use]
    pub fn session_name_of(&self, run_id: &str) -> String {
        self.session_name.replace("{run}", run_id).chars().take(SESSION_NAME_MAX).collect()
    }
}

/// `accounts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSettings {
    /// None: nothing was chosen, and a run asks or refuses.
    pub from: Option<AccountsFrom>,
    /// With [`AccountsFrom::Roles`]: one per account, no account twice.
    pub roles: Vec<RoleArn>,
    /// Only accounts below these; empty means all.
    pub ous_include: Vec<OuId>,
    /// No accounts below these.
    pub ous_exclude: Vec<OuId>,
    /// Only these; empty means all.
    pub include: BTreeSet<AccountId>,
    /// Not these.
    pub exclude: BTreeSet<AccountId>,
    /// The management account.
    pub management: Management,
    /// `accounts.on_leave_scope`.
    pub on_leave_scope: OnLeave,
    /// What differs for single accounts.
    pub overrides: BTreeMap<AccountId, AccountOverride>,
}

/// Where the list of accounts comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountsFrom {
    /// `roles.list` lists them.
    Organization,
    /// `accounts.roles` names a role in each.
    Roles,
    /// The account of the source identity.
    Own,
}

/// `accounts.management`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    /// The member role is tried; refused, the account is left out with one line.
    Auto,
    /// As any other account.
    Include,
    /// Left out.
    Exclude,
    /// Read with the listing role.
    ListRole,
}

/// `accounts.overrides.ID`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountOverride {
    /// The role to assume; it lies in that account.
    pub role: Option<RoleArn>,
    /// Its external id.
    pub external_id: Option<Secret>,
    /// In place of the global ones.
    pub regions: Option<RegionChoice>,
}

/// Exact names; deny wins; an empty `allow` means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegionChoice {
    /// Only these.
    pub allow: Vec<Region>,
    /// Not these.
    pub deny: Vec<Region>,
}

/// `regions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionSettings {
    /// `allow` and `deny`.
    pub choice: RegionChoice,
    /// `regions.on_disable`.
    pub on_disable: OnLeave,
    /// True with `buckets: allowed`.
    pub buckets_in_allowed_only: bool,
}

/// `kinds`.
#[derive(Debug, Clone, PartialEq)]
pub struct KindSettings {
    /// What is read: `default`, `include` and `exclude` applied to the known kinds. Never empty.
    pub selected: BTreeMap<String, KindChoice>,
    /// Whether somebody chose them. Where nobody did and there is a mapping, the kinds are the mapping's.
    pub chosen: bool,
    /// Whether resources that every account has without anybody's doing are read too.
    pub include_defaults: bool,
    /// Files with the user's own kinds.
    pub definitions: Vec<DefinitionFile>,
}

/// What was chosen for one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindChoice {
    /// Optional actions to make; default ones are made anyway.
    pub actions: Actions,
    /// In place of the global ones.
    pub regions: Option<RegionChoice>,
    /// Of a history: how far back, in seconds before the run's start.
    pub since_s: Option<u64>,
}

/// Optional actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actions {
    /// Every one that the kind has.
    All,
    /// Those, each known to the kind.
    Named(BTreeSet<String>),
}

impl Default for Actions {
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

/// `sensitive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitive {
    /// Digests.
    Redact,
    /// Raw values.
    Keep,
}

/// `limits`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitSettings {
    /// Calls in flight.
    pub concurrency: u32,
    /// Of those, in one account.
    pub per_account: u32,
    /// `limits.budget_share` and `limits.retry_share`.
    pub shares: Shares,
    /// Pages of one unit.
    pub pages_per_unit: u32,
}

/// `log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// True with `format: json`.
    pub json: bool,
    /// The least important level that is written.
    pub level: LogLevel,
}

/// `log.level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Only errors.
    Error,
    /// And warnings.
    Warn,
    /// And what a run does.
    Info,
    /// And how.
    Debug,
    /// Everything.
    Trace,
}

/// `fail_on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// Incomplete now and whole last time, or never whole and not accepted.
    New,
    /// Any that is not accepted.
    Any,
    /// None.
    None,
}

/// Where each setting was written, by its dotted key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(pub(super) BTreeMap<String, Origin>);

impl Origins {
    /// The place of a setting; [`Origin::Default`] where nobody wrote it.
    #[must_use]
    pub fn of(&self, key: &str) -> &Origin {
        self.0.get(key).unwrap_or(&Origin::Default)
    }
}
