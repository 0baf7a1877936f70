//! Accounts are planned as the queue runs low, while units of others are read: side by side, over all cores.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use portolan_names::AccountId;
use tokio::task::JoinSet;

use super::accounts::{Attempt, Found};
use super::context::{Context, Failed};
use super::pace::{Pace, TICK};
use super::plan::{Standing, plan_account};
use super::queue::{Asked, Queue, Taken, asked};
use super::read::{Read, read_unit};
use crate::credentials::Identity;

/// Accounts whose roles are assumed and regions listed at the same time. STS is shared by them all.
pub(super) const ACCOUNTS_AT_ONCE: usize = 16;
/// Units that are read side by side, for each instance: one may store a page or wait for its bucket while another has the instance.
const READERS_AN_INSTANCE: usize = 2;
/// A wait for a bucket is looked at again after so long: whoever is throttled meanwhile makes it longer, and a run may be stopped.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// What a run came to know of its accounts.
pub(super) type Standings = BTreeMap<AccountId, Standing>;

/// Plans the accounts as they are found, and reads their units.
///
/// # Errors
/// Only when the catalogue fails.
pub(super) async fn read_accounts(context: &Arc<Context>, found: BoxStream<'_, Found>) -> Result<Standings, Failed> {
    let readers = context.instances().live_max() as usize * READERS_AN_INSTANCE;
    let queue = Arc::new(Queue::new(context.settings.limits.per_account as usize, readers));
    let standings = Mutex::new(BTreeMap::new());
    let mut pace = Pace::new(std::thread::available_parallelism().map_or(1, usize::from), readers);
    let mut tasks = JoinSet::new();
    let begin = |tasks: &mut JoinSet<_>, readers: usize| {
        for _ in 0..readers {
            tasks.spawn(read_units(Arc::clone(context), Arc::clone(&queue)));
        }
    };
    begin(&mut tasks, pace.readers());
    let planning = async {
        let planned = plan_accounts(context, found, &queue, &standings).await;
        queue.close();
        if planned.is_err() {
            queue.clear();
        }
        planned
    };
    let reading = async {
        let (mut ticks, mut before) = (tokio::time::interval(TICK), 0);
        loop {
            tokio::select! {
                read = tasks.join_next() => match read {
                    Some(read) => read.map_err(|error| Failed::Reader(error.to_string())).flatten()?,
                    None => return Ok(()),
                },
                _ = ticks.tick() => {
                    let steps = context.progress.steps();
                    begin(&mut tasks, pace.more(steps - before, queue.has_waiting()));
                    before = steps;
                }
            }
        }
    };
    let done = futures::try_join!(planning, reading);
    // Where one has failed, the others are given up: a catalogue that cannot be written takes no page of theirs.
    tasks.shutdown().await;
    done?;
    Ok(standings.into_inner().unwrap_or_default())
}

async fn plan_accounts(
    context: &Context,
    found: BoxStream<'_, Found>,
    queue: &Queue,
    standings: &Mutex<Standings>,
) -> Result<(), Failed> {
    let attempted = found.filter(|found| {
        let is_attempted = found.attempt == Attempt::Read || found.row.is_management;
        if is_attempted {
            context.progress.account();
        }
        futures::future::ready(is_attempted)
    });
    let mut planning = attempted
        .map(|found| async move {
            queue.runs_low().await;
            let planned = if context.is_cancelled() { None } else { Some(plan_account(context, &found).await) };
            (found, planned)
        })
        .buffer_unordered(ACCOUNTS_AT_ONCE);
    while let Some((found, planned)) = planning.next().await {
        let Some(planned) = planned else { break };
        let (standing, planned) = planned?;
        context.progress.planned(planned.as_ref().map_or(0, |planned| planned.units.len() as u64));
        if let Ok(mut standings) = standings.lock() {
            standings.insert(found.id.clone(), standing);
        }
        match planned.filter(|planned| !planned.units.is_empty()) {
            Some(planned) => queue.push(planned),
            None => context.client.close(&Identity::Account(found.id.clone())),
        }
    }
    Ok(())
}

async fn read_units(context: Arc<Context>, queue: Arc<Queue>) -> Result<(), Failed> {
    while let Some(taken) = queue.pop(|asked| wait(&context, asked)).await {
        if context.is_cancelled() {
            queue.clear();
            break;
        }
        let begun = Instant::now();
        if let Some(Read { key, held }) = read_unit(&context, &taken).await? {
            context.slow.note(&key, begun.elapsed());
            queue.back(&taken, &held);
        }
        if let Some(account) = queue.done(&taken) {
            context.denials.settle(&account);
            context.client.close(&Identity::Account(account));
        }
    }
    Ok(())
}

fn wait(context: &Context, asked: &Asked<'_>) -> Duration {
    context.client.wait(&asked.place, asked.operations)
}

/// Waits until the buckets of a unit have something for its next page, without an instance.
pub(super) async fn until_it_may_go_on(context: &Context, taken: &Taken) {
    let Some(asked) = asked(&taken.id, &taken.kind, taken.unit.region.as_deref()) else { return };
    loop {
        let wait = wait(context, &asked).min(WAIT_MAX);
        if wait.is_zero() || context.is_cancelled() {
            return;
        }
        let sleeping = tokio::time::sleep(wait);
        futures::future::select(sleeping.boxed(), context.cancelled.cancelled().boxed()).await;
    }
}
