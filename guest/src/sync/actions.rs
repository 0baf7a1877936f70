//! Detail calls: one by one or in batches, matched to their items by identity, never by position.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Reading;
use super::item::Item;
use crate::call::{Call, Token, send};
use crate::catalog::{Action, Match, Missing};
use crate::limits::PAGES_PER_ACTION;
use crate::path;
use crate::problem::{Problem, ProblemClass, Problems};
use crate::template;

/// What an action found for an item.
enum Found {
    Value(Value),
    /// There is none, and AWS says so.
    Nothing,
    /// Unknown.
    Gap,
    /// The resource itself is not there any more.
    Gone,
}

/// What the items of one batch have in common: where the call goes, and below which parents they are.
type Group = (String, Vec<String>);

/// A call on its way, page after page.
struct Job<'d> {
    action: usize,
    definition: &'d Action,
    /// Which items it is for.
    items: Vec<usize>,
    call: Call,
    token: Option<Token>,
    answers: Vec<Value>,
}

/// Runs the configured actions for these items and merges what they found. What fails becomes a gap of the items
/// concerned and a problem; what AWS calls gone marks its item.
///
/// # Errors
/// The run is ending.
pub(crate) fn enrich(
    reading: &Reading<'_>,
    items: &mut [Item],
    covered: &[String],
    problems: &mut Problems,
) -> Result<(), Problem> {
    let actions: Vec<&Action> = reading.chosen.actions().filter(|action| !covered.contains(&action.name)).collect();
    let mut enriching =
        Enriching { reading, items, found: (0..items.len()).map(|_| BTreeMap::new()).collect(), problems };
    let mut jobs = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        jobs.extend(enriching.jobs(index, action));
    }
    while !jobs.is_empty() {
        let calls: Vec<Call> = jobs.iter().map(|job| job.call.clone().with_token(job.token.as_ref())).collect();
        let answers = send(reading.host, reading.batch(), &calls);
        let mut further = Vec::new();
        for (job, answer) in jobs.into_iter().zip(answers) {
            match answer {
                Ok(answer) => further.extend(enriching.answered(job, answer)),
                Err(problem) if problem.class == ProblemClass::Cancelled => return Err(problem),
                Err(problem) => further.extend(enriching.failed(job, problem)),
            }
        }
        jobs = further;
    }
    let found = enriching.found;
    for (item, found) in items.iter_mut().zip(found) {
        merge(item, found, &actions, problems);
    }
    Ok(())
}

struct Enriching<'a, 'r> {
    reading: &'a Reading<'r>,
    items: &'a [Item],
    found: Vec<BTreeMap<usize, Found>>,
    problems: &'a mut Problems,
}

