//! One expression of a mapping.

use serde_json::Value;

use super::plain::{Plain, Step};
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
        if let Some((plain, paths)) = quick(text) {
            let (text, at, form) = (text.to_owned(), at.to_owned(), Form::Plain(plain));
            return Ok(Self { text, at, form, paths, reads_clock: false, reads_environment: false });
        }
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

/// What nearly all expressions of a mapping are, by hand: a path of members, a text as it stands, a truth value. jaq's parser
/// takes twenty times as long, and an instance reads the whole mapping before its first page.
fn quick(text: &str) -> Option<(Plain, Vec<Vec<String>>)> {
    let literal = |value: Value| Some((Plain::Literal(value), Vec::new()));
    match text {
        "true" => return literal(Value::Bool(true)),
        "false" => return literal(Value::Bool(false)),
        "null" => return literal(Value::Null),
        _ => {}
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        let as_it_stands = !inner.contains(['"', '\'', '\\']);
        return as_it_stands.then(|| literal(Value::from(inner)))?;
    }
    let names: Vec<String> = text.strip_prefix('.')?.split('.').map(str::to_owned).collect();
    let is_word = |name: &String| {
        let word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        word && !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    let steps = || names.iter().cloned().map(Step::Member).collect();
    names.iter().all(is_word).then(|| (Plain::Path(None, steps()), vec![names.clone()]))
}

fn shown(name: &str) -> String {
    let word =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if word { name.to_owned() } else { format!("{name:?}") }
}

#[cfg(test)]
mod tests {
    use super::super::quotes::doubled;
    use super::super::syntax::{self, Uses};
    use super::{Plain, quick};

    #[track_caller]
    fn check(text: &str) -> bool {
        let Some((plain, paths)) = quick(text) else { return false };
        let code = doubled(text);
        let term = syntax::parse(&code).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        assert_eq!((Plain::of(&term), Uses::of(&term).paths), (Some(plain), paths), "{text}");
        true
    }

    #[test]
    fn what_is_read_by_hand_is_what_jaq_reads() {
        for text in [
            "true",
            "false",
            "null",
            "\"\"",
            "\"a b.c\"",
            "\"ü\"",
            ".a",
            ".a.b",
            "._0.B9",
            ".if",
            ".and.or",
            ".def.end.not",
            ".reduce.as.then",
            ".null.true",
            ".import.__loc__",
        ] {
            assert!(check(text), "{text} is read by jaq");
        }
        for text in [
            ".",
            "..",
            ".a.",
            ".a..b",
            ".0",
            ".a.1",
            ".a b",
            ".a ",
            " .a",
            ".a-b",
            ".ä",
            ".a?",
            ".a[0]",
            "a.b",
            "",
            "\"",
            "'a'",
            "\"it's\"",
            "\"a\" + \"b\"",
            "\"\\n\"",
            "\"\\(.a)\"",
            "True",
        ] {
            assert!(!check(text), "{text} is not jaq's");
        }
    }
}
