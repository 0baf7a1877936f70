//! The order in which an account's units are read.

use std::collections::VecDeque;
use std::sync::Arc;

use portolan_names::AccountId;

use super::kinds::KindFacts;
use super::queue::{Planned, Waiting};
use crate::bindings::exports::portolan::aws::sync;

/// What was slow last time first, the slowest before all; then by the session that reads them; and within that spread over
/// regions and services: the first kind in every region, each region beginning with another kind.
///
/// `took_ms` says how long a unit took last time, where that was long.
pub(super) fn in_order(
    account: sync::Account,
    id: AccountId,
    kinds: Vec<(Arc<KindFacts>, Vec<String>)>,
    took_ms: impl Fn(&str, Option<&str>) -> Option<u64>,
) -> Planned {
    let mut regions: Vec<String> = kinds.iter().flat_map(|(_, regions)| regions.iter().cloned()).collect();
    regions.sort_unstable();
    regions.dedup();
    let mut units: Vec<(u64, usize, Waiting)> = Vec::new();
    let rounds = kinds.iter().map(|(_, regions)| regions.len().max(1)).max().unwrap_or(0);
    for round in 0..rounds {
        for (index, (kind, of_kind)) in kinds.iter().enumerate() {
            let region = match of_kind.len() {
                0 if round == 0 => None,
                many if round < many => of_kind.get((round + index) % many).map(String::as_str),
                _ => continue,
            };
            let at = region.and_then(|region| regions.binary_search_by(|known| known.as_str().cmp(region)).ok());
            if let Some(waiting) = Waiting::new(index, at) {
                units.push((took_ms(&kind.name, region).unwrap_or(0), kind.group, waiting));
            }
        }
    }
    units.sort_by_key(|(took_ms, group, _)| (std::cmp::Reverse(*took_ms), *group));
    let units: VecDeque<Waiting> = units.into_iter().map(|(.., waiting)| waiting).collect();
    Planned { account: Arc::new(account), id, kinds: kinds.into_iter().map(|(kind, _)| kind).collect(), regions, units }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(kinds: &[(&str, usize, &[&str])], took_ms: impl Fn(&str, Option<&str>) -> Option<u64>) -> Vec<String> {
        let kinds = kinds.iter().map(|(name, group, regions)| {
            let facts = KindFacts { group: *group, ..KindFacts::unknown(name) };
            (Arc::new(facts), regions.iter().map(|region| (*region).to_owned()).collect())
        });
        let account = sync::Account {
            id: "111122223333".to_owned(),
            name: String::new(),
            role: sync::AccountRole::Member,
            details: "{}".to_owned(),
        };
        let planned = in_order(account, AccountId::parse("111122223333").unwrap(), kinds.collect(), took_ms);
        let region = |unit: &Waiting| unit.region.map_or("", |index| &planned.regions[usize::from(index.get()) - 1]);
        planned
            .units
            .iter()
            .map(|unit| format!("{}{}", planned.kinds[usize::from(unit.kind)].name, region(unit)))
            .collect()
    }

    const REGIONS: &[&str] = &["r1", "r2", "r3"];

    #[test]
    fn each_kind_meets_each_region_once_and_neighbours_differ() {
        let names = order(&[("A", 0, REGIONS), ("B", 0, REGIONS), ("G", 0, &[])], |_, _| None);
        assert_eq!(names, ["Ar1", "Br2", "G", "Ar2", "Br3", "Ar3", "Br1"]);
    }

    #[test]
    fn what_took_long_comes_first_and_sessions_follow_each_other() {
        let took = |kind: &str, region: Option<&str>| match (kind, region) {
            ("B", Some("r3")) => Some(9_000),
            ("A", Some("r2")) => Some(1_500),
            _ => None,
        };
        let names = order(&[("A", 1, REGIONS), ("B", 0, REGIONS), ("G", 1, &[])], took);
        assert_eq!(names, ["Br3", "Ar2", "Br2", "Br1", "Ar1", "G", "Ar3"]);
    }
}
