//! A call of a definition: that it is a read, that its input can be filled and written, that its pages can be followed.

use std::collections::BTreeSet;

use portolan_tables::{Access, DeniedRule, Operation, Service, Shape};
use serde_json::{Map, Value};

use super::{Checker, Known};
use crate::catalog::templates;
use crate::nearest::nearest;
use crate::template::{self, Scope, fill_input};
use crate::wire;

/// Texts that stand for a value of the item: some inputs take a number or a time only.
const SAMPLES: &[&str] = &["x", "1", "2026-01-31T00:00:00Z", "true"];

/// More parents than any kind has.
const SAMPLE_PARENTS: usize = 8;

impl Checker<'_> {
    pub(super) fn call(&mut self, at: &str, known: Known, operation: &str, input: &Map<String, Value>, batch: bool) {
        self.is_read(at, known, operation);
        self.pages(at, known, operation);
        self.members(at, known, input);
        self.input(at, known, operation, input, batch);
    }

    /// What the host's guard would refuse is said here, and not only when it is asked.
    fn is_read(&mut self, at: &str, known: Known, operation: &str) {
        let at = format!("{at}/operation");
        let entry = known.operation;
        if !matches!(entry.access, Some(Access::List | Access::Read)) || entry.action.is_none() {
            self.say(&at, format!("{operation} is no read: the host would refuse it"));
        }
        if entry.denied.as_ref().is_some_and(|denied| denied.rule == DeniedRule::Never) {
            self.say(&at, format!("{operation} hands out what no inventory needs: the host would refuse it"));
        }
    }

    /// An answer that has a token, and whose pages the tables cannot follow, would end after its first page.
    fn pages(&mut self, at: &str, known: Known, operation: &str) {
        if let Some(token) = lost_pages(known.service, known.operation) {
            let message = format!("{operation} gives {token:?}, and the tables do not know its pages");
            self.say(&format!("{at}/operation"), message);
        }
    }

    fn members(&mut self, at: &str, known: Known, input: &Map<String, Value>) {
        let Some(Shape::Structure(structure)) = known.operation.input.map(|id| known.service.shape(id)) else { return };
        for name in input.keys().filter(|name| structure.member(name).is_none()) {
            let instead = nearest(name, structure.members.iter().map(|member| member.name.as_str()));
            self.say_instead(&format!("{at}/input/{name}"), "the operation has no such input", instead);
        }
    }

    fn input(&mut self, at: &str, known: Known, operation: &str, input: &Map<String, Value>, batch: bool) {
        let mut texts = Vec::new();
        templates::inputs(input, &mut texts);
        if texts.contains(&"{$batch}") != batch {
            self.say(&format!("{at}/input"), "`batch` needs {$batch} in the input, and the other way round");
        }
        let before = self.findings.iter().any(|finding| finding.at.starts_with(&format!("{at}/input/")));
        if before {
            return;
        }
        let input = Value::Object(input.clone());
        let mut error = None;
        for text in SAMPLES {
            let sample = Sample::of(&texts, text);
            let Some(filled) = fill_input(&input, &sample.scope(), &[(*text).to_owned()]) else {
                self.say(&format!("{at}/input"), "a template in it is none that can be filled");
                return;
            };
            match wire::request(known.service, operation, &filled) {
                Ok(_) => return,
                Err(wrong) => drop(error.get_or_insert_with(|| wrong.to_string())),
            }
        }
        self.say(&format!("{at}/input"), error.unwrap_or_default());
    }
}

/// The page token of an answer whose further pages the tables do not know how to ask for.
pub(crate) fn lost_pages<'s>(service: &'s Service, operation: &Operation) -> Option<&'s str> {
    // A token that no input takes is no page's: locks have some.
    page_token(service.shape(operation.input?))?;
    let token = page_token(service.shape(operation.output?))?;
    operation.paging.is_none().then_some(token)
}

/// The member that looks like a page token.
fn page_token(shape: &Shape) -> Option<&str> {
    let Shape::Structure(structure) = shape else { return None };
    let named = structure.members.iter().find(|member| {
        let name = member.name.to_lowercase();
        name.contains("token")
            || name.ends_with("marker")
            || name.contains("evaluated")
            || name.contains("exclusivestart")
    });
    named.map(|member| member.name.as_str())
}

/// An item, and where it was found, in which every name of these templates has a value.
struct Sample {
    item: Value,
    answer: Value,
    outer: Map<String, Value>,
    parents: Vec<String>,
    id: String,
    text: String,
}

impl Sample {
    fn of(templates: &[&str], text: &str) -> Self {
        let names: BTreeSet<&str> = templates.iter().flat_map(|template| template::names(template)).collect();
        let mut sample = Self {
            item: Value::Object(Map::new()),
            answer: Value::Object(Map::new()),
            outer: Map::new(),
            parents: vec![text.to_owned(); SAMPLE_PARENTS],
            id: [text; SAMPLE_PARENTS].join("|"),
            text: text.to_owned(),
        };
        for name in names {
            // Fields of ARNs are asked of what is one.
            let arn = templates.iter().any(|template| {
                template.contains(&format!("{{{name}|account}}")) || template.contains(&format!("{{{name}|region}}"))
            });
            let value = if arn { "arn:aws:s:eu-west-1:111122223333:x" } else { text };
            match (name.strip_prefix("$outer."), name.strip_prefix("$answer.")) {
                (Some(member), _) => drop(sample.outer.insert(member.to_owned(), Value::from(value))),
                (_, Some(path)) => put(&mut sample.answer, path, value),
                _ if name.starts_with('$') => {}
                _ => put(&mut sample.item, name, value),
            }
        }
        sample
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            partition: "aws",
            account: "111122223333",
            account_name: "name",
            region: "eu-west-1",
            id: &self.id,
            arn: &self.text,
            parents: &self.parents,
            item: Some(&self.item),
            outer: Some(&self.outer),
            answer: Some(&self.answer),
            index: Some(1),
            digest: None,
            since: Some("2026-01-31T00:00:00Z"),
        }
    }
}

/// Puts a value at a path.
fn put(into: &mut Value, path: &str, value: &str) {
    let (segment, rest) = path.split_once('.').map_or((path, None), |(segment, rest)| (segment, Some(rest)));
    let Value::Object(members) = into else { return };
    let (name, selector) = segment.split_once('[').map_or((segment, None), |(name, rest)| (name, Some(rest)));
    let next =
        members.entry(name).or_insert_with(|| if selector.is_some() { Value::Array(Vec::new()) } else { Value::Null });
    let next = match (next, selector) {
        (Value::Array(elements), Some(selector)) => {
            let mut element = Map::new();
            if let Some((key, wanted)) = selector.trim_end_matches(']').split_once('=') {
                element.insert(key.to_owned(), Value::from(wanted));
            }
            elements.push(if rest.is_some() { Value::Object(element) } else { Value::Null });
            elements.last_mut()
        }
        (next, _) => Some(next),
    };
    match (next, rest) {
        (Some(next), None) => *next = Value::from(value),
        (Some(next), Some(rest)) => {
            if !next.is_object() {
                *next = Value::Object(Map::new());
            }
            put(next, rest, value);
        }
        (None, _) => {}
    }
}
