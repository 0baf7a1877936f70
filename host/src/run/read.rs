//! Reads one unit, page by page, to its end or to whatever stops it.

use std::sync::Arc;

use portolan_names::{AccountId, Region};

use super::context::{Context, Failed};
use super::convert::{own_problem, problem};
use crate::bindings::exports::portolan::aws::sync;
use crate::catalogue::{Mapped, PageRecord, UnitEnd, UnitOutcome, UnitProgress};
use crate::entity_lines;
use crate::imports::{CallScope, Purpose};
use crate::instance::CallError;
use crate::outcome::{Ended, Freshness, Membership, Problem, ProblemClass};
use crate::page_lines::{self, LineError, PageLine};
use crate::run::clock::now_ms;
use crate::unit::UnitKey;

/// How often a unit begins again because its page token was no longer known.
const RESTARTS_MAX: u32 = 2;

/// The key of a unit that the guest has planned.
pub(super) fn unit_key(account: &sync::Account, unit: &sync::Unit) -> Result<UnitKey, portolan_names::NameError> {
    Ok(UnitKey {
        kind: unit.kind.clone(),
        account: AccountId::parse(&account.id)?,
        region: unit.region.as_deref().map(Region::parse).transpose()?,
    })
}

/// Reads a unit and stores what it gave.
///
/// # Errors
/// Only when the catalogue fails: whatever goes wrong in the unit is the unit's, and is stored.
pub(super) async fn read_unit(context: &Context, account: &sync::Account, unit: &sync::Unit) -> Result<(), Failed> {
    let Ok(key) = unit_key(account, unit) else {
        tracing::error!(kind = %unit.kind, "the guest planned a unit without a valid account or region");
        return Ok(());
    };
    let begun = key.clone();
    let progress = context.store.with(move |catalogue| catalogue.begin_unit(&begun, now_ms())).await??;
    let mut reading = Reading { context, account, unit, key: &key, why: None };
    let from = if let Some(resumed) = &context.resumed {
        let outcome = resumed.ended.get(&key);
        let problems = reading.note_so_far(&progress, outcome).await?;
        if let Some(outcome) = outcome {
            let why = problems.filter(|_| outcome.membership != Membership::Whole);
            context.tally.unit(&key, &outcome.membership, outcome.freshness != Freshness::Fresh, why.as_ref());
            context.progress.unit_done();
            return Ok(());
        }
        reading.why = problems;
        From::after(&progress)
    } else {
        From::TheStart
    };
    let ended = match from {
        From::TheStart => reading.pages(None).await?,
        From::Cursor(cursor) => reading.pages(Some(cursor)).await?,
        From::TheEnd => Ended::AtItsEnd,
    };
    let why = reading.why.take();
    if let (Ended::Before(_), Some(problem)) = (ended, &why) {
        context.tally.problems(Some(&key), None, std::slice::from_ref(problem));
    }
    let end = UnitEnd { ended, problem: why.clone().filter(|_| matches!(ended, Ended::Before(_))), calls: 0 };
    let finished = key.clone();
    let outcome = context.store.with(move |catalogue| catalogue.finish_unit(&finished, &end, now_ms())).await??;
    let why = why.filter(|_| outcome.membership != Membership::Whole);
    context.tally.unit(&key, &outcome.membership, outcome.freshness != Freshness::Fresh, why.as_ref());
    context.progress.unit_done();
    Ok(())
}

struct Reading<'a> {
    context: &'a Context,
    account: &'a sync::Account,
    unit: &'a sync::Unit,
    key: &'a UnitKey,
    /// What made the unit incomplete: the first problem of a page that was not whole, or what ended it.
    why: Option<Problem>,
}

/// Where reading begins.
enum From {
    TheStart,
    Cursor(String),
    /// All pages are stored, and the run was killed before the unit was ended.
    TheEnd,
}

impl From {
    fn after(progress: &UnitProgress) -> Self {
        match &progress.cursor {
            Some(cursor) => Self::Cursor(cursor.clone()),
            None if progress.pages > 0 => Self::TheEnd,
            None => Self::TheStart,
        }
    }
}

enum Next {
    Page(String),
    Again,
    End(Ended),
}

