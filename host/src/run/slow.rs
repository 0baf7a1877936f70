//! What took long: it is begun first in the next run, so that its end is not waited for alone.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use portolan_names::{AccountId, Region};

use crate::unit::UnitKey;

/// Units that took less are not remembered: they hold nobody up.
const SLOW_MS: u64 = 1_000;
/// Units that are remembered: the slowest of an estate, where all are slow.
const KEPT: usize = 10_000;

/// The slow units of the last run and of this one, with milliseconds.
#[derive(Debug, Default)]
pub(super) struct Slow {
    before: HashMap<AccountId, Vec<(UnitKey, u64)>>,
    now: Mutex<Vec<(UnitKey, u64)>>,
}

impl Slow {
    pub(super) fn new(before: Vec<(UnitKey, u64)>) -> Self {
        let mut by_account: HashMap<AccountId, Vec<(UnitKey, u64)>> = HashMap::new();
        for (unit, took_ms) in before {
            by_account.entry(unit.account.clone()).or_default().push((unit, took_ms));
        }
        Self { before: by_account, now: Mutex::default() }
    }

    /// How long it took last time, where that was long.
    pub(super) fn took_ms(&self, account: &AccountId, kind: &str, region: Option<&str>) -> Option<u64> {
        let is_it = |unit: &UnitKey| unit.kind == kind && unit.region.as_ref().map(Region::as_str) == region;
        self.before.get(account)?.iter().find(|(unit, _)| is_it(unit)).map(|(_, took_ms)| *took_ms)
    }

    pub(super) fn note(&self, unit: &UnitKey, took: Duration) {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if took_ms < SLOW_MS {
            return;
        }
        if let Ok(mut now) = self.now.lock() {
            now.push((unit.clone(), took_ms));
            if now.len() >= 2 * KEPT {
                keep_slowest(&mut now);
            }
        }
    }

    /// What the next run is to know.
    pub(super) fn kept(&self) -> Vec<(UnitKey, u64)> {
        let mut kept = self.now.lock().map(|now| now.clone()).unwrap_or_default();
        keep_slowest(&mut kept);
        kept
    }
}

fn keep_slowest(units: &mut Vec<(UnitKey, u64)>) {
    units.sort_by_key(|(_, took_ms)| std::cmp::Reverse(*took_ms));
    units.truncate(KEPT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_are_kept() {
        let slow = Slow::default();
        let unit = |number: usize| UnitKey {
            kind: format!("K{number}"),
            account: AccountId::parse("111122223333").unwrap(),
            region: None,
        };
        for number in 0..2 * KEPT {
            slow.note(&unit(number), Duration::from_millis(900 + number as u64));
        }
        let kept = slow.kept();
        assert_eq!((kept.len(), kept[0].clone()), (KEPT, (unit(2 * KEPT - 1), 900 + 2 * KEPT as u64 - 1)));
        let (before, first) = (Slow::new(kept), unit(2 * KEPT - 1));
        let took_ms = |unit: &UnitKey| before.took_ms(&unit.account, &unit.kind, None);
        assert_eq!(took_ms(&unit(50)), None, "not slow");
        assert_eq!(took_ms(&first), Some(900 + 2 * KEPT as u64 - 1));
        assert_eq!(before.took_ms(&first.account, &first.kind, Some("eu-west-1")), None);
    }
}