impl Enriching<'_, '_> {
    /// The calls of one action for all items. What is known without one is noted at once.
    fn jobs<'d>(&mut self, index: usize, action: &'d Action) -> Vec<Job<'d>> {
        let mut asked = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let known = action.known.as_ref().and_then(|known| path::get(&item.value, known));
            match known.filter(|value| !value.is_null()) {
                Some(value) => {
                    let value = translated(action, value.clone());
                    self.note(at, index, Found::Value(value));
                }
                None => asked.push(at),
            }
        }
        match action.batch {
            Some(size) => self.batches(index, action, size.max(1), &asked),
            None => asked.into_iter().filter_map(|at| self.job(index, action, vec![at], &[])).collect(),
        }
    }

    /// Items whose calls differ in nothing but the batch go together.
    fn batches<'d>(&mut self, index: usize, action: &'d Action, size: usize, asked: &[usize]) -> Vec<Job<'d>> {
        let mut groups: BTreeMap<Group, Vec<(usize, String)>> = BTreeMap::new();
        for at in asked {
            let Some(item) = self.items.get(*at) else { continue };
            let scope = item.scope(self.reading);
            match action.identity.as_ref().and_then(|identity| template::fill(&identity.of, &scope)) {
                Some(value) => {
                    let group = (item.region(self.reading).to_owned(), item.parents.clone());
                    groups.entry(group).or_default().push((*at, value));
                }
                None => self.unaskable(index, action, &[*at]),
            }
        }
        let mut jobs = Vec::new();
        for group in groups.into_values() {
            for some in group.chunks(size) {
                let values: Vec<String> = some.iter().map(|(_, value)| value.clone()).collect();
                jobs.extend(self.job(index, action, some.iter().map(|(at, _)| *at).collect(), &values));
            }
        }
        jobs
    }

    fn job<'d>(&mut self, index: usize, action: &'d Action, items: Vec<usize>, batch: &[String]) -> Option<Job<'d>> {
        let first = self.items.get(*items.first()?)?;
        let scope = first.scope(self.reading);
        let Some(input) = template::fill_input(&Value::Object(action.input.clone()), &scope, batch) else {
            self.unaskable(index, action, &items);
            return None;
        };
        let (service, identity) = (self.reading.service(), self.reading.identity());
        match Call::new(service, &action.operation, identity, first.region(self.reading), input) {
            Ok(call) => Some(Job { action: index, definition: action, items, call, token: None, answers: Vec::new() }),
            Err(problem) => {
                self.gap(index, &items, problem);
                None
            }
        }
    }

    fn unaskable(&mut self, index: usize, action: &Action, items: &[usize]) {
        let problem = Problem::new(ProblemClass::BadAnswer, "the listing did not give what the call needs");
        self.gap(index, items, problem.at(self.reading.service(), &action.operation));
    }

    fn note(&mut self, item: usize, action: usize, found: Found) {
        if let Some(all) = self.found.get_mut(item) {
            all.insert(action, found);
        }
    }

    fn id(&self, item: usize) -> &str {
        self.items.get(item).map_or("", |item| item.id.as_str())
    }

    /// The action's values are unknown for these items, for this reason.
    fn gap(&mut self, action: usize, items: &[usize], problem: Problem) {
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let subject = items.first().map(|item| self.id(*item).to_owned());
        self.problems.add(Problem { count, subject, ..problem });
        for item in items {
            self.note(*item, action, Found::Gap);
        }
    }

    fn gone(&mut self, action: usize, item: usize, problem: Problem) {
        let subject = Some(self.id(item).to_owned());
        self.problems.add(Problem { class: ProblemClass::Vanished, subject, ..problem });
        self.note(item, action, Found::Gone);
    }

    fn failed<'d>(&mut self, job: Job<'d>, problem: Problem) -> Vec<Job<'d>> {
        if let Some(value) = job.definition.absent.get(&problem.code) {
            for item in &job.items {
                let found = if value.is_null() { Found::Nothing } else { Found::Value(value.clone()) };
                self.note(*item, job.action, found);
            }
            return Vec::new();
        }
        if !self.reading.definition().gone.contains(&problem.code) {
            self.gap(job.action, &job.items, problem);
            return Vec::new();
        }
        match job.items.as_slice() {
            [one] => {
                self.gone(job.action, *one, problem);
                Vec::new()
            }
            // One that vanished spoils the batch: halves find it, and the others are read.
            several => {
                let (left, right) = several.split_at(several.len() / 2);
                [left, right].into_iter().filter_map(|half| self.half(&job, half)).collect()
            }
        }
    }

    fn half<'d>(&mut self, job: &Job<'d>, items: &[usize]) -> Option<Job<'d>> {
        let identity = job.definition.identity.as_ref()?;
        let values: Vec<String> = items
            .iter()
            .filter_map(|at| template::fill(&identity.of, &self.items.get(*at)?.scope(self.reading)))
            .collect();
        self.job(job.action, job.definition, items.to_vec(), &values)
    }

    fn answered<'d>(&mut self, mut job: Job<'d>, answer: Value) -> Option<Job<'d>> {
        let next = match job.call.next_token(&answer) {
            Ok(next) => next,
            Err(problem) => {
                self.gap(job.action, &job.items, problem);
                return None;
            }
        };
        job.answers.push(answer);
        let Some(next) = next else {
            self.read(&job);
            return None;
        };
        if job.token.as_ref() == Some(&next) || job.answers.len() >= PAGES_PER_ACTION as usize {
            let class = if job.token.as_ref() == Some(&next) { ProblemClass::BadAnswer } else { ProblemClass::Limit };
            let problem = job.call.problem(Problem::new(class, "the pages of this answer have no end"));
            self.gap(job.action, &job.items, problem);
            return None;
        }
        job.token = Some(next);
        Some(job)
    }

    fn read(&mut self, job: &Job<'_>) {
        match (job.definition.batch, &job.definition.identity, job.items.as_slice()) {
            (Some(_), Some(identity), _) => self.read_batch(job, identity),
            (None, identity, [item]) => self.read_one(job, *item, identity.as_ref()),
            _ => {}
        }
    }

    fn read_one(&mut self, job: &Job<'_>, item: usize, identity: Option<&Match>) {
        let action = job.definition;
        if let (Some(identity), Some(asked)) = (identity, self.items.get(item)) {
            let wanted = template::fill(&identity.of, &asked.scope(self.reading));
            let answered = job.answers.iter().find_map(|answer| path::get(answer, &identity.at)?.as_str());
            if wanted.as_deref() != answered {
                let problem =
                    Problem::new(ProblemClass::BadAnswer, "the answer is about another resource than asked for");
                self.gap(job.action, &job.items, job.call.problem(problem));
                return;
            }
        }
        let mut value: Option<Value> = None;
        for part in job.answers.iter().filter_map(|answer| path::get(answer, &action.take)) {
            match (&mut value, part) {
                (_, Value::Null) => {}
                (None, part) => value = Some(part.clone()),
                (Some(Value::Array(items)), Value::Array(more)) => items.extend(more.iter().cloned()),
                (Some(Value::Object(members)), Value::Object(more)) => members.extend(more.clone()),
                (Some(_), _) => {}
            }
        }
        let found = match value.or_else(|| action.otherwise.clone()) {
            Some(value) => Found::Value(translated(action, value)),
            None => Found::Nothing,
        };
        self.note(item, job.action, found);
    }

    fn read_batch(&mut self, job: &Job<'_>, identity: &Match) {
        let action = job.definition;
        let mut elements: BTreeMap<&str, &Value> = BTreeMap::new();
        for answer in &job.answers {
            let list = path::get(answer, &action.take).and_then(Value::as_array);
            for element in list.into_iter().flatten() {
                if let Some(id) = path::get(element, &identity.at).and_then(Value::as_str) {
                    elements.insert(id, element);
                }
            }
        }
        let mut left_out = Vec::new();
        for item in &job.items {
            let Some(asked) = self.items.get(*item) else { continue };
            let Some(wanted) = template::fill(&identity.of, &asked.scope(self.reading)) else { continue };
            if let Some(element) = elements.remove(wanted.as_str()) {
                self.note(*item, job.action, Found::Value(element.clone()));
                continue;
            }
            match action.missing.as_ref().and_then(|missing| reported(&job.answers, missing, &wanted)) {
                Some(Reported::Gone) => {
                    let problem = Problem::new(ProblemClass::Vanished, "listed, and missing when asked for");
                    self.gone(job.action, *item, job.call.problem(problem));
                }
                Some(Reported::Failed(reason)) => {
                    let problem = Problem { code: reason, ..Problem::new(ProblemClass::BadAnswer, "not described") };
                    self.gap(job.action, &[*item], job.call.problem(problem));
                }
                None => left_out.push(*item),
            }
        }
        if !left_out.is_empty() {
            let problem = Problem::new(ProblemClass::BadAnswer, "the answer leaves out what was asked for");
            self.gap(job.action, &left_out, job.call.problem(problem));
        }
        if let Some(other) = elements.keys().next() {
            let problem = Problem::new(ProblemClass::BadAnswer, "the answer has what was not asked for");
            self.problems.add(job.call.problem(problem.about(other)));
        }
    }
}

