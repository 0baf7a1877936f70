//! `itemsToParse`: several entities of one resource.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::expression::{Expression, Form};
use super::plain::{Plain, Step};
use super::program::{Input, Program};

/// Which items a resource has, and how they are given to the expressions.
#[derive(Debug)]
pub(crate) struct Items {
    pub(crate) expression: Expression,
    /// The member by which expressions find the item.
    name: String,
    /// What is taken out of the resource: the list that the items come from.
    without: Without,
    program: OnceCell<Program>,
}

#[derive(Debug)]
enum Without {
    Nothing,
    Path(Vec<Step>),
    Code(String),
}

impl Items {
    /// Items by an expression. With `transform`, the list that they come from is not given to the mapping.
    pub(crate) fn new(expression: Expression, name: &str, transform: bool) -> Self {
        // The peer takes the whole resource away where it finds no path, and cannot go on; here it stays.
        let path = transform.then(|| source(&expression.text)).flatten();
        let path = path.and_then(|path| Expression::read("", &path).ok());
        let without = match path.map(|path| path.form) {
            Some(Form::Plain(Plain::Path(None, steps))) => Without::Path(steps),
            Some(Form::Program { code, .. }) => Without::Code(format!("del({code}\n)")),
            _ => Without::Nothing,
        };
        Self { expression, name: name.to_owned(), without, program: OnceCell::new() }
    }

    /// The inputs of the mapping, one for each item. None where the expression does not give a list; then why.
    pub(super) fn of(&self, resource: &Value, now: f64) -> Result<Inputs<'_>, String> {
        let input = Input::new(resource);
        let program = || {
            self.program.get_or_init(|| {
                let code = |expression: &Expression| match &expression.form {
                    Form::Program { code, .. } => code.clone(),
                    Form::Plain(_) => "null".to_owned(),
                };
                let without = match &self.without {
                    Without::Code(code) => code.as_str(),
                    _ => ".",
                };
                Program::new(None, &[&code(&self.expression), without])
            })
        };
        let mut outcomes = None;
        let mut ran = |slot: usize| {
            let outcomes = outcomes.get_or_insert_with(|| program().run(&input, now));
            outcomes.get(slot).cloned().unwrap_or_else(|| Err("it does not compile".to_owned()))
        };
        let items = match &self.expression.form {
            Form::Plain(plain) => plain.value(resource),
            Form::Program { .. } => ran(0),
        };
        let Value::Array(items) = items? else { return Err("it does not give a list".to_owned()) };
        let rest = match &self.without {
            Without::Nothing => resource.clone(),
            Without::Path(steps) => {
                let mut rest = resource.clone();
                remove(&mut rest, steps);
                rest
            }
            Without::Code(_) => ran(1)?,
        };
        let Value::Object(rest) = rest else { return Err("nothing of the resource is left".to_owned()) };
        Ok(Inputs { name: &self.name, items, rest })
    }
}

/// The items of a resource, and the rest of it.
pub(super) struct Inputs<'i> {
    name: &'i str,
    pub(super) items: Vec<Value>,
    rest: Map<String, Value>,
}

impl Inputs<'_> {
    /// Calls back with the resource as each item has it.
    pub(super) fn each(self, give: &mut dyn FnMut(&Value)) {
        let mut value = Value::Object(self.rest);
        for item in self.items {
            if let Some(members) = value.as_object_mut() {
                members.insert(self.name.to_owned(), item);
            }
            give(&value);
        }
    }
}

fn remove(value: &mut Value, steps: &[Step]) {
    let Some((last, steps)) = steps.split_last() else { return };
    let mut value = value;
    for step in steps {
        let next = match step {
            Step::Member(name) => value.get_mut(name),
            Step::At(at) => usize::try_from(*at).ok().and_then(|at| value.get_mut(at)),
        };
        let Some(next) = next else { return };
        value = next;
    }
    match (value, last) {
        (Value::Object(members), Step::Member(name)) => drop(members.shift_remove(name)),
        (Value::Array(items), Step::At(at)) => {
            if let Some(at) = usize::try_from(*at).ok().filter(|at| *at < items.len()) {
                items.remove(at);
            }
        }
        _ => {}
    }
}

/// The path that the items come from, as the peer guesses it: the first step between pipes that begins with a member or
/// an index, without what follows. Of an expression in brackets, what stands in the first pair.
fn source(expression: &str) -> Option<String> {
    let expression = expression.trim();
    let chain = match expression.strip_prefix('(') {
        Some(rest) => rest.split_once(')')?.0.trim(),
        None => expression,
    };
    chain.split('|').map(str::trim).filter(|segment| !binds(segment)).find_map(path)
}

/// `. as $root`
fn binds(segment: &str) -> bool {
    let rest = segment.strip_prefix('.').filter(|rest| rest.starts_with(char::is_whitespace)).map(str::trim_start);
    let rest = rest.and_then(|rest| rest.strip_prefix("as")).filter(|rest| rest.starts_with(char::is_whitespace));
    rest.is_some_and(|rest| rest.trim_start().starts_with('$'))
}

fn path(segment: &str) -> Option<String> {
    let mut length = part(segment, false)?;
    while let Some(more) = segment.get(length..).and_then(|rest| part(rest, true)) {
        length += more;
    }
    segment.get(..length).map(str::to_owned)
}

/// The length of `.member`, `.[index]` or, further on, `[index]`.
fn part(text: &str, further: bool) -> Option<usize> {
    let bracket = |text: &str| {
        let inside = text.strip_prefix('[')?.find(']').filter(|length| *length > 0)?;
        Some(inside + 2)
    };
    if let Some(rest) = text.strip_prefix('.') {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return if word > 0 { Some(word + 1) } else { bracket(rest).map(|length| length + 1) };
    }
    further.then(|| bracket(text)).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::plain::Step;
    use super::{remove, source};

    /// Expected by the peer's function, run over these.
    #[test]
    fn the_source_is_guessed_as_the_peer_guesses_it() {
        for (expression, expected) in [
            (".Properties.Tags", Some(".Properties.Tags")),
            (" .Properties.Tags // []", Some(".Properties.Tags")),
            ("(.Properties.Tags // []) | map(.Key)", Some(".Properties.Tags")),
            (".Properties.Tags[] | .Key", Some(".Properties.Tags")),
            (".Properties.List[0].x | map(.)", Some(".Properties.List[0].x")),
            (". as $root | .Properties.A | map({a: .})", Some(".Properties.A")),
            ("[.Properties.Tags[] | select(.x)]", None),
            (".[\"a b\"].c", Some(".[\"a b\"].c")),
            (". | $x | .a", Some(".a")),
            ("map(.x)", None),
            ("(.a | map(.b)) | .c", Some(".a")),
            ("(.a", None),
        ] {
            assert_eq!(source(expression).as_deref(), expected, "{expression}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_removed() {
        let member = |name: &str| Step::Member(name.to_owned());
        let mut value = json!({"a": {"b": [1, 2], "c": 1}, "d": 1});
        remove(&mut value, &[member("a"), member("x"), member("y")]);
        remove(&mut value, &[member("d"), member("x")]);
        remove(&mut value, &[member("a"), member("b"), Step::At(7)]);
        assert_eq!(value, json!({"a": {"b": [1, 2], "c": 1}, "d": 1}));
        remove(&mut value, &[member("a"), member("b"), Step::At(0)]);
        remove(&mut value, &[member("d")]);
        assert_eq!(value, json!({"a": {"b": [2], "c": 1}}));
    }
}
