use super::proof::{Grounds, Proof};
use super::settings::{OnLeave, ScopeSettings};

/// How the region of a unit stands in its account, in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionStanding {
    /// Enabled and read; or the unit is global.
    Read,
    /// Disabled, disabling or enabling: not attempted.
    Disabled,
    /// The configuration leaves it out, for all kinds or for this one.
    Excluded,
    /// The service is not there.
    Unavailable,
    /// Named by no list of the account's regions, enabled or not.
    InNeitherList,
}

/// All that is known about the region of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionEvidence {
    /// How it stands.
    pub standing: RegionStanding,
    /// Whether the lists were read; false where they are a guess and prove nothing.
    pub lists_whole: bool,
    /// When it was first named by neither list.
    pub missing_since: Option<u64>,
    /// When this run began.
    pub run_started: u64,
}

/// What follows for the rows of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionFate {
    /// The unit decides.
    Live,
    /// Its rows stay.
    Kept(RegionKept),
    /// Its rows go.
    Retired(Proof),
}

/// Why the rows of a region stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegionKept {
    /// Disabled: not attempted, not reachable.
    Disabled,
    /// Outside the configured scope.
    OutOfScope,
    /// The service is not there.
    Unavailable,
    /// Named by neither list, seen once only.
    MissingOnce,
    /// The lists are a guess.
    ListsGuessed,
}

/// What follows from how a region stands (ruling 6).
#[must_use]
pub fn region_fate(evidence: &RegionEvidence, scope: &ScopeSettings) -> RegionFate {
    use RegionFate::{Kept, Live, Retired};
    match evidence.standing {
        RegionStanding::Read => Live,
        RegionStanding::Unavailable => Kept(RegionKept::Unavailable),
        RegionStanding::Excluded if scope.on_leave_scope == OnLeave::Retire => Retired(Proof::on(Grounds::OutOfScope)),
        RegionStanding::Excluded => Kept(RegionKept::OutOfScope),
        RegionStanding::Disabled if scope.on_disable == OnLeave::Keep => Kept(RegionKept::Disabled),
        RegionStanding::Disabled | RegionStanding::InNeitherList if !evidence.lists_whole => {
            Kept(RegionKept::ListsGuessed)
        }
        RegionStanding::Disabled => Retired(Proof::on(Grounds::RegionDisabled)),
        RegionStanding::InNeitherList if evidence.missing_since.is_some_and(|since| since < evidence.run_started) => {
            Retired(Proof::on(Grounds::RegionAbsent))
        }
        RegionStanding::InNeitherList => Kept(RegionKept::MissingOnce),
    }
}
