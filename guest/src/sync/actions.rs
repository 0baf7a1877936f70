//! Detail calls: one by one or in batches, matched to their items by identity, never by position.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Reading;
use super::answers::{Element, Elements, Reported, identity, reported, translated, value};
use super::defaults::Users;
use super::item::Item;
use super::presence::{Known, is_partial};
use crate::call::{Call, Token, send};
use crate::catalog::{Action, Match};
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
/// concerned and a problem; what AWS calls gone marks its item, and so does what is found to be none of the kind's.
/// Such items are asked about no further.
///
/// # Errors
/// The run is ending.
pub(crate) fn enrich(
    reading: &Reading<'_>,
    items: &mut [Item],
    covered: &[String],
    users: &mut Users,
    problems: &mut Problems,
) -> Result<(), Problem> {
    let all: Vec<&Action> = reading.chosen.actions().filter(|action| !covered.contains(&action.name)).collect();
    let (then, first): (Vec<&Action>, Vec<&Action>) = all.iter().partition(|action| action.then);
    settle(reading, items, &all, users, problems)?;
    run(reading, items, &first, problems)?;
    if !then.is_empty() {
        settle(reading, items, &then, users, problems)?;
        for item in items.iter_mut() {
            item.locate(reading);
        }
        run(reading, items, &then, problems)?;
    }
    settle(reading, items, &[], users, problems)
}

/// Marks the items that are surely none of the kind's, with these actions still to be asked.
fn settle(
    reading: &Reading<'_>,
    items: &mut [Item],
    pending: &[&Action],
    users: &mut Users,
    problems: &mut Problems,
) -> Result<(), Problem> {
    let mut defaults = Vec::new();
    for (at, item) in items.iter_mut().enumerate().filter(|(_, item)| item.is_present()) {
        let known = Known::of(reading, item, pending);
        let outside = known.is_outside(reading);
        if !outside && !item.used && known.is_default(reading) {
            defaults.push(at);
        }
        item.outside = outside;
    }
    if defaults.is_empty() {
        return Ok(());
    }
    let unless = reading.definition().default.as_ref().and_then(|default| default.unless.as_ref());
    let asked: Vec<&Item> = defaults.iter().filter_map(|at| items.get(*at)).collect();
    let used = match unless {
        Some(unless) => users.of(reading, unless, &asked, problems)?,
        None => vec![false; defaults.len()],
    };
    for (at, used) in defaults.into_iter().zip(used) {
        if let Some(item) = items.get_mut(at) {
            (item.used, item.outside) = (used, !used);
        }
    }
    Ok(())
}

