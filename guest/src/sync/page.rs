//! A page while it is filled: its lines, its size, what it proves.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::interface::Page;
use crate::json;
use crate::mapping::{Made, Report};
use crate::problem::{Problem, Problems};

/// A page being filled.
pub(crate) struct PageBuilder {
    resources: String,
    entities: String,
    report: Report,
    limit: usize,
    ids: HashSet<String>,
    full: bool,
    pub(crate) problems: Problems,
    pub(crate) whole: bool,
}

impl PageBuilder {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            resources: String::new(),
            entities: String::new(),
            report: Report::default(),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            ids: HashSet::new(),
            full: false,
            problems: Problems::default(),
            whole: true,
        }
    }

    /// Whether no more resources fit.
    pub(crate) fn is_full(&self) -> bool {
        self.full || self.len() >= self.limit
    }

    /// Bytes so far.
    fn len(&self) -> usize {
        self.resources.len() + self.entities.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// Whether a resource is in the page already.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Adds a resource's line and its entities. False where they do not fit any more; a page takes one resource of any
    /// size.
    pub(crate) fn add(&mut self, id: &str, line: &Value, made: Made) -> bool {
        let line = json::text(line);
        if !self.ids.is_empty() && self.len() + line.len() + made.lines.len() >= self.limit {
            self.full = true;
            return false;
        }
        self.ids.insert(id.to_owned());
        self.push(&line);
        self.entities.push_str(&made.lines);
        self.report.extend(made.report);
        true
    }

    /// Says that the children below a chain of parents were read to the end, or were not.
    pub(crate) fn scope(&mut self, parents: &[String], whole: bool) {
        if !parents.is_empty() {
            self.push(&json::text(&json!({"parent": parents, "whole": whole})));
        }
        self.whole &= whole;
    }

    fn push(&mut self, line: &str) {
        self.resources.push_str(line);
        self.resources.push('\n');
    }

    /// A problem that may have hidden something.
    pub(crate) fn missing(&mut self, problem: Problem) {
        self.whole = false;
        self.problems.add(problem);
    }

    pub(crate) fn finish(self, next: Option<String>) -> Page {
        let mut problems = self.problems.into_vec();
        problems.extend(self.report.into_problems());
        Page { resources: self.resources, entities: self.entities, problems, whole: self.whole, next }
    }
}
