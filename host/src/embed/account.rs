use portolan_names::{AccountId, Region};
use serde_json::Value;

use super::Unit;
use crate::aws::SessionFailure;
use crate::outcome::Problem;
use crate::run::{self, Found};

/// An account, as it was listed or named.
#[derive(Debug, Clone)]
pub struct Account {
    pub(super) found: Found,
}

/// Whether an account is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempt {
    /// It is.
    Read,
    /// Suspended, closed, pending, or in a state that this version does not know: not attempted, which is no error.
    Resting,
    /// The management account, by `accounts.management: exclude`.
    LeftOut,
    /// Seen in the organization, outside of what the settings select.
    OutOfScope,
}

impl Account {
    /// An account of which nothing is known but its id: for a list of accounts of your own.
    #[must_use]
    pub fn member(id: AccountId) -> Self {
        Self { found: Found::member(id) }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &AccountId {
        &self.found.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.found.account.name
    }

    /// Whether it is the organization's management account.
    #[must_use]
    pub fn is_management(&self) -> bool {
        self.found.row.is_management
    }

    /// `ACTIVE`, `SUSPENDED`, …
    #[must_use]
    pub fn state(&self) -> &str {
        &self.found.row.state
    }

    /// What the organization says of it (`AWS::Organizations::Account`), tags and path of organizational units included.
    #[must_use]
    pub fn details(&self) -> Value {
        serde_json::from_str(&self.found.account.details).unwrap_or(Value::Null)
    }

    /// Whether it is read.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        match self.found.attempt {
            run::Attempt::Read => Attempt::Read,
            run::Attempt::Resting => Attempt::Resting,
            run::Attempt::LeftOut => Attempt::LeftOut,
            run::Attempt::OutOfScope => Attempt::OutOfScope,
        }
    }
}

/// The accounts that the settings select, and those that they leave out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Accounts {
    /// Each once.
    pub accounts: Vec<Account>,
    /// False where a part of the organization could not be listed: an account that is missing then may be there.
    pub whole: bool,
    /// What went wrong.
    pub problems: Vec<Problem>,
}

/// A region of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegionState {
    /// Its name.
    pub region: Region,
    /// Whether the account has it enabled.
    pub enabled: bool,
}

/// An account's regions and units.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AccountPlan {
    /// Its regions.
    pub regions: Vec<RegionState>,
    /// Whether `regions` is all that it has. Where it is not, it says nothing about regions that are not in it.
    pub whole: bool,
    /// What is to be read, in an order that spreads it over regions and services.
    pub units: Vec<Unit>,
    /// What is not.
    pub left_out: Vec<LeftOut>,
    /// What went wrong.
    pub problems: Vec<Problem>,
}

/// A unit that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Which.
    pub unit: Unit,
    /// Why.
    pub why: Why,
}

/// Why a unit is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The service is not in that region. Nothing is deleted for that.
    Unavailable,
    /// The settings leave it out.
    Excluded,
}

/// Why an account was not planned. Other accounts are not concerned.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There are no credentials for it.
    #[error("account {account}: {message}")]
    #[non_exhaustive]
    NoCredentials {
        /// Which.
        account: AccountId,
        /// Whether the answer was no, and will be no again: of AWS to the role, or of the [`Identity`](crate::Identity).
        denied: bool,
        /// AWS's own code, where it gave one.
        code: String,
        /// What happened and what to do next.
        message: String,
    },
    /// Its regions could not be listed, or its units not be planned.
    #[error("account {account}: {}: {}", problem.class, problem.message)]
    #[non_exhaustive]
    NotPlanned {
        /// Which.
        account: AccountId,
        /// What happened.
        problem: Problem,
    },
}

impl AccountError {
    pub(super) fn no_credentials(account: &AccountId, failure: SessionFailure) -> Self {
        let SessionFailure { denied, code, message, .. } = failure;
        Self::NoCredentials { account: account.clone(), denied, code, message }
    }
}
