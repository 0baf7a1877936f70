//! The parts of an entity, as a mapping writes them.

use serde_json::{Map, Value};

use super::expression::Expression;
use super::program::{Input, Outcome};
use super::report::{Cause, Report};

/// A part of a mapping: an expression, or several below names or in a list (search queries).
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Expression(Expression),
    Object(Vec<(String, Node)>),
    List(Vec<Node>),
    /// A number or a truth value that is written as such.
    Constant(Value),
}

/// Where the values of expressions come from.
pub(super) struct Evaluation<'e> {
    pub(super) input: &'e Input<'e>,
    pub(super) program: &'e dyn Fn(usize) -> Outcome,
    /// The resource, for reports.
    pub(super) of: &'e str,
}

impl Node {
    pub(super) fn each_mut(&mut self, give: &mut dyn FnMut(&mut Expression)) {
        match self {
            Self::Expression(expression) => give(expression),
            Self::Object(members) => members.iter_mut().for_each(|(_, node)| node.each_mut(give)),
            Self::List(nodes) => nodes.iter_mut().for_each(|node| node.each_mut(give)),
            Self::Constant(_) => {}
        }
    }

    pub(super) fn each<'n>(&'n self, give: &mut dyn FnMut(&'n Expression)) {
        match self {
            Self::Expression(expression) => give(expression),
            Self::Object(members) => members.iter().for_each(|(_, node)| node.each(give)),
            Self::List(nodes) => nodes.iter().for_each(|node| node.each(give)),
            Self::Constant(_) => {}
        }
    }

    /// The value. An expression that fails gives null, and the report says so.
    pub(super) fn value(&self, evaluation: &Evaluation<'_>, report: &mut Report) -> Value {
        match self {
            Self::Expression(expression) => {
                expression.outcome(evaluation.input, evaluation.program).unwrap_or_else(|error| {
                    report.add(expression, Cause::Failed, evaluation.of, &error);
                    Value::Null
                })
            }
            Self::Object(members) => {
                let members = members.iter().map(|(name, node)| (name.clone(), node.value(evaluation, report)));
                Value::Object(members.collect())
            }
            Self::List(nodes) => nodes.iter().map(|node| node.value(evaluation, report)).collect(),
            Self::Constant(value) => value.clone(),
        }
    }
}

/// Takes what is null out of an entity: of a resource with gaps, nobody knows whether it is.
pub(super) fn without_nulls(entity: &mut Map<String, Value>) {
    for name in ["properties", "relations"] {
        if let Some(Value::Object(members)) = entity.get_mut(name) {
            members.retain(|_, value| !value.is_null());
        }
    }
    entity.retain(|_, value| !value.is_null());
}
