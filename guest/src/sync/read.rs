//! Reads single resources by their ids: after an event, or before a deletion is believed.
//!
//! One that AWS says is gone is absent from the page. Whatever else keeps one from being read is a problem, and the
//! page is not whole: nothing is taken for gone because it could not be looked at.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::Reading;
use super::actions::enrich;
use super::answers::{Reported, reported};
use super::defaults::Users;
use super::emit::line;
use super::item::Item;
use super::listing::{Expected, Listed, Place, items};
use super::page::PageBuilder;
use crate::call::{Call, Token, send};
use crate::catalog::Read;
use crate::config::Config;
use crate::host::Host;
use crate::interface::{Account, Page, Run, Unit};
use crate::limits::{PAGES_PER_ACTION, READ_IDS};
use crate::problem::{Problem, ProblemClass};
use crate::template::{self, Scope};

/// The resources with these ids.
///
/// # Errors
/// The call itself was wrong, or the run is ending.
pub(crate) fn read_resources(
    host: &dyn Host,
    run: &Run,
    config: &Config,
    account: &Account,
    unit: &Unit,
    ids: &[String],
) -> Result<Page, Problem> {
    if ids.len() > READ_IDS {
        let message = format!("{} ids; {READ_IDS} are read at once", ids.len());
        return Err(Problem::new(ProblemClass::Limit, message));
    }
    let reading = Reading::candidates(host, run, config, account, unit)?.into_iter().next();
    let reading = reading.ok_or_else(|| Problem::new(ProblemClass::BadCall, "no region to ask"))?;
    let mut page = PageBuilder::new(u64::MAX);
    if let Some(made) = &reading.definition().made {
        let scope = reading.scope(&[]);
        let members = made.iter().filter_map(|(name, from)| Some((name.clone(), template::fill(from, &scope)?.into())));
        let item = Item::new(&reading, &[], Value::Object(members.collect()), Place::default());
        finish(&reading, &mut page, item.into_iter().collect(), ids, &[])?;
        return Ok(page.finish(None));
    }
    let Some(read) = &reading.definition().read else {
        let message = format!("{} cannot be read by id", unit.kind);
        page.missing(Problem::new(ProblemClass::BadCall, message));
        return Ok(page.finish(None));
    };
    let mut asking = Asking { reading: &reading, read, page: &mut page, found: Vec::new() };
    asking.all(ids)?;
    let found = asking.found;
    finish(&reading, &mut page, found, ids, &read.covers)?;
    Ok(page.finish(None))
}

/// Enriches what was found and puts what was asked for into the page.
fn finish(
    reading: &Reading<'_>,
    page: &mut PageBuilder,
    mut found: Vec<Item>,
    ids: &[String],
    covered: &[String],
) -> Result<(), Problem> {
    found.retain(|item| ids.contains(&item.id));
    enrich(reading, &mut found, covered, &mut Users::default(), &mut page.problems)?;
    let mapper = reading.mapper();
    for item in &mut found {
        if item.is_present() && !page.has(&item.id) {
            let line = line(reading, item);
            page.add(&item.id, &line, mapper.read(&line));
        }
    }
    Ok(())
}

/// A call for some ids, page after page.
struct Job {
    ids: Vec<String>,
    parents: Vec<String>,
    call: Call,
    token: Option<Token>,
    answers: Vec<Rc<Value>>,
}

struct Asking<'a, 'r> {
    reading: &'a Reading<'r>,
    read: &'a Read,
    page: &'a mut PageBuilder,
    found: Vec<Item>,
}

impl Asking<'_, '_> {
    fn all(&mut self, ids: &[String]) -> Result<(), Problem> {
        let mut jobs = self.jobs(ids);
        while !jobs.is_empty() {
            let calls: Vec<Call> = jobs.iter().map(|job| job.call.clone().with_token(job.token.as_ref())).collect();
            let answers = send(self.reading.host, self.reading.batch(), &calls);
            let mut further = Vec::new();
            for (job, answer) in jobs.into_iter().zip(answers) {
                match answer {
                    Ok(answer) => further.extend(self.answered(job, answer)),
                    Err(problem) if problem.class == ProblemClass::Cancelled => return Err(problem),
                    Err(problem) => further.extend(self.failed(job, problem)),
                }
            }
            jobs = further;
        }
        Ok(())
    }

