use crate::outcome::{Membership, ProblemClass};
use crate::unit::{ParentChain, UnitKey};

use super::accounts::{AccountFate, AccountKept};
use super::proof::{Grounds, Proof};
use super::reading::ReadBack;
use super::regions::{RegionFate, RegionKept};
use super::settings::{DeletionSettings, OnLeave};

/// A resource that was there before and was not seen by this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its key in the catalogue.
    pub key: String,
    /// The unit that owns it.
    pub unit: UnitKey,
    /// Its identity within the unit: what `read-resources` is asked for.
    pub id: String,
    /// Below which parents it lies.
    pub parents: ParentChain,
    /// When an earlier run first found it missing; cleared whenever it is seen.
    pub missing_since: Option<u64>,
    /// Whether some unit of this run claimed it after all (a shared resource, a unit that moved).
    pub claimed: bool,
    /// Whether somebody put it back after a deletion, and no run has seen it since: two runs have to agree then, whatever
    /// else the kind or the configuration asks for. A deletion that somebody undid was wrong once.
    pub restored: bool,
}

/// How a vanished resource of a kind is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirm {
    /// By reading it once by id.
    Describe,
    /// By a second run whose listing lacks it too.
    SecondRun,
    /// Not at all: `deletion.confirm` is false.
    Off,
}

impl Confirm {
    /// From the manifest's `confirm` and the configuration. A word we do not know asks for the second run.
    #[must_use]
    pub fn of(manifest: &str, settings: &DeletionSettings) -> Self {
        match manifest {
            _ if !settings.confirm => Self::Off,
            "describe" => Self::Describe,
            _ => Self::SecondRun,
        }
    }
}

/// Whether the configuration still names the candidate's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindFate {
    /// It does.
    Configured,
    /// It does not; the rows stay unless the user said otherwise.
    Removed(OnLeave),
}

/// All that a decision looks at, besides the candidate.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What the unit's listing proves; none if the unit was not attempted.
    pub membership: Option<&'a Membership>,
    /// How the kind is confirmed.
    pub confirm: Confirm,
    /// What reading it by id gave.
    pub read: ReadBack,
    /// What follows for its account.
    pub account: AccountFate,
    /// What follows for its region.
    pub region: RegionFate,
    /// What follows for its kind.
    pub kind: KindFate,
    /// When this run began: only what was missing before is a second observation now.
    pub run_started: u64,
}

/// What becomes of a candidate, before the guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes, by this proof.
    Delete(Proof),
    /// It was observed missing; another observation is needed.
    MarkMissing,
    /// Nothing is known against it.
    Keep(KeepReason),
}

/// Why a candidate stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeepReason {
    /// Some unit of this run claimed it.
    Claimed,
    /// Its account's rows stay.
    Account(AccountKept),
    /// Its region's rows stay.
    Region(RegionKept),
    /// Its kind left the configuration.
    KindRemoved,
    /// Its unit was not attempted.
    NotAttempted,
    /// Its unit's listing proves nothing.
    Unknown(ProblemClass),
    /// Its unit was read in part, and not below its parents.
    ParentNotRead,
    /// Read by id, it is there.
    There,
}

/// Decides about one candidate (rulings 1, 2, 5, 6, 32).
#[must_use]
pub fn decide(candidate: &Candidate, evidence: &Evidence<'_>) -> Decision {
    let second = candidate.missing_since.is_some_and(|since| since < evidence.run_started);
    match by_evidence(candidate, evidence, second) {
        Decision::Delete(_) if candidate.restored && !second => Decision::MarkMissing,
        decision => decision,
    }
}

fn by_evidence(candidate: &Candidate, evidence: &Evidence<'_>, second: bool) -> Decision {
    use Decision::{Delete, Keep, MarkMissing};
    if candidate.claimed {
        return Keep(KeepReason::Claimed);
    }
    match evidence.account {
        AccountFate::Live => {}
        AccountFate::Kept(why) => return Keep(KeepReason::Account(why)),
        AccountFate::Retired(proof) => return Delete(proof),
    }
    match evidence.region {
        RegionFate::Live => {}
        RegionFate::Kept(why) => return Keep(KeepReason::Region(why)),
        RegionFate::Retired(proof) => return Delete(proof),
    }
    match evidence.kind {
        KindFate::Configured => {}
        KindFate::Removed(OnLeave::Keep) => return Keep(KeepReason::KindRemoved),
        KindFate::Removed(OnLeave::Retire) => return Delete(Proof::on(Grounds::OutOfScope)),
    }
    match evidence.membership {
        None => return Keep(KeepReason::NotAttempted),
        Some(Membership::Unknown(class)) => return Keep(KeepReason::Unknown(*class)),
        Some(membership) if !membership.covers(&candidate.parents) => return Keep(KeepReason::ParentNotRead),
        Some(_) => {}
    }
    match (evidence.confirm, evidence.read) {
        // Whatever was asked for: a resource that answers is not deleted.
        (_, ReadBack::There) => Keep(KeepReason::There),
        (Confirm::Off, _) => Delete(Proof::on(Grounds::AbsentOnce)),
        (Confirm::Describe, ReadBack::Gone) => Delete(Proof::on(Grounds::NotFound)),
        (Confirm::Describe, ReadBack::NotAsked | ReadBack::Unanswered(_)) => MarkMissing,
        (Confirm::SecondRun, _) if second => Delete(Proof::on(Grounds::AbsentTwice)),
        (Confirm::SecondRun, _) => MarkMissing,
    }
}

/// Whether reading the candidate by id would make a difference, given all other evidence.
#[must_use]
pub fn asks(candidate: &Candidate, evidence: &Evidence<'_>) -> bool {
    let before = Evidence { read: ReadBack::NotAsked, ..*evidence };
    evidence.confirm == Confirm::Describe && decide(candidate, &before) == Decision::MarkMissing
}
