//! How many units are read side by side: few at first, and more as long as more of them bring more.
//!
//! Each reader may hold an instance of the component, which is what a run's memory goes into. How many are worth it depends on how
//! long AWS takes to answer and how fast it lets itself be asked, which only trying tells.

use std::time::Duration;

/// Readers a core to begin with: enough for an AWS that answers at once.
const AT_FIRST_A_CORE: usize = 2;
/// How long is looked at what they bring.
pub(super) const TICK: Duration = Duration::from_millis(250);
/// So much more has to come of half as many more, or there are enough.
const WORTH_IT: f64 = 1.2;
/// Ticks after which it is tried once more: other accounts may answer more slowly.
const REST: u32 = 40;

/// Readers, and what they brought when there were fewer.
#[derive(Debug)]
pub(super) struct Pace {
    readers: usize,
    readers_max: usize,
    brought: u64,
    resting: u32,
}

impl Pace {
    pub(super) fn new(cores: usize, readers_max: usize) -> Self {
        Self { readers: (cores * AT_FIRST_A_CORE).min(readers_max), readers_max, brought: 0, resting: 0 }
    }

    pub(super) fn readers(&self) -> usize {
        self.readers
    }

    /// What came in a tick, and whether units were waiting in it: how many readers more there should be.
    pub(super) fn more(&mut self, came: u64, units_wait: bool) -> usize {
        if !units_wait || came == 0 || self.readers >= self.readers_max {
            return 0;
        }
        if self.resting > 0 {
            self.resting -= 1;
            self.brought = if self.resting == 0 { 0 } else { came };
            return 0;
        }
        #[expect(clippy::cast_precision_loss, reason = "thousands in a tick")]
        let worth_it = came as f64 >= self.brought as f64 * WORTH_IT;
        self.brought = came;
        if !worth_it {
            self.resting = REST;
            return 0;
        }
        let more = (self.readers / 2).max(1).min(self.readers_max - self.readers);
        self.readers += more;
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of so many readers where each waits 20 ms for an answer and a core does `a_second` of them.
    fn came(readers: usize, a_second: usize) -> u64 {
        let (by_waiting, by_work) = (readers * 50, a_second);
        (by_waiting.min(by_work) / 4) as u64
    }

    fn settled(a_second: usize, ticks: usize) -> usize {
        let mut pace = Pace::new(2, 128);
        for _ in 0..ticks {
            pace.more(came(pace.readers(), a_second), true);
        }
        pace.readers()
    }

    #[test]
    fn readers_are_as_many_as_bring_more() {
        assert_eq!(settled(100_000, 12), 128, "waiting is all they do");
        assert_eq!(settled(200, 12), 6, "four were enough; it took two to see it");
        assert!((60..=100).contains(&settled(3_000, 12)), "{}", settled(3_000, 12));
        assert_eq!(settled(200, 60), 9, "tried once more");
    }

    #[test]
    fn nothing_is_learned_while_nothing_waits() {
        let mut pace = Pace::new(2, 128);
        assert_eq!((pace.more(100, false), pace.more(0, true), pace.readers()), (0, 0, 4));
        assert_eq!(Pace::new(4, 2).readers(), 2);
    }
}