impl Reading<'_> {
    /// Counts the problems of a unit's pages from before the run was killed; answers what made it incomplete, if
    /// anything did.
    async fn note_so_far(
        &self,
        progress: &UnitProgress,
        outcome: Option<&UnitOutcome>,
    ) -> Result<Option<Problem>, Failed> {
        let key = self.key.clone();
        let problems = self.context.store.with(move |catalogue| catalogue.problems_of(&key)).await??;
        self.context.tally.problems(Some(self.key), None, &problems);
        let class = match outcome.map(|outcome| &outcome.membership) {
            Some(Membership::Unknown(class)) => Some(*class),
            _ => progress.so_far.not_whole,
        };
        Ok(class.and_then(|class| problems.into_iter().find(|problem| problem.class == class)))
    }

    async fn pages(&mut self, from: Option<String>) -> Result<Ended, Failed> {
        let scope = CallScope {
            account: Some(self.key.account.clone()),
            purpose: Purpose::Read,
            kind: Arc::from(self.key.kind.as_str()),
        };
        let mut cursor = from;
        let mut restarts = 0;
        for _ in 0..self.context.settings.limits.pages_per_unit {
            if self.context.is_cancelled() {
                return Ok(self.before(own_problem(ProblemClass::Cancelled, "the run was stopped")));
            }
            let answer = match self.page(&scope, cursor.as_deref()).await {
                Ok(answer) => answer,
                Err(error) => return Ok(self.before(stopped(&error))),
            };
            match self.take(answer, cursor.as_deref()).await? {
                Next::Page(next) => cursor = Some(next),
                Next::Again if restarts < RESTARTS_MAX => {
                    restarts += 1;
                    cursor = None;
                    self.why = None;
                    let key = self.key.clone();
                    self.context.store.with(move |catalogue| catalogue.restart_unit(&key)).await??;
                }
                Next::Again => {
                    let text =
                        format!("the page token expired {} times; the unit was not read to its end", restarts + 1);
                    return Ok(self.before(own_problem(ProblemClass::StaleCursor, text)));
                }
                Next::End(ended) => return Ok(ended),
            }
        }
        let text = format!("more than {} pages (limits.pages_per_unit)", self.context.settings.limits.pages_per_unit);
        Ok(self.before(own_problem(ProblemClass::Limit, text)))
    }

    /// One page; one that trapped is tried once more in a fresh instance with half the page size.
    async fn page(
        &self,
        scope: &CallScope,
        cursor: Option<&str>,
    ) -> Result<Result<sync::Page, sync::Failure>, CallError> {
        let instances = self.context.instances();
        let first =
            instances.lease_for(&self.unit.kind).await?.sync_page(scope.clone(), self.account, self.unit, cursor).await;
        let Err(error) = first else { return first };
        tracing::warn!(unit = %self.key, %error, "a page failed in the sandbox; tried once more with half the page");
        let mut second = instances.lease_for_second_try().await?;
        second.sync_page(scope.clone(), self.account, self.unit, cursor).await
    }

    async fn take(&mut self, answer: Result<sync::Page, sync::Failure>, asked: Option<&str>) -> Result<Next, Failed> {
        let page = match answer {
            Ok(page) => page,
            Err(failure) => {
                let problem = problem(failure.problem);
                if problem.class == ProblemClass::StaleCursor {
                    return Ok(Next::Again);
                }
                return Ok(Next::End(self.before(problem)));
            }
        };
        let lines = match page_lines::parse(&page.resources) {
            Ok(lines) => lines,
            Err(error) => {
                return Ok(Next::End(self.before(own_problem(ProblemClass::BadAnswer, error.to_string()))));
            }
        };
        let mapped = match self.mapped(&page.entities) {
            Ok(mapped) => mapped,
            Err(error) => {
                return Ok(Next::End(self.before(own_problem(ProblemClass::BadAnswer, error.to_string()))));
            }
        };
        let problems: Vec<Problem> = page.problems.into_iter().map(problem).collect();
        if !page.whole && self.why.is_none() {
            let telling = |p: &&Problem| !matches!(p.class, ProblemClass::Vanished | ProblemClass::Mapping);
            self.why = problems.iter().find(telling).cloned();
        }
        let resources = lines.iter().filter(|line| matches!(line, PageLine::Resource(_))).count();
        self.context.tally.problems(Some(self.key), None, &problems);
        let mut record = Arc::new(PageRecord {
            unit: self.key.clone(),
            lines,
            mapped,
            problems,
            whole: page.whole,
            next: page.next.clone(),
            calls: 0,
            now: now_ms(),
        });
        self.context.streams.page(&record).await;
        if !self.context.keeps_rows {
            record = Arc::new(without_rows(&record));
        }
        let mut counts = self.context.store.with(move |catalogue| catalogue.store_page(&record)).await??;
        if !self.context.keeps_rows {
            counts.unchanged = resources as u64;
        }
        self.context.tally.page(&self.key.kind, &counts);
        self.context.progress.page(resources as u64);
        Ok(match page.next {
            None => Next::End(Ended::AtItsEnd),
            // The guest looks for repeated tokens of AWS; this one is about the guest itself.
            Some(next) if Some(next.as_str()) == asked => {
                Next::End(self.before(own_problem(ProblemClass::BadAnswer, "the same cursor came back")))
            }
            Some(next) => Next::Page(next),
        })
    }

    /// What the mapping in force made of a page's resources.
    fn mapped(&self, entities: &str) -> Result<Option<Mapped>, LineError> {
        let Some(mapping) = &self.context.mapping else { return Ok(None) };
        Ok(Some(Mapped { mapping: mapping.clone(), lines: entity_lines::parse(entities)? }))
    }

    fn before(&mut self, problem: Problem) -> Ended {
        let class = problem.class;
        self.why = Some(problem);
        Ended::Before(class)
    }
}

/// The page without its resources: what its unit proves, no more.
fn without_rows(page: &PageRecord) -> PageRecord {
    let scopes = page.lines.iter().filter(|line| matches!(line, PageLine::Scope(_)));
    PageRecord { lines: scopes.cloned().collect(), mapped: None, ..page.clone() }
}

fn stopped(error: &CallError) -> Problem {
    let class = match error {
        CallError::Trapped(_) => ProblemClass::BadCall,
        CallError::Limit(_) | CallError::Oversized { .. } => ProblemClass::Limit,
    };
    own_problem(class, error.to_string())
}
