//! Maps the resources of a unit.

use std::cell::RefCell;

use serde_json::{Map, Value, json};

use super::entity::{Evaluation, Node, without_nulls};
use super::plain::type_name;
use super::program::{Input, Outcome};
use super::report::{Cause, Report};
use super::{Expression, Mapping};
use crate::config::Config;
use crate::interface::{Mapped, Run, Unit};
use crate::json;
use crate::limits::ENTITIES_PER_RESOURCE;
use crate::problem::{Problem, ProblemClass};

/// What became of a resource: its entities' lines, and what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) lines: String,
    pub(crate) report: Report,
}

/// The mappings of a unit's kind.
#[derive(Debug)]
pub(crate) struct Mapper<'c> {
    mappings: Vec<&'c Mapping>,
    /// jq's `now`, in seconds.
    now: f64,
}

impl<'c> Mapper<'c> {
    /// The mappings of a kind in a region.
    pub(crate) fn new(config: &'c Config, run: &Run, kind: &str, region: Option<&str>) -> Self {
        let wanted = |mapping: &&Mapping| {
            let allowed = mapping.regions.as_ref().zip(region).is_none_or(|(policy, region)| policy.allows(region));
            mapping.kind == kind && allowed
        };
        #[allow(
            clippy::cast_precision_loss,
            reason = "milliseconds since 1970 are exact for longer than anybody lives"
        )]
        let now = run.started_at_ms as f64 / 1000.0;
        Self { mappings: config.mappings.iter().filter(wanted).collect(), now }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.mappings.is_empty()
    }

    /// The entities of a resource that was just read. One with gaps has none: the host fills them and asks again.
    pub(crate) fn read(&self, line: &Value) -> Made {
        if self.is_empty() || has_gaps(line) { Made::default() } else { self.line(line) }
    }

    /// The entities of a resource's line.
    fn line(&self, line: &Value) -> Made {
        let mut made = Made::default();
        let of = line.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(resource) = line.get("resource") else { return made };
        for mapping in &self.mappings {
            let mut making = Making { mapping, of, gaps: has_gaps(line), now: self.now, made: &mut made };
            making.resource(resource);
        }
        made
    }
}

fn has_gaps(line: &Value) -> bool {
    line.get("gaps").and_then(Value::as_array).is_some_and(|gaps| !gaps.is_empty())
}

/// Entities of resources that the host holds.
///
/// # Errors
/// The unit's kind is not configured, or a line is none.
pub(crate) fn map_resources(config: &Config, run: &Run, unit: &Unit, resources: &str) -> Result<Mapped, Problem> {
    let bad = |message: String| Problem::new(ProblemClass::BadCall, message);
    if config.kind(&unit.kind).is_none() {
        return Err(bad(format!("{:?} is not configured", unit.kind)));
    }
    let mapper = Mapper::new(config, run, &unit.kind, unit.region.as_deref());
    let mut mapped = Made::default();
    for (index, line) in resources.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Value =
            serde_json::from_str(line).map_err(|error| bad(format!("line {} is not JSON: {error}", index + 1)))?;
        if line.get("parent").is_some() {
            continue;
        }
        if !line.get("id").is_some_and(Value::is_string) || !line.get("resource").is_some_and(Value::is_object) {
            return Err(bad(format!("line {} is no resource", index + 1)));
        }
        let Made { lines, report } = mapper.line(&line);
        mapped.lines.push_str(&lines);
        mapped.report.extend(report);
    }
    Ok(Mapped { entities: mapped.lines, problems: mapped.report.into_problems().collect() })
}

/// One mapping at work on one resource.
struct Making<'m> {
    mapping: &'m Mapping,
    of: &'m str,
    gaps: bool,
    now: f64,
    made: &'m mut Made,
}

