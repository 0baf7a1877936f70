//! One expression of a mapping.

use serde_json::Value;

use super::plain::Plain;
use super::program::{Input, Outcome};
use super::quotes::doubled;
use super::syntax::{self, Uses, Wrong};

/// An expression, read but not compiled.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    /// As it was written.
    pub(super) text: String,
    /// JSON pointer into the configuration.
    pub(crate) at: String,
    pub(super) form: Form,
    /// The members of the input that it reads.
    pub(crate) paths: Vec<Vec<String>>,
    pub(crate) reads_clock: bool,
    pub(crate) reads_environment: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    Plain(Plain),
    /// With what jaq is given, and its place in the mapping's program.
    Program {
        code: String,
        slot: usize,
    },
}

impl Expression {
    /// Reads an expression at a place of the configuration.
    pub(crate) fn read(at: &str, text: &str) -> Result<Self, Vec<Wrong>> {
        let code = doubled(text);
        let term = syntax::parse(&code)?;
        let uses = Uses::of(&term);
        let unknown = uses.unknown(&code);
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let (reads_clock, reads_environment) = (uses.calls("now"), uses.calls("env") || uses.variable("$ENV"));
        let (plain, paths) = (Plain::of(&term), uses.paths);
        drop(term);
        let form = plain.map_or(Form::Program { code, slot: 0 }, Form::Plain);
        Ok(Self { text: text.to_owned(), at: at.to_owned(), form, paths, reads_clock, reads_environment })
    }

    /// What it gives, of an input or of what the program gave for it.
    pub(super) fn outcome(&self, input: &Input<'_>, program: &dyn Fn(usize) -> Outcome) -> Outcome {
        match &self.form {
            Form::Plain(plain) => plain.value(input.value),
            Form::Program { slot, .. } => program(*slot),
        }
    }

    /// The first member that it reads and that is null or not there: `.Properties.State`.
    pub(super) fn missing(&self, input: &Value) -> Option<String> {
        self.paths.iter().find_map(|path| {
            let mut value = input;
            for (at, name) in path.iter().enumerate() {
                if !value.is_object() {
                    return None;
                }
                value = value.get(name).unwrap_or(&Value::Null);
                if value.is_null() {
                    return Some(path.iter().take(at + 1).map(|name| format!(".{}", shown(name))).collect());
                }
            }
            None
        })
    }
}

fn shown(name: &str) -> String {
    let word =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if word { name.to_owned() } else { format!("{name:?}") }
}
