//! What took long: it is begun first in the next run, so that its end is not waited for alone.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::unit::UnitKey;

/// Units that took less are not remembered: they hold nobody up.
const SLOW_MS: u64 = 1_000;
/// Units that are remembered: the slowest of an estate, where all are slow.
const KEPT: usize = 10_000;

/// The slow units of the last run and of this one, with milliseconds.
#[derive(Debug, Default)]
pub(super) struct Slow {
    before: HashMap<UnitKey, u64>,
    now: Mutex<Vec<(UnitKey, u64)>>,
}

impl Slow {
    pub(super) fn new(before: Vec<(UnitKey, u64)>) -> Self {
        Self { before: before.into_iter().collect(), now: Mutex::default() }
    }

    /// How long it took last time, where that was long.
    pub(super) fn took_ms(&self, unit: &UnitKey) -> Option<u64> {
        self.before.get(unit).copied()
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
            account: portolan_names::AccountId::parse("111122223333").unwrap(),
            region: None,
        };
        for number in 0..2 * KEPT {
            slow.note(&unit(number), Duration::from_millis(900 + number as u64));
        }
        let kept = slow.kept();
        assert_eq!((kept.len(), kept[0].clone()), (KEPT, (unit(2 * KEPT - 1), 900 + 2 * KEPT as u64 - 1)));
        assert_eq!(Slow::new(kept).took_ms(&unit(50)), None, "not slow");
    }
}