impl Making<'_> {
    fn resource(&mut self, resource: &Value) {
        let Some(items) = &self.mapping.parts.items else { return self.entity(resource) };
        match items.of(resource, self.now) {
            Err(what) => self.failed(&items.expression, Cause::Items, &what),
            Ok(inputs) if inputs.items.len() > ENTITIES_PER_RESOURCE => {
                let what = format!("{} items; {ENTITIES_PER_RESOURCE} are mapped", inputs.items.len());
                self.failed(&items.expression, Cause::Limit, &what);
            }
            Ok(inputs) => inputs.each(&mut |input| self.entity(input)),
        }
    }

    /// No entity, and why. The line tells the host that nothing follows from there being none.
    fn failed(&mut self, expression: &Expression, cause: Cause, what: &str) {
        self.made.report.add(expression, cause, self.of, what);
        self.line(json!({"of": self.of, "mapping": self.mapping.index, "failed": cause.word()}));
    }

    fn line(&mut self, line: Value) {
        self.made.lines.push_str(&json::text(&line));
        self.made.lines.push('\n');
    }

    fn entity(&mut self, input: &Value) {
        let (mapping, of, now) = (self.mapping, self.of, self.now);
        let input = Input::new(input);
        let outcomes: RefCell<Option<Vec<Outcome>>> = RefCell::default();
        let program = |slot: usize| {
            let mut outcomes = outcomes.borrow_mut();
            let outcomes = outcomes.get_or_insert_with(|| mapping.program().run(&input, now));
            // Each is asked for once.
            let outcome = outcomes.get_mut(slot).map(|outcome| std::mem::replace(outcome, Ok(Value::Null)));
            outcome.unwrap_or_else(|| Err("it does not compile".to_owned()))
        };
        match mapping.parts.selector.outcome(&input, &program) {
            Ok(Value::Bool(true)) => {}
            Ok(Value::Bool(false)) => return,
            Ok(other) => {
                let what = format!("true or false is expected, not {}", type_name(&other));
                return self.failed(&mapping.parts.selector, Cause::Selector, &what);
            }
            Err(error) => return self.failed(&mapping.parts.selector, Cause::Selector, &error),
        }
        let evaluation = Evaluation { input: &input, program: &program, of };
        let mut query = None;
        let identifier = match &mapping.parts.identifier {
            Node::Expression(expression) => match text(expression.outcome(&input, &program)) {
                Ok(identifier) => identifier,
                Err(what) => return self.failed(expression, Cause::Identifier, &explained(expression, what, &input)),
            },
            // A search query: what it is looked up by stands for it.
            node => {
                let found = node.value(&evaluation, &mut self.made.report);
                let text = found.to_string();
                query = Some(found);
                text
            }
        };
        let blueprint = match text(mapping.parts.blueprint.outcome(&input, &program)) {
            Ok(blueprint) => blueprint,
            Err(what) => {
                let what = explained(&mapping.parts.blueprint, what, &input);
                return self.failed(&mapping.parts.blueprint, Cause::Blueprint, &what);
            }
        };
        let mut entity = Map::with_capacity(mapping.parts.members.len());
        if let Some(query) = query {
            entity.insert("identifier".to_owned(), query);
        }
        for (name, node) in &mapping.parts.members {
            entity.insert(name.clone(), node.value(&evaluation, &mut self.made.report));
        }
        if self.gaps {
            without_nulls(&mut entity);
        }
        let mut line = Map::with_capacity(5);
        line.insert("of".to_owned(), Value::from(of));
        line.insert("mapping".to_owned(), Value::from(mapping.index));
        line.insert("identifier".to_owned(), Value::String(identifier));
        line.insert("blueprint".to_owned(), Value::String(blueprint));
        line.insert("entity".to_owned(), Value::Object(entity));
        self.line(Value::Object(line));
    }
}

/// What an entity is called by: a text that is not empty. A number is written out; the peer sends it as it is.
fn text(outcome: Outcome) -> Result<String, String> {
    match outcome {
        Ok(Value::String(text)) if !text.is_empty() => Ok(text),
        Ok(Value::Number(number)) if number.as_f64() != Some(0.0) => Ok(number.to_string()),
        Ok(Value::String(_)) => Err("it is empty".to_owned()),
        Ok(other) => Err(format!("a text is expected, not {}", type_name(&other))),
        Err(error) => Err(error),
    }
}

fn explained(expression: &Expression, what: String, input: &Input<'_>) -> String {
    match expression.missing(input.value) {
        Some(path) => format!("{what} ({path} is null)"),
        None => what,
    }
}