/// What a batch's answer says of something that it could not read.
pub(crate) enum Reported {
    Gone,
    Failed(String),
}

/// Looks an id up in the part of the answers that lists what could not be read.
pub(crate) fn reported(answers: &[Value], missing: &Missing, id: &str) -> Option<Reported> {
    let entry = answers
        .iter()
        .filter_map(|answer| path::get(answer, &missing.items)?.as_array())
        .flatten()
        .find(|entry| path::get(entry, &missing.id).and_then(Value::as_str) == Some(id))?;
    let reason = path::get(entry, &missing.at).and_then(Value::as_str).unwrap_or_default();
    Some(if missing.values.iter().any(|value| value == reason) {
        Reported::Gone
    } else {
        Reported::Failed(reason.to_owned())
    })
}

fn translated(action: &Action, value: Value) -> Value {
    match value.as_str().and_then(|text| action.translate.get(text)) {
        Some(text) => Value::from(text.as_str()),
        None => value,
    }
}

/// Puts what the actions found into the item, in the order of the definition.
fn merge(item: &mut Item, found: BTreeMap<usize, Found>, actions: &[&Action], problems: &mut Problems) {
    for (index, found) in found {
        let Some(action) = actions.get(index) else { continue };
        match found {
            Found::Nothing => {}
            Found::Gap => item.gaps.push(action.name.clone()),
            Found::Gone => item.gone = true,
            Found::Value(value) => {
                let Some(members) = item.value.as_object_mut() else { continue };
                match (&action.into, value) {
                    (Some(name), value) => drop(members.insert(name.clone(), value)),
                    (None, Value::Object(more)) => overwrite(members, more),
                    (None, _) => {
                        item.gaps.push(action.name.clone());
                        let problem = Problem::new(ProblemClass::BadAnswer, "the answer is no structure");
                        problems.add(problem.at("", &action.operation).about(&item.id));
                    }
                }
            }
        }
    }
}

fn overwrite(members: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        members.insert(name, value);
    }
}
