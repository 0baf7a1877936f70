//! What every account has without anybody's doing is left out, unless something uses it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Reading;
use super::item::Item;
use crate::call::{Call, Token, send};
use crate::catalog::Unless;
use crate::limits::{PAGES_PER_ACTION, USES_REMEMBERED};
use crate::path;
use crate::problem::{Problem, ProblemClass, Problems};
use crate::template;

/// What was asked already in this page, and whether it found something.
#[derive(Default)]
pub(crate) struct Users(BTreeMap<String, bool>);

/// A question on its way.
struct Job {
    key: String,
    subject: String,
    call: Call,
    token: Option<Token>,
    pages: u32,
}

impl Job {
    fn new(reading: &Reading<'_>, unless: &Unless, item: &Item) -> Result<Self, Problem> {
        let (service, region) = (reading.service(), item.region(reading));
        let input = template::fill_input(&Value::Object(unless.input.clone()), &item.scope(reading), &[]);
        let input = input.ok_or_else(|| {
            let problem = Problem::new(ProblemClass::BadAnswer, "the listing did not give what the call needs");
            problem.at(service, &unless.operation)
        })?;
        let key = format!("{region} {input}");
        let call = Call::new(service, &unless.operation, reading.identity(), region, input)?;
        Ok(Self { key, subject: item.id.clone(), call, token: None, pages: 0 })
    }
}

impl Users {
    /// Whether each of these items is used, or may be: a question that failed proves nothing.
    ///
    /// # Errors
    /// The run is ending.
    pub(crate) fn of(
        &mut self,
        reading: &Reading<'_>,
        unless: &Unless,
        items: &[&Item],
        problems: &mut Problems,
    ) -> Result<Vec<bool>, Problem> {
        if self.0.len() > USES_REMEMBERED {
            self.0.clear();
        }
        let mut keys = Vec::with_capacity(items.len());
        let mut jobs: Vec<Job> = Vec::new();
        for item in items {
            let key = match Job::new(reading, unless, item) {
                Ok(job) => {
                    let key = job.key.clone();
                    if !self.0.contains_key(&key) && jobs.iter().all(|known| known.key != key) {
                        jobs.push(job);
                    }
                    Some(key)
                }
                Err(problem) => {
                    problems.add(problem.about(&item.id));
                    None
                }
            };
            keys.push(key);
        }
        while !jobs.is_empty() {
            jobs = self.ask(reading, unless, jobs, problems)?;
        }
        let used = |key: &Option<String>| key.as_ref().and_then(|key| self.0.get(key)).copied().unwrap_or(true);
        Ok(keys.iter().map(used).collect())
    }

    /// Sends the questions. Gives back those whose page was empty and is not the last.
    fn ask(
        &mut self,
        reading: &Reading<'_>,
        unless: &Unless,
        jobs: Vec<Job>,
        problems: &mut Problems,
    ) -> Result<Vec<Job>, Problem> {
        let calls: Vec<Call> = jobs.iter().map(|job| job.call.clone().with_token(job.token.as_ref())).collect();
        let mut further = Vec::new();
        for (mut job, answer) in jobs.into_iter().zip(send(reading.host, reading.batch(), &calls)) {
            let next = answer.and_then(|answer| {
                let found = finds(&answer, &unless.items);
                let next = if found { None } else { job.call.next_token(&answer)? };
                job.pages += 1;
                if next.is_some() && (next == job.token || job.pages >= PAGES_PER_ACTION) {
                    let problem = Problem::new(ProblemClass::BadAnswer, "the pages of this answer have no end");
                    return Err(job.call.problem(problem));
                }
                Ok((found, next))
            });
            match next {
                Ok((_, Some(next))) => {
                    job.token = Some(next);
                    further.push(job);
                }
                Ok((found, None)) => drop(self.0.insert(job.key, found)),
                Err(problem) if problem.class == ProblemClass::Cancelled => return Err(problem),
                Err(problem) => {
                    problems.add(problem.about(&job.subject));
                    self.0.insert(job.key, true);
                }
            }
        }
        Ok(further)
    }
}

fn finds(answer: &Value, items: &str) -> bool {
    let mut found = false;
    path::collect(answer, items, &mut |value, _| {
        found |= match value {
            Value::Null => false,
            Value::Array(elements) => !elements.is_empty(),
            _ => true,
        };
    });
    found
}
