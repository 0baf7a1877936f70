use std::sync::Arc;

use futures::stream::{BoxStream, StreamExt, try_unfold};

use super::{BadCursor, Cursor, Page, UnitEnd, UnitError};
use crate::bindings::exports::portolan::aws::sync;
use crate::outcome::{Ended, PagesSoFar, ProblemClass};
use crate::page_lines::PageLine;
use crate::run::{Look, Pages, Step, own_problem};
use crate::unit::UnitKey;

/// A unit that is being read. Nothing is asked of AWS but by [`Reading::next_page`]; dropping it, or the future of a page,
/// ends what is in flight.
pub struct Reading {
    look: Arc<Look>,
    pages: Pages,
    so_far: PagesSoFar,
}

impl Reading {
    pub(super) fn new(look: Arc<Look>, account: Arc<sync::Account>, unit: sync::Unit, key: UnitKey) -> Self {
        let pages = Pages::new(account, unit, key, None);
        Self { look, pages, so_far: PagesSoFar::default() }
    }

    pub(super) fn go_on(
        look: Arc<Look>,
        account: Arc<sync::Account>,
        unit: sync::Unit,
        key: UnitKey,
        cursor: Cursor,
    ) -> Result<Self, BadCursor> {
        if !cursor.is_of(&key) {
            return Err(BadCursor("it is of another unit".to_owned()));
        }
        if cursor.fingerprint != look.fingerprint() {
            return Err(BadCursor("it was made by another component or with other settings".to_owned()));
        }
        let Cursor { next, pages, so_far, .. } = cursor;
        Ok(Self { look, pages: Pages::new(account, unit, key, Some(next)).after(pages), so_far })
    }

    /// The next page; none once the unit is at its end.
    ///
    /// Where AWS no longer knows a page token, the unit begins again by itself, twice at most.
    ///
    /// # Errors
    /// What stopped the unit: it gives no more pages. The pages before stay valid, and [`Reading::end`] says what they prove.
    pub async fn next_page(&mut self) -> Result<Option<Page>, UnitError> {
        loop {
            match self.pages.next(self.look.with()).await {
                Step::Page(record) => {
                    let scopes = record.lines.iter().filter_map(|line| match line {
                        PageLine::Scope(scope) => Some((scope.parent.clone(), scope.whole)),
                        PageLine::Resource(_) => None,
                    });
                    let gaps = record.lines.iter().flat_map(|line| match line {
                        PageLine::Resource(resource) => resource.gaps.clone(),
                        PageLine::Scope(_) => Vec::new(),
                    });
                    self.so_far.add(record.whole, &record.problems, scopes, gaps);
                    return Ok(Some(Page::new(record)));
                }
                Step::Again => self.so_far = PagesSoFar::default(),
                Step::End(Ended::AtItsEnd) => return Ok(None),
                Step::End(Ended::Before(class)) => {
                    let why = self.pages.why.clone();
                    let problem = why.unwrap_or_else(|| own_problem(class, "the unit was stopped"));
                    return Err(UnitError::new(self.pages.key(), problem));
                }
            }
        }
    }

    /// The pages as a stream, which ends at the unit's end or after its first error. Dropping it gives up the page in hand;
    /// [`Reading::cursor`] still leads to it.
    pub fn pages(&mut self) -> BoxStream<'_, Result<Page, UnitError>> {
        try_unfold(self, |reading| async { Ok(reading.next_page().await?.map(|page| (page, reading))) }).boxed()
    }

    /// Where to go on after the pages that were given so far; none at the unit's start and at its end.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        let next = self.pages.cursor()?;
        Some(Cursor::new(self.look.fingerprint(), self.pages.key(), next, self.pages.asked(), &self.so_far))
    }

    /// What the pages prove. Before the last one was taken, that is not the whole.
    #[must_use]
    pub fn end(self) -> UnitEnd {
        let ended = self.pages.ended().unwrap_or(Ended::Before(ProblemClass::Cancelled));
        let membership = self.so_far.membership(ended);
        UnitEnd::new(self.pages.key(), membership, self.so_far.freshness(), self.pages.why.clone())
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("unit", &self.pages.key().to_string()).finish_non_exhaustive()
    }
}
