//! Expressions that need no jaq: paths, literals, texts that are put together, `//`.
//!
//! They give what jaq gives, and fail where it fails; property tests hold them to it.

use std::borrow::Cow;
use std::fmt::Write as _;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part as PathPart};
use serde_json::Value;

use super::syntax::constant;
use super::value::{copied, to_jaq};

/// An expression of which every part has one output.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plain {
    Literal(Value),
    /// From a value, member by member. Without a first part: from the input.
    Path(Option<Box<Plain>>, Vec<Step>),
    /// A text and something else.
    Sum(Box<Plain>, Box<Plain>),
    Text(Vec<Part>),
    Else(Box<Plain>, Box<Plain>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    At(i64),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Text(String),
    Of(Plain),
}

impl Plain {
    /// The expression, if it is as plain as that.
    pub(super) fn of(term: &Term<&str>) -> Option<Self> {
        Some(match term {
            Term::Id => Self::Path(None, Vec::new()),
            Term::Num(_) | Term::Neg(_) => Self::Literal(Value::from(integer(term)?)),
            Term::Call(name, arguments) if arguments.is_empty() => Self::Literal(match *name {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return None,
            }),
            Term::Str(None, parts) => match constant(parts) {
                Some(text) => Self::Literal(Value::String(text)),
                None => Self::Text(parts.iter().map(Part::of).collect::<Option<_>>()?),
            },
            Term::BinOp(left, BinaryOp::Math(Math::Add), right) => {
                let (left, right) = (Self::of(left)?, Self::of(right)?);
                // Sums of numbers, lists and objects are jaq's.
                let text = left.is_text() || right.is_text();
                text.then(|| Self::Sum(Box::new(left), Box::new(right)))?
            }
            Term::BinOp(left, BinaryOp::Alt, right) => {
                Self::Else(Box::new(Self::of(left)?), Box::new(Self::of(right)?))
            }
            Term::Path(head, path) => {
                let steps = path.0.iter().map(|(part, optional)| match (part, optional) {
                    (PathPart::Index(Term::Str(None, parts)), Opt::Essential) => Some(Step::Member(constant(parts)?)),
                    (PathPart::Index(index), Opt::Essential) => Some(Step::At(integer(index)?)),
                    _ => None,
                });
                let steps = steps.collect::<Option<_>>()?;
                match **head {
                    Term::Id => Self::Path(None, steps),
                    _ => Self::Path(Some(Box::new(Self::of(head)?)), steps),
                }
            }
            _ => return None,
        })
    }

    /// Whether it gives a text or fails.
    fn is_text(&self) -> bool {
        match self {
            Self::Literal(value) => value.is_string(),
            Self::Text(_) => true,
            Self::Sum(left, right) => left.is_text() || right.is_text(),
            Self::Path(..) | Self::Else(..) => false,
        }
    }

    /// The output for an input.
    pub(super) fn value(&self, input: &Value) -> Result<Value, String> {
        self.run(input).map(|value| copied(&value))
    }

    fn run<'v>(&'v self, input: &'v Value) -> Result<Cow<'v, Value>, String> {
        match self {
            Self::Literal(value) => Ok(Cow::Borrowed(value)),
            Self::Path(None, steps) => walk(input, steps).map(Cow::Borrowed),
            Self::Path(Some(head), steps) => match head.run(input)? {
                Cow::Borrowed(value) => walk(value, steps).map(Cow::Borrowed),
                Cow::Owned(value) => walk(&value, steps).map(|found| Cow::Owned(found.clone())),
            },
            // Both are run before they are added, as jaq does it.
            Self::Sum(left, right) => sum(left.run(input)?, right.run(input)?),
            Self::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(part) => text.push_str(part),
                        Part::Of(plain) => write_text(&mut text, plain.run(input)?.as_ref()),
                    }
                }
                Ok(Cow::Owned(Value::String(text)))
            }
            Self::Else(left, right) => match left.run(input)? {
                value if matches!(*value, Value::Null | Value::Bool(false)) => right.run(input),
                value => Ok(value),
            },
        }
    }
}

impl Part {
    fn of(part: &StrPart<&str, Term<&str>>) -> Option<Self> {
        Some(match part {
            StrPart::Str(text) => Self::Text((*text).to_owned()),
            StrPart::Char(character) => Self::Text(character.to_string()),
            StrPart::Term(term) => Self::Of(Plain::of(term)?),
        })
    }
}

/// An integer literal that is a machine's integer everywhere.
fn integer(term: &Term<&str>) -> Option<i64> {
    match term {
        Term::Num(number) => number.parse::<i32>().ok().map(i64::from),
        Term::Neg(term) => match **term {
            Term::Num(_) => integer(term).map(|number| -number),
            _ => None,
        },
        _ => None,
    }
}

fn walk<'v>(value: &'v Value, steps: &[Step]) -> Result<&'v Value, String> {
    let mut value = value;
    for step in steps {
        value = match (value, step) {
            (Value::Null, _) => return Ok(&Value::Null),
            (Value::Object(members), Step::Member(name)) => members.get(name).unwrap_or(&Value::Null),
            // No member has a number for a name.
            (Value::Object(_), Step::At(_)) => &Value::Null,
            (Value::Array(items), Step::At(at)) => {
                place(*at, items.len()).and_then(|at| items.get(at)).unwrap_or(&Value::Null)
            }
            (other, step) => return Err(format!("cannot read {step} of {}", type_name(other))),
        };
    }
    Ok(value)
}

impl std::fmt::Display for Step {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Member(name) => write!(formatter, "{name:?}"),
            Self::At(at) => write!(formatter, "[{at}]"),
        }
    }
}

/// The place that an index means, from the end if it is negative.
fn place(at: i64, length: usize) -> Option<usize> {
    let back = || length.checked_sub(usize::try_from(at.unsigned_abs()).ok()?);
    usize::try_from(at).ok().or_else(back)
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A sum of which one side is a text: the other one is a text too, or null, or wrong.
fn sum<'v>(left: Cow<'v, Value>, right: Cow<'v, Value>) -> Result<Cow<'v, Value>, String> {
    match (left, right) {
        (left, right) if right.is_null() => Ok(left),
        (left, right) if left.is_null() => Ok(right),
        (Cow::Owned(Value::String(mut left)), right) if right.is_string() => {
            left.push_str(right.as_str().unwrap_or_default());
            Ok(Cow::Owned(Value::String(left)))
        }
        (left, right) => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => Ok(Cow::Owned(Value::String(format!("{left}{right}")))),
            _ => Err(format!("cannot add {} and {}", type_name(&left), type_name(&right))),
        },
    }
}

fn write_text(text: &mut String, value: &Value) {
    match value {
        Value::String(part) => text.push_str(part),
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        // A `String` takes all that is written to it.
        other => drop(write!(text, "{}", to_jaq(other))),
    }
}
