//! How a unit ended: two facts that are never mixed.
//!
//! *Membership* says what the listing proves about what exists; deletion looks at it and at nothing else. *Freshness* says
//! whether the properties of what exists were all read. A unit whose attributes were throttled is whole and stale.

use std::collections::{BTreeMap, BTreeSet};

pub use crate::problem::{Problem, ProblemClass};
use crate::unit::ParentChain;

/// What a unit's listing proves about what exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// Everything that exists was listed.
    Whole,
    /// Only below these parents was everything listed.
    Partial(BTreeSet<ParentChain>),
    /// Nothing is proven, because of this.
    Unknown(ProblemClass),
}

impl Membership {
    /// Whether the listing would have shown a resource below `parents`, had it existed.
    ///
    /// Under `Partial` the very chain must have been read whole: that its parent's parent was says nothing of it.
    #[must_use]
    pub fn covers(&self, parents: &ParentChain) -> bool {
        match self {
            Self::Whole => true,
            Self::Partial(read) => !parents.is_empty() && read.contains(parents),
            Self::Unknown(_) => false,
        }
    }

    /// `whole`, `partial` or `unknown`, as the catalogue and the report have it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Partial(_) => "partial",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Whether the properties of what a unit holds were all read this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// They were.
    Fresh,
    /// Some actions failed; the last known values stay and are marked.
    Stale {
        /// The actions that failed for at least one resource.
        actions: BTreeSet<String>,
        /// Why.
        classes: BTreeSet<ProblemClass>,
    },
}

impl Freshness {
    /// `fresh` or `stale`, as the catalogue and the report have it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale { .. } => "stale",
        }
    }
}

/// How the reading of a unit came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The last page had no `next`.
    AtItsEnd,
    /// Something stopped it before.
    Before(ProblemClass),
}

/// The conjunction over a unit's pages, from which its membership and freshness follow.
///
/// Stored with the cursor in one transaction, so that a resumed unit cannot forget that an earlier page was not whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PagesSoFar {
    /// The class of the first page that was not whole.
    pub not_whole: Option<ProblemClass>,
    /// Parents whose children were read to the end (true) or not (false); false wins.
    pub parents: Vec<(ParentChain, bool)>,
    /// Actions that failed for some resource.
    pub stale_actions: BTreeSet<String>,
    /// Why they failed.
    pub stale_classes: BTreeSet<ProblemClass>,
}

impl PagesSoFar {
    /// Adds a page: whether it was whole, its problems, its scope lines, the actions that its resources lack.
    pub fn add(
        &mut self,
        whole: bool,
        problems: &[Problem],
        parents: impl IntoIterator<Item = (ParentChain, bool)>,
        gaps: impl IntoIterator<Item = String>,
    ) {
        if !whole && self.not_whole.is_none() {
            // A vanished item and a mapping that gave null never make a page partial, so they are not the reason.
            let reason = problems.iter().map(|p| p.class).find(|c| !harmless(*c));
            self.not_whole = Some(reason.unwrap_or(ProblemClass::BadAnswer));
        }
        let mut known: BTreeMap<ParentChain, bool> = std::mem::take(&mut self.parents).into_iter().collect();
        for (parent, whole) in parents {
            known.entry(parent).and_modify(|w| *w &= whole).or_insert(whole);
        }
        self.parents = known.into_iter().collect();
        let gaps: BTreeSet<String> = gaps.into_iter().collect();
        if !gaps.is_empty() {
            self.stale_actions.extend(gaps);
            self.stale_classes.extend(problems.iter().map(|p| p.class).filter(|c| !harmless(*c)));
        }
    }

