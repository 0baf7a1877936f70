//! Walks a unit's listings, page by page and below each parent, until the page is full or the unit at its end.

use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::Value;

use super::Reading;
use super::actions::enrich;
use super::cloud_control;
use super::cursor::{Cursor, Held, Task};
use super::defaults::Users;
use super::emit::line;
use super::item::Item;
use super::listing::{Level, Listed, Place};
use super::page::PageBuilder;
use super::presence::is_before;
use crate::call::{Call, Token, send};
use crate::catalog::Reach;
use crate::config::Config;
use crate::host::Host;
use crate::interface::{Account, Page, Run, Unit};
use crate::json;
use crate::limits::{ITEMS_AT_ONCE, LIST_CALLS_PER_PAGE, PARENTS_AT_ONCE};
use crate::mapping::Mapper;
use crate::problem::{Problem, ProblemClass};
use crate::template;

/// The next page of a unit.
///
/// # Errors
/// The call gave nothing: what the whole unit hangs on failed.
pub(crate) fn sync_page(
    host: &dyn Host,
    run: &Run,
    config: &Config,
    account: &Account,
    unit: &Unit,
    cursor: Option<&str>,
) -> Result<Page, Problem> {
    let candidates = Reading::candidates(host, run, config, account, unit)?;
    if let Some(text) = cursor {
        let cursor = Cursor::read(text)?;
        let reading = candidates.into_iter().next().map(|first| Reading { region: cursor.region.clone(), ..first });
        let reading = reading.ok_or_else(|| Problem::new(ProblemClass::BadCall, "no region to ask"))?;
        return page(&reading, cursor);
    }
    let mut refused = None;
    for reading in candidates {
        match page(&reading, Cursor::start(&reading.region)) {
            // Another region answers the same: a closed one does not stand in the way.
            Err(problem) if elsewhere(problem.class) => {
                refused.get_or_insert(problem);
            }
            result => return result,
        }
    }
    Err(refused.unwrap_or_else(|| Problem::new(ProblemClass::BadCall, "no region to ask")))
}

fn elsewhere(class: ProblemClass) -> bool {
    matches!(
        class,
        ProblemClass::Denied | ProblemClass::Unavailable | ProblemClass::Unreachable | ProblemClass::TimedOut
    )
}

fn page(reading: &Reading<'_>, cursor: Cursor) -> Result<Page, Problem> {
    if reading.chosen.kind.cloud_control { cloud_control::page(reading, cursor) } else { walked(reading, cursor) }
}

/// The page that begins where the cursor stands.
pub(super) fn walked(reading: &Reading<'_>, cursor: Cursor) -> Result<Page, Problem> {
    let limits = &reading.run.limits;
    let page = PageBuilder::new(limits.page_bytes);
    let mapper = reading.mapper();
    let mut walk = Walk { reading, page, mapper, users: Users::default(), listed: 0, answered: false, refused: None };
    if let Some(made) = &reading.definition().made {
        walk.made(made)?;
        return Ok(walk.page.finish(None));
    }
    let mut tasks = cursor.tasks;
    let begins = tasks.len() == 1 && tasks.front().is_some_and(Task::is_start);
    while !tasks.is_empty() && !walk.page.is_full() && walk.listed < LIST_CALLS_PER_PAGE {
        let group = walk.group(&mut tasks);
        let left = walk.step(group)?;
        for task in left.into_iter().rev() {
            tasks.push_front(task);
        }
    }
    if let (true, true, false, Some(problem)) = (begins, tasks.is_empty(), walk.answered, walk.refused.take()) {
        // Below no enumerated parent was there an answer: that is the unit's failure, and no region's but this one's.
        return Err(problem);
    }
    let rest = Cursor::at(&reading.region, tasks);
    let next = rest.write(limits.cursor_bytes)?;
    Ok(walk.page.finish(next))
}

pub(super) struct Walk<'a, 'r> {
    pub(super) reading: &'a Reading<'r>,
    pub(super) page: PageBuilder,
    mapper: Mapper<'r>,
    users: Users,
    /// List calls so far.
    listed: usize,
    /// Whether any of them was answered.
    answered: bool,
    /// Why the first of the unit's outermost calls was not.
    refused: Option<Problem>,
}

