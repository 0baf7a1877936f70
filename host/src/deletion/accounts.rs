use super::proof::{Grounds, Proof};
use super::settings::{OnLeave, ScopeSettings};

/// How an account that owns rows stands in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStanding {
    /// Listed, active, in scope, and its role was assumed.
    Active,
    /// Suspended, pending closure, pending activation, or in a state that we do not know.
    Resting,
    /// Active, but its role could not be assumed.
    RoleRefused,
    /// Its state is CLOSED.
    Closed,
    /// Seen in the organization, outside the configured units.
    LeftScope,
    /// The configuration leaves it out.
    Excluded,
    /// Not among the accounts listed.
    Absent,
}

/// What the listing would have shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingScope {
    /// Every account of the organization: what is absent has left it.
    Organization,
    /// Some organizational units, or a list in the configuration: what is absent may only have been moved.
    Selection,
}

/// What `DescribeAccount` said of an account that is closed or absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Described {
    /// It is a member, and not closed.
    Member,
    /// Its state is CLOSED.
    Closed,
    /// The organization does not know it.
    NotFound,
}

/// All that is known about an account that owns rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountEvidence {
    /// How it stands.
    pub standing: AccountStanding,
    /// What the listing would have shown.
    pub listing: ListingScope,
    /// Whether every part of the listing succeeded.
    pub listing_whole: bool,
    /// What `DescribeAccount` said, if it was asked and answered.
    pub described: Option<Described>,
    /// When an account that is closed or absent was first so.
    pub gone_since: Option<u64>,
    /// When this run began; what was first seen before is a second observation now.
    pub run_started: u64,
}

/// What follows for all rows of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountFate {
    /// Its units decide.
    Live,
    /// Its rows stay, whatever its units say.
    Kept(AccountKept),
    /// Its rows go.
    Retired(Proof),
}

/// Why the rows of an account stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountKept {
    /// Suspended or pending: not attempted.
    Resting,
    /// Its role could not be assumed.
    RoleRefused,
    /// Outside the configured scope.
    OutOfScope,
    /// Closed or absent, seen once only.
    GoneOnce,
    /// A part of the organization could not be listed.
    ListingNotWhole,
    /// The listing and `DescribeAccount` disagree.
    Contradicted,
}

/// What follows from how an account stands (ruling 5).
#[must_use]
pub fn account_fate(evidence: &AccountEvidence, scope: &ScopeSettings) -> AccountFate {
    use AccountFate::{Kept, Live, Retired};
    let second = evidence.gone_since.is_some_and(|since| since < evidence.run_started);
    let left = |certain: bool| match scope.on_leave_scope {
        OnLeave::Keep => Kept(AccountKept::OutOfScope),
        OnLeave::Retire if certain => Retired(Proof::on(Grounds::OutOfScope)),
        OnLeave::Retire => Kept(AccountKept::GoneOnce),
    };
    match (evidence.standing, evidence.described) {
        (AccountStanding::Active, _) => Live,
        (AccountStanding::Resting, _) => Kept(AccountKept::Resting),
        (AccountStanding::RoleRefused, _) => Kept(AccountKept::RoleRefused),
        // The user's own words need no observation.
        (AccountStanding::Excluded, _) => left(true),
        (AccountStanding::Closed, Some(Described::Closed)) => Retired(Proof::on(Grounds::AccountClosed)),
        (AccountStanding::Closed, Some(_)) => Kept(AccountKept::Contradicted),
        (AccountStanding::Closed, None) if second => Retired(Proof::on(Grounds::AccountClosed)),
        (AccountStanding::Closed, None) => Kept(AccountKept::GoneOnce),
        (AccountStanding::LeftScope | AccountStanding::Absent, _) if !evidence.listing_whole => {
            Kept(AccountKept::ListingNotWhole)
        }
        (AccountStanding::LeftScope, _) | (AccountStanding::Absent, Some(Described::Member)) => left(true),
        (AccountStanding::Absent, Some(Described::Closed)) => Retired(Proof::on(Grounds::AccountClosed)),
        (AccountStanding::Absent, Some(Described::NotFound)) => Retired(Proof::on(Grounds::AccountAbsent)),
        // Absent from a part of the organization, and nobody could say where it is: it may only have been moved.
        (AccountStanding::Absent, None) if evidence.listing == ListingScope::Selection => left(second),
        (AccountStanding::Absent, None) if second => Retired(Proof::on(Grounds::AccountAbsent)),
        (AccountStanding::Absent, None) => Kept(AccountKept::GoneOnce),
    }
}
