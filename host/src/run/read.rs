//! Reads one unit, page by page, to its end or to whatever stops it.

use std::sync::Arc;

use portolan_names::{AccountId, Region};

use super::context::{Context, Failed};
use super::pages::{Pages, Step, With};
use super::queue::Taken;
use super::schedule::until_it_may_go_on;
use crate::bindings::exports::portolan::aws::sync;
use crate::catalogue::{PageRecord, UnitEnd, UnitOutcome, UnitProgress};
use crate::denials::{Asking, NOT_ASKED};
use crate::outcome::{Ended, Freshness, Membership, Problem};
use crate::page_lines::PageLine;
use crate::run::clock::now_ms;
use crate::unit::UnitKey;

/// The key of a unit that the guest has planned.
pub(super) fn unit_key(account: &sync::Account, unit: &sync::Unit) -> Result<UnitKey, portolan_names::NameError> {
    Ok(UnitKey {
        kind: unit.kind.clone(),
        account: AccountId::parse(&account.id)?,
        region: unit.region.as_deref().map(Region::parse).transpose()?,
    })
}

/// What came of reading a unit.
pub(super) struct Read {
    pub(super) key: UnitKey,
    /// Kinds of the same account and region that were held until this one had been asked for; they are still to be read.
    pub(super) held: Vec<String>,
}

/// Reads a unit and stores what it gave; none where it is none, or is held until another of its place was asked for.
///
/// # Errors
/// Only when the catalogue fails: whatever goes wrong in the unit is the unit's, and is stored.
pub(super) async fn read_unit(context: &Context, taken: &Taken) -> Result<Option<Read>, Failed> {
    let Taken { account, unit, .. } = taken;
    let Ok(key) = unit_key(account, unit) else {
        tracing::error!(kind = %unit.kind, "the guest planned a unit without a valid account or region");
        return Ok(None);
    };
    let begun = key.clone();
    let progress = context.writes.write(move |catalogue| catalogue.begin_unit(&begun, now_ms())).await??;
    let begin = |from| Pages::new(Arc::clone(account), unit.clone(), key.clone(), from);
    let mut pages = if let Some(resumed) = &context.resumed {
        let outcome = resumed.ended.get(&key);
        let problems = note_so_far(context, &key, &progress, outcome).await?;
        if let Some(outcome) = outcome {
            let why = problems.as_ref().filter(|_| outcome.membership != Membership::Whole);
            context.tally.unit(&key, &outcome.membership, outcome.freshness != Freshness::Fresh, why);
            context.progress.unit_done();
            if problems.as_ref().is_some_and(|problem| problem.code == NOT_ASKED) {
                context.denials.was_left_out();
            }
            let answered = progress.pages > 0;
            let held = context.denials.ended(&key, answered, problems.as_ref());
            return Ok(Some(Read { key, held }));
        }
        let mut pages = match &progress.cursor {
            // All pages are stored, and the run was killed before the unit was ended.
            None if progress.pages > 0 => Pages::at_the_end(Arc::clone(account), unit.clone(), key.clone()),
            cursor => begin(cursor.clone()),
        };
        pages.why = problems;
        pages
    } else {
        begin(None)
    };
    let mut answered = progress.pages > 0;
    match if answered { Asking::Ask } else { context.denials.next(&key) } {
        Asking::Ask => {}
        Asking::Hold => return Ok(None),
        Asking::Leave(problem) => {
            finish(context, &key, Ended::Before(problem.class), Some(problem)).await?;
            return Ok(None);
        }
    }
    let ended = store_pages(context, taken, &mut pages, &mut answered).await?;
    let why = pages.why.take();
    let held = context.denials.ended(&key, answered, why.as_ref());
    finish(context, &key, ended, why).await?;
    Ok(Some(Read { key, held }))
}

/// Ends a unit: in the catalogue, in the streams, in the sums.
async fn finish(context: &Context, key: &UnitKey, ended: Ended, why: Option<Problem>) -> Result<(), Failed> {
    if let (Ended::Before(_), Some(problem)) = (ended, &why) {
        context.tally.problems(Some(key), None, std::slice::from_ref(problem));
    }
    let end = UnitEnd { ended, problem: why.clone().filter(|_| matches!(ended, Ended::Before(_))), calls: 0 };
    let finished = key.clone();
    let outcome = context.writes.write(move |catalogue| catalogue.finish_unit(&finished, &end, now_ms())).await??;
    let why = why.filter(|_| outcome.membership != Membership::Whole);
    context.streams.unit(key, &outcome, why.as_ref()).await;
    context.tally.unit(key, &outcome.membership, outcome.freshness != Freshness::Fresh, why.as_ref());
    context.progress.unit_done();
    Ok(())
}

/// Counts the problems of a unit's pages from before the run was killed; answers what made it incomplete, if anything did.
async fn note_so_far(
    context: &Context,
    key: &UnitKey,
    progress: &UnitProgress,
    outcome: Option<&UnitOutcome>,
) -> Result<Option<Problem>, Failed> {
    let asked = key.clone();
    let problems = context.store.with(move |catalogue| catalogue.problems_of(&asked)).await??;
    context.tally.problems(Some(key), None, &problems);
    let class = match outcome.map(|outcome| &outcome.membership) {
        Some(Membership::Unknown(class)) => Some(*class),
        _ => progress.so_far.not_whole,
    };
    Ok(class.and_then(|class| problems.into_iter().find(|problem| problem.class == class)))
}

/// Stores page after page, to the unit's end; `answered` is set where AWS answered one.
async fn store_pages(
    context: &Context,
    taken: &Taken,
    pages: &mut Pages,
    answered: &mut bool,
) -> Result<Ended, Failed> {
    let with = With {
        instances: context.instances(),
        cancelled: &context.cancelled,
        mapping: context.mapping.as_deref(),
        pages_max: context.settings.limits.pages_per_unit,
    };
    loop {
        match pages.next(with).await {
            Step::Page(record) => {
                *answered |= record.whole || record.lines.iter().any(|line| matches!(line, PageLine::Resource(_)));
                store(context, record).await?;
                if pages.cursor().is_some() {
                    until_it_may_go_on(context, taken).await;
                }
            }
            Step::Again => {
                let key = pages.key().clone();
                context.writes.write(move |catalogue| catalogue.restart_unit(&key)).await??;
            }
            Step::End(ended) => return Ok(ended),
        }
    }
}

async fn store(context: &Context, mut record: Arc<PageRecord>) -> Result<(), Failed> {
    let kind = record.unit.kind.clone();
    let resources = record.lines.iter().filter(|line| matches!(line, PageLine::Resource(_))).count() as u64;
    context.tally.problems(Some(&record.unit), None, &record.problems);
    context.streams.page(&record).await;
    if !context.keeps_rows {
        record = Arc::new(without_rows(&record));
    }
    let mut counts = context.writes.write(move |catalogue| catalogue.store_page(&record)).await??;
    if !context.keeps_rows {
        counts.unchanged = resources;
    }
    context.tally.page(&kind, &counts);
    context.progress.page(resources);
    Ok(())
}

/// The page without its resources: what its unit proves, no more.
fn without_rows(page: &PageRecord) -> PageRecord {
    let scopes = page.lines.iter().filter(|line| matches!(line, PageLine::Scope(_)));
    PageRecord { lines: scopes.cloned().collect(), mapped: None, ..page.clone() }
}
