//! A unit's pages, one after the other, to the end or to whatever stops it: what a run stores and what an embedder is given.

use std::sync::Arc;

use super::clock::now_ms;
use super::convert::{own_problem, problem};
use crate::bindings::exports::portolan::aws::sync;
use crate::cancellation::Cancellation;
use crate::catalogue::{Mapped, PageRecord};
use crate::entity_lines;
use crate::imports::{CallScope, Purpose};
use crate::instance::{CallError, Instances};
use crate::outcome::{Ended, Problem, ProblemClass};
use crate::page_lines::{self, LineError};
use crate::unit::UnitKey;

/// How often a unit begins again because its page token was no longer known.
const RESTARTS_MAX: u32 = 2;

/// What pages are asked with; the same for all units of a run.
#[derive(Clone, Copy)]
pub(crate) struct With<'a> {
    pub(crate) instances: &'a Instances,
    pub(crate) cancelled: &'a Cancellation,
    /// The fingerprint of the mapping in force.
    pub(crate) mapping: Option<&'a str>,
    /// Pages of one unit (`limits.pages_per_unit`).
    pub(crate) pages_max: u32,
}

/// Where the reading of a unit stands.
pub(crate) struct Pages {
    account: Arc<sync::Account>,
    unit: sync::Unit,
    key: UnitKey,
    at: At,
    asked: u32,
    restarts: u32,
    /// What made the unit incomplete: the first problem of a page that was not whole, or what ended it.
    pub(crate) why: Option<Problem>,
}

enum At {
    /// The next page is behind this cursor; none: at the start.
    Cursor(Option<String>),
    End(Ended),
}

/// What came of asking for the next page.
pub(crate) enum Step {
    /// A page.
    Page(Arc<PageRecord>),
    /// The page token was no longer known: the unit begins again, and what its pages said so far does not count.
    Again,
    /// There are no more.
    End(Ended),
}

impl Pages {
    /// A unit from its start, or behind a cursor.
    pub(crate) fn new(account: Arc<sync::Account>, unit: sync::Unit, key: UnitKey, from: Option<String>) -> Self {
        Self { account, unit, key, at: At::Cursor(from), asked: 0, restarts: 0, why: None }
    }

    /// The same where so many pages were asked for before, by others: the limit is the unit's.
    pub(crate) fn after(self, asked: u32) -> Self {
        Self { asked, ..self }
    }

    /// How many pages were asked for.
    pub(crate) fn asked(&self) -> u32 {
        self.asked
    }

    /// A unit of which nothing is left to be asked for.
    pub(crate) fn at_the_end(account: Arc<sync::Account>, unit: sync::Unit, key: UnitKey) -> Self {
        Self { at: At::End(Ended::AtItsEnd), ..Self::new(account, unit, key, None) }
    }

    /// The unit.
    pub(crate) fn key(&self) -> &UnitKey {
        &self.key
    }

    /// The cursor behind which the next page is.
    pub(crate) fn cursor(&self) -> Option<&str> {
        match &self.at {
            At::Cursor(cursor) => cursor.as_deref(),
            At::End(_) => None,
        }
    }

    /// How the unit ended, once no page is left.
    pub(crate) fn ended(&self) -> Option<Ended> {
        match &self.at {
            At::Cursor(_) => None,
            At::End(ended) => Some(*ended),
        }
    }

