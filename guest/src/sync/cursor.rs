//! Where a unit stands, as text that any instance can go on from.
//!
//! A unit is a list of tasks, each the next page of one listing below one chain of parents. Nothing counts positions
//! in a list that may have changed meanwhile: what was given already is known by its identity.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::call::Token;
use crate::limits::PAGES_PER_LISTING;
use crate::problem::{Problem, ProblemClass};
use crate::redact::hex;

/// The form of a cursor. Another form is not read: the host begins the unit again.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Cursor {
    #[serde(rename = "v")]
    version: u32,
    /// The region that answers, so that all pages come from one.
    #[serde(rename = "r")]
    pub(crate) region: String,
    #[serde(rename = "t")]
    pub(crate) tasks: VecDeque<Task>,
}

/// One page of one listing that is still to be read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Task {
    /// The parents, outermost first.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parents: Vec<String>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<Token>,
    /// The last item of this page that was given already.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
    /// What the page still holds, where that is small enough to be carried: it is not asked for again.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub(crate) held: Option<Held>,
    #[serde(rename = "g", default)]
    pub(crate) guard: TokenGuard,
    /// How many levels of the tree lie above, for a kind that is its own parent.
    #[serde(rename = "d", default, skip_serializing_if = "is_zero")]
    pub(crate) depth: u32,
    /// Something of this listing is missing already.
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) broken: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(depth: &u32) -> bool {
    *depth == 0
}

impl Task {
    /// Whether nothing of the unit was asked before it.
    pub(crate) fn is_start(&self) -> bool {
        self.parents.is_empty() && self.token.is_none() && self.after.is_none()
    }
}

/// The rest of an answer whose items are plain names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Held {
    #[serde(rename = "i")]
    pub(crate) items: Vec<Value>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<Token>,
}

/// Finds a page token that comes again, at any distance, in constant space (Brent's way).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct TokenGuard {
    #[serde(rename = "s", default)]
    steps: u32,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
}

impl TokenGuard {
    /// Takes note of the next token.
    ///
    /// # Errors
    /// It was there before, or there are more pages than any listing has.
    pub(crate) fn pass(&mut self, current: Option<&Token>, next: &Token) -> Result<(), Problem> {
        let text = serde_json::to_string(next).unwrap_or_default();
        let digest = hex(Sha256::digest(text.as_bytes()).get(..8).unwrap_or_default());
        if current == Some(next) || self.mark.as_ref() == Some(&digest) {
            return Err(Problem::new(ProblemClass::BadAnswer, "the page token repeats: the listing has no end"));
        }
        self.steps += 1;
        if self.steps > PAGES_PER_LISTING {
            return Err(Problem::new(ProblemClass::Limit, format!("more than {PAGES_PER_LISTING} pages")));
        }
        if self.steps.is_power_of_two() {
            self.mark = Some(digest);
        }
        Ok(())
    }
}

impl Cursor {
    /// The beginning of a unit.
    pub(crate) fn start(region: &str) -> Self {
        Self::at(region, VecDeque::from([Task::default()]))
    }

    /// A unit with this left to do.
    pub(crate) fn at(region: &str, tasks: VecDeque<Task>) -> Self {
        Self { version: VERSION, region: region.to_owned(), tasks }
    }

    /// # Errors
    /// A text that this version of the guest did not write.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let refused = |why: &str| Problem::new(ProblemClass::BadCall, format!("not a cursor of this component: {why}"));
        let cursor: Self = serde_json::from_str(text).map_err(|error| refused(&error.to_string()))?;
        if cursor.version == VERSION { Ok(cursor) } else { Err(refused("another version")) }
    }

    /// The text. What the tasks hold is given up where it would be too long.
    ///
    /// # Errors
    /// Longer than the host allows even so.
    pub(crate) fn write(mut self, limit: u32) -> Result<Option<String>, Problem> {
        if self.tasks.is_empty() {
            return Ok(None);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        loop {
            let text = serde_json::to_string(&self).map_err(|error| {
                Problem::new(ProblemClass::BadCall, format!("the cursor cannot be written: {error}"))
            })?;
            if text.len() <= limit {
                return Ok(Some(text));
            }
            // The last one is needed latest.
            match self.tasks.iter_mut().rev().find(|task| task.held.is_some()) {
                Some(task) => task.held = None,
                None => {
                    let message = format!("the cursor needs {} bytes; {limit} are allowed", text.len());
                    return Err(Problem::new(ProblemClass::Limit, message));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Cursor, Held, Task, TokenGuard};
    use crate::call::Token;

    fn token(text: &str) -> Token {
        serde_json::from_value(json!({ "NextToken": text })).unwrap()
    }

    #[test]
    fn a_cycle_of_any_length_is_found() {
        for (lead, cycle) in [(0, 1), (0, 2), (3, 5), (10, 7)] {
            let mut guard = TokenGuard::default();
            let mut current = None;
            let found = (0..1000).find(|step| {
                let index = if *step < lead { *step } else { lead + (step - lead) % cycle };
                let next = token(&index.to_string());
                let repeated = guard.pass(current.as_ref(), &next).is_err();
                current = Some(next);
                repeated
            });
            let found = found.unwrap_or_else(|| panic!("a cycle of {cycle} after {lead} was not found"));
            assert!(found >= cycle && found <= 4 * (lead + cycle) + 4, "lead {lead}, cycle {cycle}: step {found}");
        }
    }

    #[test]
    fn what_is_held_gives_way_to_the_limit() {
        let held = |items: usize| Some(Held { items: vec![json!("arn:aws:x"); items], next: None });
        let mut cursor = Cursor::start("eu-west-1");
        cursor.tasks = [Task { held: held(2), ..Task::default() }, Task { held: held(50), ..Task::default() }].into();
        let text = cursor.clone().write(200).unwrap().unwrap();
        assert!(text.len() <= 200);
        let read = Cursor::read(&text).unwrap();
        assert!(read.tasks[0].held.is_some() && read.tasks[1].held.is_none());
        assert!(cursor.write(10).is_err());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "{}", "null", r#"{"v":2,"r":"x","t":[]}"#] {
            assert!(Cursor::read(text).is_err(), "{text}");
        }
    }
}