    /// What the pages prove, given how the unit ended.
    #[must_use]
    pub fn membership(&self, ended: Ended) -> Membership {
        let failed = match (ended, self.not_whole) {
            (Ended::AtItsEnd, None) if self.parents.iter().all(|(_, whole)| *whole) => return Membership::Whole,
            (Ended::Before(class), None) | (_, Some(class)) => class,
            // A page that calls itself whole and names a parent that is not: believe the worse.
            (Ended::AtItsEnd, None) => ProblemClass::BadAnswer,
        };
        let read: BTreeSet<ParentChain> =
            self.parents.iter().filter(|(chain, whole)| *whole && !chain.is_empty()).map(|(c, _)| c.clone()).collect();
        if read.is_empty() { Membership::Unknown(failed) } else { Membership::Partial(read) }
    }

    /// Whether anything was left unread of what exists.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        if self.stale_actions.is_empty() {
            Freshness::Fresh
        } else {
            Freshness::Stale { actions: self.stale_actions.clone(), classes: self.stale_classes.clone() }
        }
    }
}

fn harmless(class: ProblemClass) -> bool {
    matches!(class, ProblemClass::Vanished | ProblemClass::Mapping)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(ids: &[&str]) -> ParentChain {
        ParentChain(ids.iter().map(|s| (*s).to_owned()).collect())
    }

    fn problem(class: ProblemClass) -> Problem {
        let text = String::new;
        Problem {
            class,
            operation: text(),
            region: None,
            code: text(),
            message: text(),
            request_id: None,
            subject: None,
            count: 1,
        }
    }

    #[test]
    fn classes_are_those_of_the_interface_in_its_order() {
        let wit = include_str!("../wit/sync.wit");
        let body = wit.split_once("enum problem-class {").unwrap().1.split_once('}').unwrap().0;
        let names: Vec<&str> = body
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("///"))
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        assert_eq!(names, ProblemClass::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>());
        for class in ProblemClass::ALL {
            assert_eq!(ProblemClass::parse(class.as_str()), Some(*class));
        }
    }

    #[test]
    fn one_page_that_is_not_whole_spoils_the_unit_whatever_follows() {
        let mut pages = PagesSoFar::default();
        pages.add(true, &[], [], []);
        pages.add(false, &[problem(ProblemClass::Vanished), problem(ProblemClass::Denied)], [], []);
        pages.add(true, &[], [], []);
        assert_eq!(pages.membership(Ended::AtItsEnd), Membership::Unknown(ProblemClass::Denied));
        let stored = serde_json::to_string(&pages).unwrap();
        assert_eq!(serde_json::from_str::<PagesSoFar>(&stored).unwrap(), pages);
    }

    #[test]
    fn parents_that_were_read_whole_survive_a_unit_that_stopped() {
        let mut pages = PagesSoFar::default();
        pages.add(true, &[], [(chain(&["a"]), true), (chain(&["b"]), true)], []);
        pages.add(false, &[problem(ProblemClass::Throttled)], [(chain(&["b"]), false)], []);
        let membership = pages.membership(Ended::Before(ProblemClass::TimedOut));
        assert_eq!(membership, Membership::Partial([chain(&["a"])].into()));
        assert!(membership.covers(&chain(&["a"])));
        for not_covered in [chain(&["b"]), chain(&["a", "x"]), chain(&[])] {
            assert!(!membership.covers(&not_covered), "{not_covered:?}");
        }
    }

    #[test]
    fn a_parent_that_is_not_whole_is_believed_against_its_page() {
        let mut pages = PagesSoFar::default();
        pages.add(true, &[], [(chain(&["a"]), false)], []);
        assert_eq!(pages.membership(Ended::AtItsEnd), Membership::Unknown(ProblemClass::BadAnswer));
    }

    #[test]
    fn throttled_attributes_leave_the_membership_whole() {
        let mut pages = PagesSoFar::default();
        pages.add(true, &[problem(ProblemClass::Throttled)], [], ["GetBucketTaggingAction".to_owned()]);
        assert_eq!(pages.membership(Ended::AtItsEnd), Membership::Whole);
        let expected = Freshness::Stale {
            actions: ["GetBucketTaggingAction".to_owned()].into(),
            classes: [ProblemClass::Throttled].into(),
        };
        assert_eq!(pages.freshness(), expected);
    }
}
