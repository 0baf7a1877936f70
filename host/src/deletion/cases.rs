//! The table of cases, and the whole space of evidence.

use std::collections::{BTreeMap, BTreeSet};

use portolan_names::AccountId;

use super::*;
use crate::outcome::{Membership, ProblemClass};
use crate::unit::{ParentChain, UnitKey};

const RUN: u64 = 2_000;
const EARLIER: Option<u64> = Some(1_000);
const THIS_RUN: Option<u64> = Some(RUN + 1);

fn unit(account: &str) -> UnitKey {
    UnitKey { kind: "AWS::SQS::Queue".to_owned(), account: AccountId::parse(account).unwrap(), region: None }
}

fn chain(parent: &str) -> ParentChain {
    ParentChain(if parent.is_empty() { vec![] } else { vec![parent.to_owned()] })
}

/// A case's evidence; the default is the plainest: a whole unit, seen missing for the first time.
struct Case {
    membership: Option<Membership>,
    confirm: Confirm,
    read: ReadBack,
    missing_since: Option<u64>,
    parent: &'static str,
    claimed: bool,
    restored: bool,
    account: AccountFate,
    region: RegionFate,
    kind: KindFate,
}

fn case() -> Case {
    Case {
        membership: Some(Membership::Whole),
        confirm: Confirm::SecondRun,
        read: ReadBack::NotAsked,
        missing_since: None,
        parent: "",
        claimed: false,
        restored: false,
        account: AccountFate::Live,
        region: RegionFate::Live,
        kind: KindFate::Configured,
    }
}

fn candidate(case: &Case) -> Candidate {
    Candidate {
        key: "k".to_owned(),
        unit: unit("111122223333"),
        id: "q".to_owned(),
        parents: chain(case.parent),
        missing_since: case.missing_since,
        claimed: case.claimed,
        restored: case.restored,
    }
}

fn outcome(case: &Case) -> Decision {
    let evidence = Evidence {
        membership: case.membership.as_ref(),
        confirm: case.confirm,
        read: case.read,
        account: case.account,
        region: case.region,
        kind: case.kind,
        run_started: RUN,
    };
    decide(&candidate(case), &evidence)
}

fn account(standing: AccountStanding, described: Option<Described>, gone_since: Option<u64>) -> AccountEvidence {
    let listing = ListingScope::Organization;
    AccountEvidence { standing, listing, listing_whole: true, described, gone_since, run_started: RUN }
}

fn region(standing: RegionStanding, lists_whole: bool, missing_since: Option<u64>) -> RegionEvidence {
    RegionEvidence { standing, lists_whole, missing_since, run_started: RUN }
}

const KEEP: ScopeSettings =
    ScopeSettings { on_leave_scope: OnLeave::Keep, on_disable: OnLeave::Keep, on_kind_removed: OnLeave::Keep };
const RETIRE: ScopeSettings =
    ScopeSettings { on_leave_scope: OnLeave::Retire, on_disable: OnLeave::Retire, on_kind_removed: OnLeave::Retire };

/// `Ok` of the grounds for a deletion, `Err` of what happens instead.
fn short(decision: Decision) -> Result<Grounds, String> {
    match decision {
        Decision::Delete(proof) => Ok(proof.grounds()),
        Decision::MarkMissing => Err("missing".to_owned()),
        Decision::Keep(reason) => Err(format!("{reason:?}")),
    }
}

