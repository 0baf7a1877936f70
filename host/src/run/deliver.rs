//! The end of a run, for sinks with a memory: each is brought in step with the catalogue.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clock::now_ms;
use super::context::Failed;
use crate::cancellation::Cancellation;
use crate::catalogue::{Action, BatchLimits, Catalogue, Change};
use crate::sink::{Answer, Destination, DestinationError, Fate, Refusal, Worker};

/// Batches that are cut in halves in one run, so that one change that a sink does not take is found among the others.
/// Beyond it a batch is refused as a whole: a sink that refuses everything is not asked about each change.
const SPLITS_MAX: u32 = 64;
/// Changes that a sink may refuse one by one in a run. It then is the sink that is wrong, and not a change.
const REFUSED_ALONE_MAX: u32 = 100;
/// Changes that wait for others until the end of the run. They are in memory; more are refused until the next run.
const LATER_MAX: usize = 10_000;
/// How often those are sent again, while some are taken: the depth of a chain of relations.
const LATER_ROUNDS_MAX: u32 = 10;

/// What a sink was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryCounts {
    /// Resources or entities that it accepted.
    pub upserts: u64,
    /// Deletions that it accepted.
    pub deletions: u64,
    /// Of both, what it refused.
    pub refused: u64,
    /// Deletions that were another's to carry out: nothing was deleted.
    pub released: u64,
}

/// Why a sink is not in step.
#[derive(Debug, thiserror::Error)]
enum Behind {
    /// Its memory does not work.
    #[error(transparent)]
    Memory(#[from] Failed),
    /// It takes nothing more.
    #[error("{0}")]
    Destination(#[from] DestinationError),
    /// It refuses one change after the other.
    #[error("{REFUSED_ALONE_MAX} changes refused one by one, the last with {0}")]
    RefusesAll(String),
    /// It refused some, and has all others.
    #[error("{count} changes refused, the last with {status}; the table deliveries has the reasons")]
    Refused { count: u64, status: String },
}

/// Brings one sink in step. What it was sent is counted also where that fails.
pub(super) async fn deliver(
    destination: &dyn Destination,
    store: &Worker<Catalogue>,
    run_id: &str,
    cancelled: &Cancellation,
) -> (DeliveryCounts, Option<String>) {
    let mut delivery = Delivery {
        destination,
        store,
        run_id,
        limits: destination.limits(),
        splits: 0,
        refused_alone: 0,
        last_refusal: None,
        later: Vec::new(),
        counts: DeliveryCounts::default(),
    };
    let behind = tokio::select! {
        done = delivery.bring_in_step() => done.err(),
        // What was under way is marked as sent: the next run sends it again.
        () = cancelled.cancelled() => None,
    };
    let Delivery { counts, last_refusal, .. } = delivery;
    let refused = last_refusal.map(|status| Behind::Refused { count: counts.refused, status });
    (counts, behind.or(refused).map(|behind| behind.to_string()))
}

struct Delivery<'a> {
    destination: &'a dyn Destination,
    store: &'a Worker<Catalogue>,
    run_id: &'a str,
    /// The sink's own, and less once it said that a batch was too large.
    limits: BatchLimits,
    splits: u32,
    refused_alone: u32,
    last_refusal: Option<String>,
    /// What waits for others, and why.
    later: Vec<(Change, Refusal)>,
    counts: DeliveryCounts,
}

impl Delivery<'_> {
    async fn bring_in_step(&mut self) -> Result<(), Behind> {
        let name = self.destination.name().to_owned();
        let takes = self.destination.takes();
        let begin = move |catalogue: &mut Catalogue| catalogue.begin_pass(&name, takes);
        let mut pass = self.store.with(begin).await.map_err(Failed::from)?.map_err(Failed::from)?;
        loop {
            let (name, limits) = (self.destination.name().to_owned(), self.limits);
            let next = move |catalogue: &mut Catalogue| catalogue.next_changes(&name, pass, limits, now_ms());
            let next = self.store.with(next).await.map_err(Failed::from)?.map_err(Failed::from)?;
            let Some((changes, after)) = next else { return self.send_later().await };
            pass = after;
            let is_upsert = |change: &Change| change.action == Action::Upsert;
            // What is there first is written before anything is deleted.
            if !changes.iter().any(is_upsert) && self.later.iter().any(|(change, _)| is_upsert(change)) {
                self.send_later().await?;
            }
            self.send(changes).await?;
        }
    }