    /// Asks for the next page.
    pub(crate) async fn next(&mut self, with: With<'_>) -> Step {
        let asked = match &self.at {
            At::End(ended) => return Step::End(*ended),
            At::Cursor(cursor) => cursor.clone(),
        };
        if with.cancelled.is_cancelled() {
            return self.before(own_problem(ProblemClass::Cancelled, "the run was stopped"));
        }
        if self.asked >= with.pages_max {
            let text = format!("more than {} pages (limits.pages_per_unit)", with.pages_max);
            return self.before(own_problem(ProblemClass::Limit, text));
        }
        self.asked += 1;
        let page = match self.page(with.instances, asked.as_deref()).await {
            Ok(Ok(page)) => page,
            Ok(Err(failure)) => {
                let problem = problem(failure.problem);
                return if problem.class == ProblemClass::StaleCursor { self.again() } else { self.before(problem) };
            }
            Err(error) => return self.before(stopped(&error)),
        };
        let record = match self.record(page, with.mapping) {
            Ok(record) => record,
            Err(error) => return self.before(own_problem(ProblemClass::BadAnswer, error.to_string())),
        };
        if !record.whole && self.why.is_none() {
            let telling = |p: &&Problem| !matches!(p.class, ProblemClass::Vanished | ProblemClass::Mapping);
            self.why = record.problems.iter().find(telling).cloned();
        }
        self.at = match &record.next {
            None => At::End(Ended::AtItsEnd),
            // The guest looks for repeated tokens of AWS; this one is about the guest itself.
            Some(next) if Some(next) == asked.as_ref() => {
                self.why = Some(own_problem(ProblemClass::BadAnswer, "the same cursor came back"));
                At::End(Ended::Before(ProblemClass::BadAnswer))
            }
            Some(next) => At::Cursor(Some(next.clone())),
        };
        Step::Page(Arc::new(record))
    }

    /// One page; one that trapped is tried once more in a fresh instance with half the page size.
    async fn page(
        &self,
        instances: &Instances,
        cursor: Option<&str>,
    ) -> Result<Result<sync::Page, sync::Failure>, CallError> {
        let scope = read_scope(&self.key);
        let mut lease = instances.lease_for(&self.unit.kind).await?;
        let first = lease.sync_page(scope.clone(), &self.account, &self.unit, cursor).await;
        drop(lease);
        let Err(error) = first else { return first };
        tracing::warn!(unit = %self.key, %error, "a page failed in the sandbox; tried once more with half the page");
        let mut second = instances.lease_for_second_try().await?;
        second.sync_page(scope, &self.account, &self.unit, cursor).await
    }

    fn record(&self, page: sync::Page, mapping: Option<&str>) -> Result<PageRecord, LineError> {
        record(&self.key, page, mapping)
    }

    fn again(&mut self) -> Step {
        if self.restarts < RESTARTS_MAX {
            self.restarts += 1;
            self.at = At::Cursor(None);
            self.why = None;
            return Step::Again;
        }
        let text = format!("the page token expired {} times; the unit was not read to its end", self.restarts + 1);
        self.before(own_problem(ProblemClass::StaleCursor, text))
    }

    fn before(&mut self, problem: Problem) -> Step {
        let ended = Ended::Before(problem.class);
        self.why = Some(problem);
        self.at = At::End(ended);
        Step::End(ended)
    }
}

/// The scope of a call that reads this unit.
pub(crate) fn read_scope(key: &UnitKey) -> CallScope {
    CallScope { account: Some(key.account.clone()), purpose: Purpose::Read, kind: Arc::from(key.kind.as_str()) }
}

/// A page of the guest, its lines read.
pub(crate) fn record(key: &UnitKey, page: sync::Page, mapping: Option<&str>) -> Result<PageRecord, LineError> {
    let lines = page_lines::parse(&page.resources)?;
    let mapped = match mapping {
        Some(mapping) => Some(Mapped { mapping: mapping.to_owned(), lines: entity_lines::parse(&page.entities)? }),
        None => None,
    };
    Ok(PageRecord {
        unit: key.clone(),
        lines,
        mapped,
        problems: page.problems.into_iter().map(problem).collect(),
        whole: page.whole,
        next: page.next,
        calls: 0,
        now: now_ms(),
    })
}

/// What ended a call in the sandbox, as a problem of its unit.
pub(crate) fn stopped(error: &CallError) -> Problem {
    let class = match error {
        CallError::Trapped(_) => ProblemClass::BadCall,
        CallError::Limit(_) | CallError::Oversized { .. } => ProblemClass::Limit,
    };
    own_problem(class, error.to_string())
}