/// Name, evidence, what the user said, and what follows: live or retired on grounds, or kept for a reason.
type FateCase<E, K> = (&'static str, E, ScopeSettings, Result<Option<Grounds>, K>);
/// Name, deletions in one account and of how many, in another and of how many; removed, guards that tripped.
type GuardCase<'a> = (&'static str, usize, u64, usize, u64, usize, &'a [Guard]);

#[test]
fn units() {
    let whole = || Some(Membership::Whole);
    let partial = |parent: &str| Some(Membership::Partial(BTreeSet::from([chain(parent)])));
    let unknown = |class| Some(Membership::Unknown(class));
    let deny = ProblemClass::Denied;
    let text = |s: &str| Err(s.to_owned());
    #[rustfmt::skip]
    let table: Vec<(&str, Case, Result<Grounds, String>)> = vec![
        ("gone once, whole", case(), text("missing")),
        ("gone twice, whole both times", Case { missing_since: EARLIER, ..case() }, Ok(Grounds::AbsentTwice)),
        ("marked by this very run is no second observation", Case { missing_since: THIS_RUN, ..case() }, text("missing")),
        ("gone twice, denied the second time", Case { missing_since: EARLIER, membership: unknown(deny), ..case() }, text("Unknown(Denied)")),
        ("listing whole, attributes throttled: freshness is not looked at", Case { missing_since: EARLIER, membership: whole(), ..case() }, Ok(Grounds::AbsentTwice)),
        ("page token gone stale, nothing read whole", Case { membership: unknown(ProblemClass::StaleCursor), missing_since: EARLIER, ..case() }, text("Unknown(StaleCursor)")),
        ("killed or stopped", Case { membership: unknown(ProblemClass::Cancelled), missing_since: EARLIER, ..case() }, text("Unknown(Cancelled)")),
        ("unit not attempted", Case { membership: None, missing_since: EARLIER, ..case() }, text("NotAttempted")),
        ("one parent of many denied: a child of the denied one", Case { membership: partial("a"), parent: "b", missing_since: EARLIER, ..case() }, text("ParentNotRead")),
        ("one parent of many denied: a child of another", Case { membership: partial("a"), parent: "a", missing_since: EARLIER, ..case() }, Ok(Grounds::AbsentTwice)),
        ("in part, and the resource lies under no parent", Case { membership: partial("a"), missing_since: EARLIER, ..case() }, text("ParentNotRead")),
        ("describe: not asked yet", Case { confirm: Confirm::Describe, ..case() }, text("missing")),
        ("describe: past the cap, for the second time", Case { confirm: Confirm::Describe, missing_since: EARLIER, ..case() }, text("missing")),
        ("describe: the service does not know it", Case { confirm: Confirm::Describe, read: ReadBack::Gone, ..case() }, Ok(Grounds::NotFound)),
        ("describe: it is there", Case { confirm: Confirm::Describe, read: ReadBack::There, missing_since: EARLIER, ..case() }, text("There")),
        ("describe: denied", Case { confirm: Confirm::Describe, read: ReadBack::Unanswered(deny), missing_since: EARLIER, ..case() }, text("missing")),
        ("describe: not found, but the listing was not whole", Case { confirm: Confirm::Describe, read: ReadBack::Gone, membership: unknown(deny), ..case() }, text("Unknown(Denied)")),
        ("one observation by configuration", Case { confirm: Confirm::Off, ..case() }, Ok(Grounds::AbsentOnce)),
        ("one observation, not whole", Case { confirm: Confirm::Off, membership: unknown(deny), ..case() }, text("Unknown(Denied)")),
        ("put back, gone once: one observation is not enough", Case { restored: true, confirm: Confirm::Off, ..case() }, text("missing")),
        ("put back, not found once", Case { restored: true, confirm: Confirm::Describe, read: ReadBack::Gone, ..case() }, text("missing")),
        ("put back, not found twice", Case { restored: true, confirm: Confirm::Describe, read: ReadBack::Gone, missing_since: EARLIER, ..case() }, Ok(Grounds::NotFound)),
        ("put back, absent twice", Case { restored: true, missing_since: EARLIER, ..case() }, Ok(Grounds::AbsentTwice)),
        ("put back, and there", Case { restored: true, confirm: Confirm::Describe, read: ReadBack::There, ..case() }, text("There")),
        ("put back, its account closed", Case { restored: true, account: AccountFate::Retired(Proof::on(Grounds::AccountClosed)), ..case() }, text("missing")),
        ("put back, its account closed twice", Case { restored: true, account: AccountFate::Retired(Proof::on(Grounds::AccountClosed)), missing_since: EARLIER, ..case() }, Ok(Grounds::AccountClosed)),
        ("claimed by another unit of this run", Case { claimed: true, missing_since: EARLIER, ..case() }, text("Claimed")),
        ("a bucket re-created in another account has another key; the old row goes by its own proof", Case { confirm: Confirm::Describe, read: ReadBack::Gone, ..case() }, Ok(Grounds::NotFound)),
        ("kind removed from the configuration", Case { kind: KindFate::Removed(OnLeave::Keep), membership: None, ..case() }, text("KindRemoved")),
        ("kind removed, told to retire", Case { kind: KindFate::Removed(OnLeave::Retire), membership: None, ..case() }, Ok(Grounds::OutOfScope)),
    ];
    for (name, case, expected) in table {
        assert_eq!(short(outcome(&case)), expected, "{name}");
    }
}

#[test]
fn accounts() {
    use AccountStanding::*;
    let ok = |grounds| Ok(Some(grounds));
    let kept = |why: AccountKept| Err(why);
    let partly = |evidence: AccountEvidence| AccountEvidence { listing_whole: false, ..evidence };
    let selection = |evidence: AccountEvidence| AccountEvidence { listing: ListingScope::Selection, ..evidence };
    #[rustfmt::skip]
    let table: Vec<FateCase<AccountEvidence, AccountKept>> = vec![
        ("active", account(Active, None, None), KEEP, Ok(None)),
        ("suspended", account(Resting, None, EARLIER), RETIRE, kept(AccountKept::Resting)),
        ("role denied", account(RoleRefused, None, EARLIER), RETIRE, kept(AccountKept::RoleRefused)),
        ("closed, once", account(Closed, None, THIS_RUN), KEEP, kept(AccountKept::GoneOnce)),
        ("closed, twice", account(Closed, None, EARLIER), KEEP, ok(Grounds::AccountClosed)),
        ("closed, and described so", account(Closed, Some(Described::Closed), None), KEEP, ok(Grounds::AccountClosed)),
        ("closed, yet described a member", account(Closed, Some(Described::Member), EARLIER), KEEP, kept(AccountKept::Contradicted)),
        ("absent, once", account(Absent, None, THIS_RUN), KEEP, kept(AccountKept::GoneOnce)),
        ("absent, twice", account(Absent, None, EARLIER), KEEP, ok(Grounds::AccountAbsent)),
        ("absent, and unknown to the organization", account(Absent, Some(Described::NotFound), None), KEEP, ok(Grounds::AccountAbsent)),
        ("absent twice, the listing failed in part", partly(account(Absent, None, EARLIER)), KEEP, kept(AccountKept::ListingNotWhole)),
        ("absent, described gone, the listing failed in part", partly(account(Absent, Some(Described::NotFound), None)), RETIRE, kept(AccountKept::ListingNotWhole)),
        ("moved: absent, yet a member", account(Absent, Some(Described::Member), EARLIER), KEEP, kept(AccountKept::OutOfScope)),
        ("moved, told to retire", account(Absent, Some(Described::Member), None), RETIRE, ok(Grounds::OutOfScope)),
        ("absent from the configured units, twice, nobody to ask", selection(account(Absent, None, EARLIER)), KEEP, kept(AccountKept::OutOfScope)),
        ("the same once, told to retire", selection(account(Absent, None, None)), RETIRE, kept(AccountKept::GoneOnce)),
        ("the same twice, told to retire", selection(account(Absent, None, EARLIER)), RETIRE, ok(Grounds::OutOfScope)),
        ("seen in another unit", account(LeftScope, None, None), KEEP, kept(AccountKept::OutOfScope)),
        ("seen in another unit, told to retire", account(LeftScope, None, None), RETIRE, ok(Grounds::OutOfScope)),
        ("excluded", account(Excluded, None, None), KEEP, kept(AccountKept::OutOfScope)),
        ("excluded, told to retire", partly(account(Excluded, None, None)), RETIRE, ok(Grounds::OutOfScope)),
    ];
    for (name, evidence, scope, expected) in table {
        let fate = match account_fate(&evidence, &scope) {
            AccountFate::Live => Ok(None),
            AccountFate::Kept(why) => Err(why),
            AccountFate::Retired(proof) => Ok(Some(proof.grounds())),
        };
        assert_eq!(fate, expected, "{name}");
    }
}

#[test]
fn regions() {
    use RegionStanding::*;
    #[rustfmt::skip]
    let table: Vec<FateCase<RegionEvidence, RegionKept>> = vec![
        ("read", region(Read, true, None), KEEP, Ok(None)),
        ("disabled", region(Disabled, true, EARLIER), KEEP, Err(RegionKept::Disabled)),
        ("disabled, told to retire", region(Disabled, true, None), RETIRE, Ok(Some(Grounds::RegionDisabled))),
        ("disabled by a guess, told to retire", region(Disabled, false, None), RETIRE, Err(RegionKept::ListsGuessed)),
        ("excluded, or the region policy changed", region(Excluded, true, None), KEEP, Err(RegionKept::OutOfScope)),
        ("excluded, told to retire", region(Excluded, true, None), RETIRE, Ok(Some(Grounds::OutOfScope))),
        ("the service is not there", region(Unavailable, true, EARLIER), RETIRE, Err(RegionKept::Unavailable)),
        ("in neither list, once", region(InNeitherList, true, None), KEEP, Err(RegionKept::MissingOnce)),
        ("in neither list, twice", region(InNeitherList, true, EARLIER), KEEP, Ok(Some(Grounds::RegionAbsent))),
        ("in neither list, twice, but the list is a guess", region(InNeitherList, false, EARLIER), RETIRE, Err(RegionKept::ListsGuessed)),
    ];
    for (name, evidence, scope, expected) in table {
        let fate = match region_fate(&evidence, &scope) {
            RegionFate::Live => Ok(None),
            RegionFate::Kept(why) => Err(why),
            RegionFate::Retired(proof) => Ok(Some(proof.grounds())),
        };
        assert_eq!(fate, expected, "{name}");
    }
}

/// Every combination of evidence: nothing goes for absence without a covering membership and a second observation, and
/// nothing that was seen goes at all.
#[test]
fn no_combination_deletes_without_proof() {
    let memberships = [
        None,
        Some(Membership::Whole),
        Some(Membership::Partial(BTreeSet::from([chain("a")]))),
        Some(Membership::Unknown(ProblemClass::Throttled)),
    ];
    let retired = |grounds| Proof::on(grounds);
    let accounts = [
        AccountFate::Live,
        AccountFate::Kept(AccountKept::RoleRefused),
        AccountFate::Retired(retired(Grounds::AccountClosed)),
    ];
    let regions =
        [RegionFate::Live, RegionFate::Kept(RegionKept::Disabled), RegionFate::Retired(retired(Grounds::RegionAbsent))];
    let kinds = [KindFate::Configured, KindFate::Removed(OnLeave::Keep), KindFate::Removed(OnLeave::Retire)];
    let reads = [ReadBack::NotAsked, ReadBack::Gone, ReadBack::There, ReadBack::Unanswered(ProblemClass::Denied)];
    let (mut seen, mut deleted) = (0, 0);
    for membership in &memberships {
        for confirm in [Confirm::Describe, Confirm::SecondRun, Confirm::Off] {
            for read in reads {
                for missing_since in [None, EARLIER, THIS_RUN] {
                    for parent in ["", "a", "b"] {
                        for (claimed, restored) in [(false, false), (true, false), (false, true), (true, true)] {
                            for account in accounts {
                                for region in regions {
                                    for kind in kinds {
                                        let membership = membership.clone();
                                        #[rustfmt::skip]
                                        let case = Case { membership, confirm, read, missing_since, parent, claimed, restored, account, region, kind };
                                        seen += 1;
                                        if let Decision::Delete(proof) = outcome(&case) {
                                            deleted += 1;
                                            assert_proven(&case, proof.grounds());
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(seen, 4 * 3 * 4 * 3 * 3 * 4 * 3 * 3 * 3);
    assert!(deleted > 0);
}

fn assert_proven(case: &Case, grounds: Grounds) {
    assert!(!case.claimed, "claimed, yet deleted");
    assert!(!case.restored || case.missing_since == EARLIER, "put back, and gone after one observation");
    assert!(!matches!(case.account, AccountFate::Kept(_)) && grounds != Grounds::Replaced);
    let read_whole = match &case.membership {
        Some(Membership::Whole) => true,
        Some(Membership::Partial(_)) => case.parent == "a",
        _ => false,
    };
    let in_scope = case.account == AccountFate::Live && case.region == RegionFate::Live;
    let listed = in_scope && case.kind == KindFate::Configured && read_whole && case.read != ReadBack::There;
    let proven = match grounds {
        Grounds::AbsentTwice => listed && case.confirm == Confirm::SecondRun && case.missing_since == EARLIER,
        Grounds::NotFound => listed && case.confirm == Confirm::Describe && case.read == ReadBack::Gone,
        Grounds::AbsentOnce => listed && case.confirm == Confirm::Off,
        Grounds::AccountClosed => matches!(case.account, AccountFate::Retired(_)),
        Grounds::RegionAbsent => matches!(case.region, RegionFate::Retired(_)),
        Grounds::OutOfScope => case.kind == KindFate::Removed(OnLeave::Retire),
        _ => false,
    };
    assert!(proven, "{grounds:?} without proof");
}

#[test]
fn only_what_could_be_confirmed_is_read_by_id() {
    let ask = |case: &Case| {
        let evidence = Evidence {
            membership: case.membership.as_ref(),
            confirm: case.confirm,
            read: case.read,
            account: case.account,
            region: case.region,
            kind: case.kind,
            run_started: RUN,
        };
        asks(&candidate(case), &evidence)
    };
    assert!(ask(&Case { confirm: Confirm::Describe, ..case() }));
    assert!(!ask(&Case { confirm: Confirm::Describe, claimed: true, ..case() }));
    assert!(!ask(&Case { confirm: Confirm::Describe, membership: None, ..case() }));
    assert!(!ask(&case()));
}

fn deletions(account: &str, from: usize, count: usize, grounds: Grounds) -> Vec<Decided> {
    let one = |n: usize| Decided {
        candidate: Candidate { key: format!("{account}/{n}"), unit: unit(account), ..candidate(&case()) },
        decision: Decision::Delete(Proof::on(grounds)),
    };
    (from..from + count).map(one).collect()
}

#[test]
fn guards_withhold_exactly_the_scope_that_tripped() {
    let (a, b) = ("111122223333", "222222222222");
    let owned = |a_owns: u64, b_owns: u64| Owned { by_unit: BTreeMap::from([(unit(a), a_owns), (unit(b), b_owns)]) };
    let settings = DeletionSettings::default();
    #[rustfmt::skip]
    let table: &[GuardCase<'_>] = &[
        ("a unit of one that lost it", 1, 1, 0, 1_000, 1, &[]),
        ("19 of 19 stay below the number", 19, 19, 0, 1_000, 19, &[]),
        ("20 of 40 is not above the share", 20, 40, 0, 1_000, 20, &[]),
        ("21 of 40 trips the unit, the other unit goes on", 21, 40, 5, 1_000, 5, &[Guard::Unit(unit(a))]),
        ("89 % of a large unit", 890, 1_000, 1, 9_000, 1, &[Guard::Unit(unit(a)), Guard::Account(AccountId::parse(a).unwrap())]),
        ("a fifth of all is not above the share", 100, 250, 100, 750, 200, &[]),
        ("more than a fifth of all stops the run", 100, 250, 101, 750, 0, &[Guard::Run]),
    ];
    for (name, in_a, of_a, in_b, of_b, removed, guards) in table {
        let mut all = deletions(a, 0, *in_a, Grounds::AbsentTwice);
        all.extend(deletions(b, 0, *in_b, Grounds::NotFound));
        let plan = judge(all, &owned(*of_a, *of_b), OrganizationListing::default(), &settings, &BTreeSet::new());
        assert_eq!(plan.removals().len(), *removed, "{name}");
        assert_eq!(plan.withheld().len(), in_a + in_b - removed, "{name}");
        assert_eq!(plan.tripped().iter().map(|t| t.guard.clone()).collect::<Vec<_>>(), *guards, "{name}");
    }
}

#[test]
fn a_released_plan_passes_and_nothing_else_with_it() {
    let a = "111122223333";
    let owned = Owned { by_unit: BTreeMap::from([(unit(a), 100)]) };
    let settings = DeletionSettings::default();
    let none = OrganizationListing::default();
    let first = judge(deletions(a, 0, 60, Grounds::NotFound), &owned, none, &settings, &BTreeSet::new());
    let released: BTreeSet<String> = first.withheld().iter().map(|w| w.candidate.key.clone()).collect();
    assert_eq!((first.removals().len(), released.len()), (0, 60));
    let second = judge(deletions(a, 0, 60, Grounds::NotFound), &owned, none, &settings, &released);
    assert_eq!((second.removals().len(), second.withheld().len()), (60, 0));
    // What the plan did not hold is guarded as ever.
    let more = judge(deletions(a, 30, 90, Grounds::NotFound), &owned, none, &settings, &released);
    assert_eq!((more.removals().len(), more.withheld().len()), (30, 60));
}

#[test]
fn an_organization_that_shrank_retires_no_account() {
    let a = "111122223333";
    let owned = Owned { by_unit: BTreeMap::from([(unit(a), 30), (unit("222222222222"), 10_000)]) };
    let settings = DeletionSettings::default();
    let judged = |known, lost| {
        let all = deletions(a, 0, 30, Grounds::AccountAbsent);
        judge(all, &owned, OrganizationListing { known, lost }, &settings, &BTreeSet::new())
    };
    // One closed account is all of its rows, and that is no reason to doubt it.
    assert_eq!(judged(40, 1).removals().len(), 30);
    assert_eq!(judged(40, 2).removals().len(), 30);
    assert_eq!(judged(1_000, 3).removals().len(), 30);
    let shrunk = judged(40, 3);
    assert!(shrunk.removals().is_empty());
    assert_eq!(shrunk.withheld()[0].guard, Guard::OrganizationShrink);
}

#[test]
fn a_share_that_is_no_share_is_the_safe_side() {
    for share in [f64::NAN, -1.0, 2.0, f64::INFINITY] {
        assert!(GuardSettings { at_least: 1, share }.trips(1, 100), "{share}");
        assert!(!GuardSettings { at_least: 1, share }.trips(0, 0), "{share}");
    }
}