    async fn send(&mut self, changes: Vec<Change>) -> Result<(), Behind> {
        let mut parts = vec![changes];
        while let Some(part) = parts.pop() {
            if part.len() > 1 && self.is_too_large(&part) {
                parts.extend(halves(part));
                continue;
            }
            let (refusal, too_large) = match self.destination.send(self.run_id, &part).await {
                Ok(Answer::Accepted) => {
                    self.accepted(part).await?;
                    continue;
                }
                Ok(Answer::TooLarge(refusal)) => (refusal, true),
                Ok(Answer::Refused(refusal)) => (refusal, false),
                Ok(Answer::Each { fates, stopped }) => {
                    self.settle(part, fates).await?;
                    match stopped {
                        Some(error) => return Err(error.into()),
                        None => continue,
                    }
                }
                Err(DestinationError::Closed(refusal)) => {
                    self.refused(part, refusal.clone()).await?;
                    return Err(DestinationError::Closed(refusal).into());
                }
                Err(error) => return Err(error.into()),
            };
            if part.len() > 1 && self.splits < SPLITS_MAX {
                self.splits += 1;
                if too_large {
                    // Half of what was too much, so that what is to come fits.
                    self.limits = BatchLimits { changes: part.len() / 2, bytes: bytes(&part) / 2 };
                }
                parts.extend(halves(part));
                continue;
            }
            let (alone, status) = (part.len() == 1, refusal.status.clone());
            self.refused(part, refusal).await?;
            self.refused_alone += u32::from(alone);
            if self.refused_alone >= REFUSED_ALONE_MAX {
                return Err(Behind::RefusesAll(status));
            }
        }
        Ok(())
    }

    /// What was told of each change.
    async fn settle(&mut self, part: Vec<Change>, fates: Vec<Fate>) -> Result<(), Behind> {
        let (mut accepted, mut released) = (Vec::new(), Vec::new());
        let mut refused: BTreeMap<String, (Refusal, Vec<Change>)> = BTreeMap::new();
        let mut refuse = |change: Change, refusal: Refusal| {
            refused.entry(refusal.reason.clone()).or_insert_with(|| (refusal, Vec::new())).1.push(change);
        };
        for (change, fate) in part.into_iter().zip(fates) {
            match fate {
                Fate::Accepted => accepted.push(change),
                Fate::Released => released.push(change),
                Fate::Refused(refusal) => refuse(change, refusal),
                Fate::Later(refusal) if self.later.len() >= LATER_MAX => refuse(change, refusal),
                Fate::Later(refusal) => self.later.push((change, refusal)),
                // It is marked as sent, and so it is sent again.
                Fate::Unknown => {}
            }
        }
        if !released.is_empty() {
            self.counts.released += released.len() as u64;
            // Done with, as if it were carried out.
            self.note_accepted(released).await?;
        }
        if !accepted.is_empty() {
            self.accepted(accepted).await?;
        }
        for (refusal, changes) in refused.into_values() {
            self.refused(changes, refusal).await?;
        }
        Ok(())
    }

    /// Sends what waited for others, as long as that helps; the rest is refused.
    async fn send_later(&mut self) -> Result<(), Behind> {
        for _ in 0..LATER_ROUNDS_MAX {
            let waiting = std::mem::take(&mut self.later);
            let before = waiting.len();
            if before == 0 {
                return Ok(());
            }
            self.send(waiting.into_iter().map(|(change, _)| change).collect()).await?;
            if self.later.len() >= before {
                break;
            }
        }
        let fates = std::mem::take(&mut self.later);
        let (changes, fates) = fates.into_iter().map(|(change, refusal)| (change, Fate::Refused(refusal))).unzip();
        self.settle(changes, fates).await
    }

    fn is_too_large(&self, part: &[Change]) -> bool {
        part.len() > self.limits.changes || bytes(part) > self.limits.bytes
    }

    async fn accepted(&mut self, part: Vec<Change>) -> Result<(), Behind> {
        let upserts = part.iter().filter(|change| change.action == Action::Upsert).count() as u64;
        self.counts.upserts += upserts;
        self.counts.deletions += part.len() as u64 - upserts;
        self.note_accepted(part).await
    }

    async fn note_accepted(&self, part: Vec<Change>) -> Result<(), Behind> {
        let name = self.destination.name().to_owned();
        let settle = move |catalogue: &mut Catalogue| catalogue.accepted(&name, &part, now_ms());
        Ok(self.store.with(settle).await.map_err(Failed::from)?.map_err(Failed::from)?)
    }

    async fn refused(&mut self, part: Vec<Change>, refusal: Refusal) -> Result<(), Behind> {
        self.counts.refused += part.len() as u64;
        self.last_refusal = Some(refusal.status);
        let name = self.destination.name().to_owned();
        let settle = move |catalogue: &mut Catalogue| catalogue.refused(&name, &part, &refusal.reason, now_ms());
        Ok(self.store.with(settle).await.map_err(Failed::from)?.map_err(Failed::from)?)
    }
}

fn bytes(part: &[Change]) -> usize {
    part.iter().map(|change| change.json.len()).sum()
}

/// The second first, as a stack has it.
fn halves(mut part: Vec<Change>) -> [Vec<Change>; 2] {
    let rest = part.split_off(part.len() / 2);
    [rest, part]
}

/// What each sink with a memory was sent, by its URL.
pub type Deliveries = BTreeMap<String, DeliveryCounts>;

#[cfg(test)]
mod tests;
