//! One list call: what to ask, and the items in the answer.

use serde_json::{Map, Value};

use super::Reading;
use super::item::{Item, identify};
use crate::call::{Call, Token};
use crate::catalog::Outer;
use crate::path;
use crate::problem::{Problem, ProblemClass};
use crate::template;

/// What an answer's list holds, each as an object.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) value: Value,
    pub(crate) outer: Option<Map<String, Value>>,
}

impl Listed {
    pub(crate) fn id(&self, reading: &Reading<'_>, parents: &[String]) -> Option<String> {
        identify(reading, parents, &self.value, self.outer.as_ref())
    }

    pub(crate) fn into_item(self, reading: &Reading<'_>, parents: &[String]) -> Option<Item> {
        Item::new(reading, parents, self.value, self.outer)
    }
}

/// One level of the chain of list calls: a parent, or the kind itself.
pub(crate) struct Level<'a> {
    pub(crate) operation: &'a str,
    input: &'a Map<String, Value>,
    items: &'a str,
    pub(crate) wrap: Option<&'a str>,
    outer: Outer,
    /// Codes that say that the parent is gone.
    pub(crate) gone: &'a [String],
    /// A parent's identity; none for the kind itself.
    id: Option<&'a str>,
}

impl<'a> Level<'a> {
    /// The level below so many parents. None for a kind that is made without a call.
    pub(crate) fn below(reading: &Reading<'a>, parents: usize) -> Option<Self> {
        let definition = reading.definition();
        if let Some(parent) = definition.parents.get(parents) {
            return Some(Self {
                operation: &parent.operation,
                input: &parent.input,
                items: &parent.items,
                wrap: parent.wrap.as_deref(),
                outer: Outer::Ignore,
                gone: &parent.gone,
                id: Some(&parent.id),
            });
        }
        let list = definition.list.as_ref()?;
        Some(Self {
            operation: &list.operation,
            input: &list.input,
            items: &list.items,
            wrap: list.wrap.as_deref(),
            outer: list.outer,
            gone: &list.gone,
            id: None,
        })
    }

    /// Whether this lists the kind itself.
    pub(crate) fn is_leaf(&self) -> bool {
        self.id.is_none()
    }

    /// # Errors
    /// The definition's input cannot be filled, or names a service without tables.
    pub(crate) fn call(
        &self,
        reading: &Reading<'_>,
        parents: &[String],
        token: Option<&Token>,
    ) -> Result<Call, Problem> {
        let input = Value::Object(self.input.clone());
        let Some(input) = template::fill_input(&input, &reading.scope(parents), &[]) else {
            let problem = Problem::new(ProblemClass::BadCall, "the input of the listing cannot be filled");
            return Err(problem.at(reading.service(), self.operation));
        };
        let call = Call::new(reading.service(), self.operation, reading.identity(), &reading.region, input)?;
        Ok(call.with_token(token))
    }

    /// # Errors
    /// What stands where the list should be is no list.
    pub(crate) fn items(&self, answer: &Value) -> Result<Vec<Listed>, Problem> {
        items(answer, self.items, self.wrap, self.outer)
    }

    /// The items that a cursor held.
    pub(crate) fn items_held(&self, names: Vec<Value>) -> Vec<Listed> {
        let name = self.wrap.unwrap_or_default();
        let wrapped = |value| Value::Object(Map::from_iter([(name.to_owned(), value)]));
        names.into_iter().map(|value| Listed { value: wrapped(value), outer: None }).collect()
    }

    /// The identity of a parent.
    pub(crate) fn parent_id(&self, reading: &Reading<'_>, parents: &[String], listed: &Listed) -> Option<String> {
        let scope = template::Scope { item: Some(&listed.value), ..reading.scope(parents) };
        template::fill(self.id?, &scope)
    }
}

/// The items at a path of an answer.
///
/// # Errors
/// What stands there is no list, or holds something else than the definition expects.
pub(crate) fn items(answer: &Value, at: &str, wrap: Option<&str>, outer: Outer) -> Result<Vec<Listed>, Problem> {
    let last = at.rsplit('.').next().unwrap_or(at);
    let mut listed = Vec::new();
    let mut wrong = None;
    path::collect(answer, at, &mut |found, holder| {
        let holder = match (outer, holder) {
            (Outer::Context, Some(Value::Object(holder))) => {
                let mut rest = holder.clone();
                rest.shift_remove(last);
                Some(rest)
            }
            _ => None,
        };
        let elements = match found {
            Value::Null => return,
            Value::Array(elements) => elements.as_slice(),
            one => std::slice::from_ref(one),
        };
        for element in elements {
            match (element, wrap) {
                (Value::Object(_), None) => listed.push(Listed { value: element.clone(), outer: holder.clone() }),
                (Value::String(_), Some(name)) => {
                    let mut members = Map::new();
                    members.insert(name.to_owned(), element.clone());
                    listed.push(Listed { value: Value::Object(members), outer: holder.clone() });
                }
                _ => wrong = Some("the list holds something else than the model says"),
            }
        }
    });
    match wrong {
        Some(message) => Err(Problem::new(ProblemClass::BadAnswer, message)),
        None => Ok(listed),
    }
}
