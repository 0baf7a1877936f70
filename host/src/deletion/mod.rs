//! Decides what is deleted, from evidence alone; the only place that can make a [`Proof`].
//!
//! A listing can succeed and still hide an item, so absence deletes nothing by itself. A resource goes when the unit
//! that owns it was read whole (or whole below its parents) *and* a second observation agrees, or when its account or
//! region is gone by the same standard, or when the user said that leaving the scope retires. Then come the guards,
//! which withhold a mass deletion until somebody releases exactly that plan.
//!
//! The order of a run: [`account_fate`] and [`region_fate`] from what discovery said, [`asks`] to find what is worth a
//! reading by id, [`read_back`] for what that reading proves, [`decide()`] for each candidate, [`judge`] over all of them.
//! Nothing here does I/O or knows the time: moments are milliseconds since 1970, passed in.

mod accounts;
#[cfg(test)]
mod cases;
mod decide;
mod guards;
mod proof;
mod reading;
mod regions;
mod settings;

pub use accounts::{AccountEvidence, AccountFate, AccountKept, AccountStanding, Described, ListingScope, account_fate};
pub use decide::{Candidate, Confirm, Decision, Evidence, KeepReason, KindFate, asks, decide};
pub use guards::{Decided, Guard, OrganizationListing, Owned, Plan, Removal, Tripped, Withheld, judge};
pub use proof::{Grounds, Proof, replaced};
pub use reading::{READINGS_PER_UNIT_MAX, ReadBack, read_back};
pub use regions::{RegionEvidence, RegionFate, RegionKept, RegionStanding, region_fate};
pub use settings::{DeletionSettings, GuardSettings, OnLeave, ScopeSettings};