/// Runs some of the actions, side by side.
fn run(reading: &Reading<'_>, items: &mut [Item], actions: &[&Action], problems: &mut Problems) -> Result<(), Problem> {
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
        merge(item, found, actions, problems);
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
        let items = self.items;
        for (at, item) in items.iter().enumerate().filter(|(_, item)| item.is_present()) {
            match Known::of(self.reading, item, &[]).all(&action.when) {
                Some(true) => {}
                Some(false) => continue,
                // Whether it applies is what a call that failed would have said, and that is a problem already.
                None => {
                    self.note(at, index, Found::Gap);
                    continue;
                }
            }
            if action.partial.as_ref().is_some_and(|partial| !is_partial(partial, &item.value)) {
                continue;
            }
            let known = action.known.as_ref().and_then(|known| path::get(&item.value, known));
            match known.filter(|value| !value.is_null()) {
                Some(value) => {
                    self.note(at, index, Found::Value(translated(action, value.clone())));
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
        let mut groups: BTreeMap<Group, Vec<(String, Vec<usize>)>> = BTreeMap::new();
        for at in asked {
            let Some(item) = self.items.get(*at) else { continue };
            let scope = item.scope(self.reading);
            match action.identity.as_ref().and_then(|identity| template::fill(&identity.of, &scope)) {
                Some(value) => {
                    let group = (item.region(self.reading).to_owned(), item.parents.clone());
                    let group = groups.entry(group).or_default();
                    // Two items may need the same; a list that names it twice is refused.
                    match group.iter_mut().find(|(known, _)| *known == value) {
                        Some((_, items)) => items.push(*at),
                        None => group.push((value, vec![*at])),
                    }
                }
                None => self.unaskable(index, action, &[*at]),
            }
        }
        let mut jobs = Vec::new();
        for group in groups.into_values() {
            for some in group.chunks(size) {
                let values: Vec<String> = some.iter().map(|(value, _)| value.clone()).collect();
                let items = some.iter().flat_map(|(_, items)| items.iter().copied()).collect();
                jobs.extend(self.job(index, action, items, &values));
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
        let (service, identity) = (self.reading.chosen.kind.service_of(action), self.reading.identity());
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
        self.gap(index, items, problem.at(self.reading.chosen.kind.service_of(action), &action.operation));
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
        // What another service does not know is not gone for that.
        let own = job.definition.service.as_deref().is_none_or(|service| service == self.reading.service());
        if !own || !self.reading.definition().gone.contains(&problem.code) {
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
        let mut values: Vec<String> = Vec::with_capacity(items.len());
        for at in items {
            let value = template::fill(&identity.of, &self.items.get(*at)?.scope(self.reading));
            values.extend(value.filter(|value| !values.contains(value)));
        }
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

    fn read_one(&mut self, job: &Job<'_>, item: usize, identity_of: Option<&Match>) {
        let action = job.definition;
        if let (Some(expected), Some(asked)) = (identity_of, self.items.get(item)) {
            let wanted = template::fill(&expected.of, &asked.scope(self.reading));
            let answered = job.answers.iter().find_map(|answer| identity(answer, &expected.at.0));
            if wanted != answered {
                let problem =
                    Problem::new(ProblemClass::BadAnswer, "the answer is about another resource than asked for");
                self.gap(job.action, &job.items, job.call.problem(problem));
                return;
            }
        }
        let found = match value(action, &job.answers, job.call.paging()) {
            Some(value) => Found::Value(value),
            None => Found::Nothing,
        };
        self.note(item, job.action, found);
    }

    fn read_batch(&mut self, job: &Job<'_>, identity: &Match) {
        let action = job.definition;
        let elements = Elements::of(action, &identity.at.0, &job.answers);
        let mut left_out = Vec::new();
        let mut wanted_all = Vec::with_capacity(job.items.len());
        for item in &job.items {
            let Some(asked) = self.items.get(*item) else { continue };
            let Some(wanted) = template::fill(&identity.of, &asked.scope(self.reading)) else { continue };
            let reported = action.missing.as_ref().and_then(|missing| reported(&job.answers, missing, &wanted));
            let found = elements.of_item(action, &wanted);
            wanted_all.push(wanted);
            match (reported, found) {
                // What is gathered may be nothing, and then only the report tells why.
                (reported, Element::Value(value)) if reported.is_none() || !action.gather => {
                    self.note(*item, job.action, Found::Value(value));
                }
                (_, Element::Nothing) => self.note(*item, job.action, Found::Nothing),
                (Some(Reported::Gone), _) => {
                    let problem = Problem::new(ProblemClass::Vanished, "listed, and missing when asked for");
                    self.gone(job.action, *item, job.call.problem(problem));
                }
                (Some(Reported::Failed(reason)), _) => {
                    let problem = Problem { code: reason, ..Problem::new(ProblemClass::BadAnswer, "not described") };
                    self.gap(job.action, &[*item], job.call.problem(problem));
                }
                (None, _) => match &action.left_out {
                    Some(Value::Null) => self.note(*item, job.action, Found::Nothing),
                    Some(value) => self.note(*item, job.action, Found::Value(value.clone())),
                    None => left_out.push(*item),
                },
            }
        }
        if !left_out.is_empty() {
            let problem = Problem::new(ProblemClass::BadAnswer, "the answer leaves out what was asked for");
            self.gap(job.action, &left_out, job.call.problem(problem));
        }
        if let Some(other) = elements.foreign(&wanted_all) {
            let problem = Problem::new(ProblemClass::BadAnswer, "the answer has what was not asked for");
            self.problems.add(job.call.problem(problem.about(other)));
        }
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
