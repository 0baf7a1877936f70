//! What went wrong while resources were mapped: one problem of each expression and cause, with a count and an example.

use std::collections::BTreeMap;

use super::expression::Expression;
use crate::limits::{MAPPING_CAUSES, MESSAGE_CHARS};
use crate::problem::{Problem, ProblemClass};

/// Why an entity is missing, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// Not a boolean.
    Selector,
    /// Not a list.
    Items,
    /// Null, or as good as that.
    Identifier,
    Blueprint,
    /// The expression failed.
    Failed,
    /// Too many entities of one resource.
    Limit,
}

impl Cause {
    /// The word by which problems and lines name it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Selector => "selector",
            Self::Items => "items",
            Self::Identifier => "identifier",
            Self::Blueprint => "blueprint",
            Self::Failed => "expression",
            Self::Limit => "limit",
        }
    }
}

#[derive(Debug)]
struct Entry {
    message: String,
    /// The resource that is the example.
    of: String,
    count: u32,
}

/// Problems of mappings.
#[derive(Debug, Default)]
pub(crate) struct Report(BTreeMap<(String, Cause), Entry>);

impl Report {
    /// Adds what happened to an expression of a resource.
    pub(super) fn add(&mut self, expression: &Expression, cause: Cause, of: &str, what: &str) {
        let key = (expression.at.clone(), cause);
        if let Some(entry) = self.0.get_mut(&key) {
            entry.count = entry.count.saturating_add(1);
        } else if self.0.len() < MAPPING_CAUSES {
            let message = format!("{}: {what}: {}", expression.at, expression.text);
            let message = message.chars().take(MESSAGE_CHARS).collect();
            self.0.insert(key, Entry { message, of: of.to_owned(), count: 1 });
        }
    }

    /// Adds another's.
    pub(crate) fn extend(&mut self, other: Self) {
        for (key, entry) in other.0 {
            let room = self.0.len() < MAPPING_CAUSES;
            if let Some(known) = self.0.get_mut(&key) {
                known.count = known.count.saturating_add(entry.count);
            } else if room {
                self.0.insert(key, entry);
            }
        }
    }

    /// As problems of a page.
    pub(crate) fn into_problems(self) -> impl Iterator<Item = Problem> {
        self.0.into_iter().map(|((_, cause), entry)| {
            let class = if cause == Cause::Limit { ProblemClass::Limit } else { ProblemClass::Mapping };
            let problem = Problem::new(class, entry.message).about(&entry.of);
            Problem { code: cause.word().to_owned(), count: entry.count, ..problem }
        })
    }
}
