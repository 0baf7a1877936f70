//! Who Portolan is towards AWS: the source of credentials, the roles assumed from it, and their sessions.
//!
//! One file per concern. [`choose()`] decides on one source and says why; a source that is configured and
//! fails is an error, and never a reason to try another, since that would be another identity.
//! [`Sessions`] gives the credentials of a role in an account, refreshed before they end. The
//! sources are AWS's own providers over our HTTP client; nothing here shows a secret in any text.

mod choose;
mod environment;
mod failure;
mod identity;
mod instance;
mod keys;
mod load;
mod place;
mod plan_check;
mod profile;
mod roles;
mod session_policy;
mod sessions;
mod slot;
mod source;
mod sts;
mod task;
mod web_identity;

pub use choose::{Chosen, Sources, choose};
pub use environment::Environment;
pub use failure::{AssumeFailure, Denied, What};
pub use identity::CallerIdentity;
pub use keys::Keys;
pub use place::{PlaceError, StsPlace, StsSettings, check_foreign, sts_place};
pub use plan_check::{PlanError, SourceFacts};
pub use roles::{Hop, Identity, ManagementPolicy, MemberRole, Override, RolePlan, session_name};
pub(crate) use session_policy::in_any_account;
pub use session_policy::{Rung, SESSION_POLICY_CHARS_MAX, SessionPolicy, allowing};
pub use sessions::Sessions;
pub(crate) use slot::Slot;
pub use source::{PeerProvider, Priority, PriorityError, SourceKind, SourceSetting, SourceSettingError};
pub use sts::{Sts, StsCall};
pub use web_identity::WebIdentity;
pub(crate) use web_identity::read_token;

/// Why no source of credentials was chosen. What AWS answers comes later, as an [`AssumeFailure`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The source that was named has nothing to work with.
    #[error("--credentials {kind}: {missing}; {next}")]
    NotConfigured {
        /// What was asked for.
        kind: SourceKind,
        /// What is not there.
        missing: String,
        /// What would make it work.
        next: &'static str,
    },
    /// `auto`, and there is nothing to be found.
    #[error(
        "no AWS credentials: looked for {looked}; set AWS_PROFILE, or access keys, or run where a role is attached, \
         or name a source with --credentials"
    )]
    NothingConfigured {
        /// All that was looked for, and for the metadata service why it gave nothing.
        looked: String,
    },
    /// Half of what belongs together.
    #[error("{set} is set, but {missing} is not")]
    Half {
        /// The variable that is there.
        set: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// A variable that is set to nothing.
    #[error("the environment variable {name} is set, but empty: unset it, or give it a value")]
    EmptyVariable {
        /// Its name.
        name: &'static str,
    },
    /// A variable with a value that cannot be used. The value is not repeated.
    #[error("the environment variable {name} must be {expected}")]
    BadVariable {
        /// Its name.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A profile that is not there, or of no use.
    #[error("profile {name:?}: {reason}")]
    Profile {
        /// The profile.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// An environment other than the process's was given, and AWS's container provider reads the process's.
    #[error("the container's credentials are read by {name} of the process, which differs from the one given here")]
    ForeignEnvironment {
        /// The variable that differs.
        name: &'static str,
    },
    /// The source was asked, as nothing else was configured, and failed otherwise than by not being there.
    #[error("{0}")]
    Failed(AssumeFailure),
}