    /// The calls for these ids: one each, or in batches below the same parents.
    fn jobs(&mut self, ids: &[String]) -> Vec<Job> {
        let mut groups: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        for id in ids {
            let scope = Scope { id, ..self.reading.scope(&[]) };
            let parents: Option<Vec<String>> =
                self.read.parents.iter().map(|parent| template::fill(parent, &scope)).collect();
            match parents {
                Some(parents) => groups.entry(parents).or_default().push(id.clone()),
                None => self.unreadable(id),
            }
        }
        let size = self.read.batch.unwrap_or(1).max(1);
        let mut jobs = Vec::new();
        for (parents, ids) in groups {
            for ids in ids.chunks(size) {
                jobs.extend(self.job(parents.clone(), ids.to_vec()));
            }
        }
        jobs
    }

    fn unreadable(&mut self, id: &str) {
        let problem = Problem::new(ProblemClass::BadCall, "not an id of this kind");
        self.page.missing(problem.at(self.reading.service(), &self.read.operation).about(id));
    }

    fn job(&mut self, parents: Vec<String>, ids: Vec<String>) -> Option<Job> {
        let first = ids.first()?.clone();
        let scope = Scope { id: &first, ..self.reading.scope(&parents) };
        let batch: Option<Vec<String>> = match self.read.batch {
            Some(_) => ids.iter().map(|id| self.asked_as(id)).collect(),
            None => Some(Vec::new()),
        };
        let input = Value::Object(self.read.input.clone());
        let Some(input) = batch.and_then(|batch| template::fill_input(&input, &scope, &batch)) else {
            self.unreadable(&first);
            return None;
        };
        let (service, identity) = (self.reading.service(), self.reading.identity());
        match Call::new(service, &self.read.operation, identity, &self.reading.region, input) {
            Ok(call) => Some(Job { ids, parents, call, token: None, answers: Vec::new() }),
            Err(problem) => {
                self.page.missing(problem);
                None
            }
        }
    }

    /// What of an id goes into a batch.
    fn asked_as(&self, id: &str) -> Option<String> {
        match &self.read.batch_of {
            Some(template) => template::fill(template, &Scope { id, ..self.reading.scope(&[]) }),
            None => Some(id.to_owned()),
        }
    }

    fn failed(&mut self, job: Job, problem: Problem) -> Vec<Job> {
        let gone = self.reading.definition().gone.contains(&problem.code);
        match (gone, job.ids.as_slice()) {
            (true, [_]) => Vec::new(),
            (true, several) => {
                let (left, right) = several.split_at(several.len() / 2);
                let (left, right) = (left.to_vec(), right.to_vec());
                let halves = [self.job(job.parents.clone(), left), self.job(job.parents, right)];
                halves.into_iter().flatten().collect()
            }
            (false, ids) => {
                let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                self.page.missing(Problem { count, subject: ids.first().cloned(), ..problem });
                Vec::new()
            }
        }
    }

    fn answered(&mut self, mut job: Job, answer: Value) -> Option<Job> {
        let next = match job.call.next_token(&answer) {
            Ok(next) => next,
            Err(problem) => {
                self.page.missing(problem);
                None
            }
        };
        job.answers.push(Rc::new(answer));
        match next {
            Some(next) if job.token.as_ref() != Some(&next) && job.answers.len() < PAGES_PER_ACTION as usize => {
                job.token = Some(next);
                return Some(job);
            }
            Some(_) => {
                let problem = Problem::new(ProblemClass::BadAnswer, "the pages of this answer have no end");
                self.page.missing(job.call.problem(problem));
            }
            None => {}
        }
        self.collect(&job);
        None
    }

    fn collect(&mut self, job: &Job) {
        let mut seen: Vec<String> = Vec::new();
        let expected = Expected {
            items: &self.read.items.0,
            one: self.read.one,
            wrap: None,
            outer: self.read.outer,
            answer: self.reading.chosen.kind.uses.answer,
            text: None,
        };
        for answer in &job.answers {
            match items(answer, &expected) {
                Ok(listed) => {
                    for Listed { value, place } in listed {
                        if let Some(item) = Item::new(self.reading, &job.parents, value, place) {
                            seen.push(item.id.clone());
                            self.found.push(item);
                        }
                    }
                }
                Err(problem) => self.page.missing(job.call.problem(problem)),
            }
        }
        for id in job.ids.iter().filter(|id| !seen.contains(id)) {
            if self.read.absence_is_gone {
                continue;
            }
            let asked = self.asked_as(id).unwrap_or_default();
            let missing = self.read.missing.as_ref().and_then(|missing| reported(&job.answers, missing, &asked));
            let problem = match missing {
                Some(Reported::Gone) => continue,
                Some(Reported::Failed(reason)) => {
                    Problem { code: reason, ..Problem::new(ProblemClass::BadAnswer, "not described") }
                }
                None => Problem::new(ProblemClass::BadAnswer, "the answer leaves out what was asked for"),
            };
            self.page.missing(job.call.problem(problem.about(id)));
        }
    }
}