/// What became of a page's items.
struct Given {
    /// Those that did not fit.
    rest: Vec<Listed>,
    /// The last one that did.
    last: Option<String>,
    /// Whether one is recent enough, or may be.
    recent: bool,
}

/// What one list call gave.
struct Answer {
    items: Vec<Listed>,
    next: Result<Option<Token>, Problem>,
    call: Call,
}

impl<'r> Walk<'_, 'r> {
    /// A kind that is its account: no call.
    fn made(&mut self, made: &std::collections::BTreeMap<String, String>) -> Result<(), Problem> {
        let mut members = serde_json::Map::new();
        for (name, template) in made {
            if let Some(value) = template::fill(template, &self.reading.scope(&[])) {
                members.insert(name.clone(), Value::from(value));
            }
        }
        self.items(&[], vec![Listed { value: Value::Object(members), place: Place::default() }], &mut false)?;
        Ok(())
    }

    fn level(&self, task: &Task) -> Option<Level<'r>> {
        Level::below(self.reading, task.parents.len())
    }

    /// The next tasks that can be asked side by side: the same level, nothing held.
    fn group(&mut self, tasks: &mut VecDeque<Task>) -> Vec<Task> {
        let width = PARENTS_AT_ONCE.min(usize::try_from(self.reading.batch()).unwrap_or(usize::MAX)).max(1);
        let mut group: Vec<Task> = Vec::new();
        self.expand(tasks);
        while group.len() < width
            && let Some(task) = tasks.front()
            && group.first().is_none_or(|first| {
                first.held.is_none() && task.held.is_none() && first.parents.len() == task.parents.len()
            })
            && let Some(task) = tasks.pop_front()
        {
            group.push(task);
        }
        group
    }

    /// Reads a group of tasks. Gives back what remains to be done, in order.
    fn step(&mut self, group: Vec<Task>) -> Result<Vec<Task>, Problem> {
        let mut left = Vec::new();
        for (mut task, answer) in self.ask(group) {
            let answer = match answer {
                Ok(answer) => answer,
                Err(problem) => {
                    self.failed(&task, problem)?;
                    continue;
                }
            };
            self.answered = true;
            if self.page.is_full() {
                // Answered, and no room: what is small enough is kept, the rest is asked for again.
                self.hold(&mut task, answer.items, answer.next);
                left.push(task);
                continue;
            }
            let Some(level) = self.level(&task) else { continue };
            if level.is_leaf() {
                left.extend(self.leaf(&level, task, answer)?);
            } else {
                left.extend(self.branch(&level, task, answer));
            }
        }
        Ok(left)
    }

    fn ask(&mut self, group: Vec<Task>) -> Vec<(Task, Result<Answer, Problem>)> {
        let mut calls = Vec::new();
        let mut prepared = Vec::new();
        for mut task in group {
            let Some(level) = self.level(&task) else { continue };
            let call = match level.call(self.reading, &task.parents, task.token.as_ref()) {
                Ok(call) => call,
                Err(problem) => {
                    prepared.push((task, level, Err(problem)));
                    continue;
                }
            };
            let held = task.held.take();
            if held.is_none() {
                calls.push(call.clone());
            }
            prepared.push((task, level, Ok((call, held))));
        }
        self.listed += calls.len();
        let mut answers = send(self.reading.host, self.reading.batch(), &calls).into_iter();
        prepared
            .into_iter()
            .map(|(task, level, prepared)| {
                let answer = prepared.and_then(|(call, held)| match held {
                    Some(held) => {
                        let items = level.items_held(held.items);
                        Ok(Answer { items, next: Ok(held.next), call })
                    }
                    None => {
                        let unanswered = || Err(Problem::new(ProblemClass::BadAnswer, "no answer"));
                        let answer = Rc::new(answers.next().unwrap_or_else(unanswered)?);
                        let items = level.items(&answer).map_err(|problem| call.problem(problem))?;
                        let next = call.next_token(&answer);
                        Ok(Answer { items, next, call })
                    }
                });
                (task, answer)
            })
            .collect()
    }

    /// A listing that failed. Of a parent it costs that parent; of the unit, the unit.
    fn failed(&mut self, task: &Task, problem: Problem) -> Result<(), Problem> {
        let ends_the_unit =
            matches!(problem.class, ProblemClass::Cancelled | ProblemClass::NoCredentials | ProblemClass::StaleCursor);
        if ends_the_unit {
            return Err(problem);
        }
        let level = self.level(task);
        // Only a first page can say that there is nothing at all.
        let first = task.token.is_none() && task.after.is_none();
        if first && level.as_ref().is_some_and(|level| level.none.contains(&problem.code)) {
            self.answered = true;
            if level.is_some_and(|level| level.is_leaf()) {
                self.page.scope(&task.parents, !task.broken);
            }
            return Ok(());
        }
        let parent_gone = level.is_some_and(|level| level.gone.contains(&problem.code));
        if let (true, Some(parent)) = (parent_gone, task.parents.last()) {
            // Gone, and what was below it: the listing of its children is at its end.
            let vanished = Problem { class: ProblemClass::Vanished, ..problem };
            self.page.problems.add(vanished.about(parent));
            self.page.scope(&task.parents, !task.broken);
            return Ok(());
        }
        if task.parents.is_empty() && self.page.is_empty() {
            return Err(problem);
        }
        if self.is_outermost(task) {
            self.refused.get_or_insert_with(|| problem.clone());
        }
        let problem = match task.parents.last() {
            Some(parent) => problem.about(parent),
            None => problem,
        };
        self.page.missing(problem);
        self.page.scope(&task.parents, false);
        Ok(())
    }

    /// Keeps the names that an answer still holds for the next page. Whole items are too large for a cursor.
    fn hold(&self, task: &mut Task, items: Vec<Listed>, next: Result<Option<Token>, Problem>) {
        let Some(level) = self.level(task) else { return };
        let (Some(wrap), Ok(next)) = (level.holds(), next) else { return };
        let names = items.into_iter().filter_map(|item| item.value.get(wrap).cloned()).collect();
        task.held = Some(Held { items: names, next });
    }

    /// Turns a page of parents into the listings below them.
    fn branch(&mut self, level: &Level<'_>, task: Task, answer: Answer) -> Vec<Task> {
        let mut below = Vec::with_capacity(answer.items.len() + 1);
        let mut task = task;
        for listed in &answer.items {
            match level.parent_id(self.reading, &task.parents, listed) {
                Some(id) => {
                    let mut parents = task.parents.clone();
                    parents.push(id);
                    below.push(Task { parents, ..Task::default() });
                }
                None => {
                    task.broken = true;
                    self.page.missing(answer.call.problem(without_identity()));
                }
            }
        }
        below.extend(self.onward(task, answer.next, &answer.call));
        below
    }

    /// Reads a page of the kind itself. Gives back what did not fit, or the page after it, and what is listed below.
    fn leaf(&mut self, level: &Level<'_>, mut task: Task, answer: Answer) -> Result<Vec<Task>, Problem> {
        let mut items = answer.items;
        let asked_again = task.after.is_some();
        let some = !items.is_empty();
        if let Some(after) = &task.after {
            // The page was asked for again. Where the last item given is not in it any more, all of it is given again.
            let done = items.iter().position(|item| item.id(self.reading, &task.parents).as_ref() == Some(after));
            if let Some(done) = done {
                items.drain(..=done);
            }
        }
        let mut ids: Vec<Option<String>> = Vec::new();
        if level.recurse {
            ids.extend(items.iter().map(|item| item.id(self.reading, &task.parents)));
        }
        let given = self.items(&task.parents.clone(), items, &mut task.broken)?;
        let Given { rest, last, recent } = given;
        ids.truncate(ids.len().saturating_sub(rest.len()));
        let mut left = self.below(&task, ids);
        if rest.is_empty() {
            // A page of which something was given before had something recent.
            let ends = self.is_newest_first() && some && !recent && !asked_again;
            let next = if ends { Ok(None) } else { answer.next };
            left.extend(self.onward(task, next, &answer.call));
            return Ok(left);
        }
        task.after = last.or(task.after);
        self.hold(&mut task, rest, answer.next);
        left.push(task);
        Ok(left)
    }

    /// Whether what follows a page that is not recent enough is not either.
    fn is_newest_first(&self) -> bool {
        self.reading.definition().since.as_ref().is_some_and(|since| since.newest_first)
    }

    /// Enriches items and puts them into the page.
    fn items(&mut self, parents: &[String], items: Vec<Listed>, broken: &mut bool) -> Result<Given, Problem> {
        let mut rest: VecDeque<Listed> = items.into();
        let (mut last, mut recent) = (None, false);
        while !rest.is_empty() && !self.page.is_full() {
            let go: Vec<Listed> = rest.drain(..self.go(&rest)).collect();
            let mut taken: Vec<(usize, Item)> = Vec::with_capacity(go.len());
            for (at, listed) in go.iter().enumerate() {
                match listed.clone().into_item(self.reading, parents) {
                    Some(item) => {
                        let seen = self.page.has(&item.id) || taken.iter().any(|(_, known)| known.id == item.id);
                        if !seen && self.is_wanted(&item) {
                            taken.push((at, item));
                        }
                    }
                    None => {
                        *broken = true;
                        let operation = self.reading.definition().list.as_ref().map_or("", |list| &list.operation);
                        self.page.missing(without_identity().at(self.reading.service(), operation));
                    }
                }
            }
            recent |= taken.len() < go.len();
            let (places, mut taken): (Vec<usize>, Vec<Item>) = taken.into_iter().unzip();
            enrich(self.reading, &mut taken, &[], &mut self.users, &mut self.page.problems)?;
            for (at, item) in places.into_iter().zip(&mut taken) {
                recent |= is_before(self.reading, &item.value) != Some(true);
                if item.is_present() {
                    let line = line(self.reading, item);
                    let made = self.mapper.read(&line);
                    if !self.page.add(&item.id, &line, made) {
                        for listed in go.into_iter().skip(at).rev() {
                            rest.push_front(listed);
                        }
                        return Ok(Given { rest: rest.into(), last, recent });
                    }
                }
                last = Some(item.id.clone());
            }
        }
        Ok(Given { rest: rest.into(), last, recent })
    }

    /// How many items are enriched in one go: as many as their calls fill a `send`, and no more than may fit.
    fn go(&self, rest: &VecDeque<Listed>) -> usize {
        let batch = usize::try_from(self.reading.batch()).unwrap_or(usize::MAX).max(1);
        let actions: Vec<_> = self.reading.chosen.actions().collect();
        let singly = actions.iter().filter(|action| action.batch.is_none()).count();
        let largest = actions.iter().filter_map(|action| action.batch).max().unwrap_or(1);
        let by_calls = batch.checked_div(singly).map_or(usize::MAX, |items| items.max(1));
        let by_items = if actions.is_empty() { usize::MAX } else { ITEMS_AT_ONCE.max(largest) };
        let mut bytes = 0;
        let limit = usize::try_from(self.reading.run.limits.page_bytes).unwrap_or(usize::MAX);
        // Entities say again what they take of their resource.
        let limit = if self.mapper.is_empty() { limit } else { limit / 2 };
        let most = by_calls.min(by_items);
        let by_size = rest.iter().take(most).position(|listed| {
            bytes += json::length(&listed.value);
            bytes > limit
        });
        by_size.unwrap_or(most).clamp(1, rest.len().max(1))
    }

    /// Whether the configuration wants it: buckets may be limited to the allowed regions.
    fn is_wanted(&self, item: &Item) -> bool {
        let config = self.reading.config;
        let limited = config.only_allowed_buckets && self.reading.definition().scope == Reach::Account;
        let allowed = |region: &String| config.allows(self.reading.chosen, &self.reading.account.id, region);
        !limited || item.region.as_ref().is_none_or(allowed)
    }

    /// The task of the next page, or the end of the listing.
    fn onward(&mut self, mut task: Task, next: Result<Option<Token>, Problem>, call: &Call) -> Option<Task> {
        let next = next.and_then(|next| match next {
            None => Ok(None),
            Some(next) => {
                task.guard.pass(task.token.as_ref(), &next).map_err(|problem| call.problem(problem))?;
                Ok(Some(next))
            }
        });
        match next {
            Ok(Some(next)) => {
                return Some(Task { token: Some(next), after: None, held: None, ..task });
            }
            Ok(None) => {}
            Err(problem) => {
                task.broken = true;
                self.page.missing(problem);
            }
        }
        let level = self.level(&task);
        if level.is_some_and(|level| level.is_leaf()) || task.broken {
            self.page.scope(&task.parents, !task.broken);
        }
        None
    }
}

fn without_identity() -> Problem {
    Problem::new(ProblemClass::BadAnswer, "the listing has an item without its identity")
}
