//! What of a mapping needs jaq, as one program.
//!
//! Each expression is caught on its own: one that fails gives null, and the others what they give. The first output
//! counts, as at the peer. There is no clock, no environment and no input but the resource; a loop without an end is
//! ended by the host's limit on computing time, since jaq counts no steps.

use std::cell::OnceCell;

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader, parse};
use jaq_core::{Compiler, Ctx, Filter, Vars};
use jaq_json::Val;
use serde_json::Value;

use super::value::{from_jaq, to_jaq};

type Data = JustLut<Val>;

/// What the prelude defines and needs the process: it is left out, and calls of it are unknown.
pub(super) const LEFT_OUT: &[&str] =
    &["halt", "halt_error", "now", "env", "debug", "stderr", "debug_empty", "stderr_empty"];

/// In place of jaq's own, which read the process's clock, environment and time zone.
const PRELUDE: &str = "def now: $__now; def env: $ENV; def localtime: gmtime; def strflocaltime($f): strftime($f); \
    def debug: .; def debug(f): .;\n";

/// The constants of every program.
const GLOBALS: [&str; 2] = ["$ENV", "$__now"];

/// What an expression gave: an output, null where there is none; or why it failed.
pub(super) type Outcome = Result<Value, String>;

/// The input of expressions, in both forms; jaq's is made when first asked for.
pub(super) struct Input<'v> {
    pub(super) value: &'v Value,
    jaq: OnceCell<Val>,
}

impl<'v> Input<'v> {
    pub(super) fn new(value: &'v Value) -> Self {
        Self { value, jaq: OnceCell::new() }
    }

    fn jaq(&self) -> &Val {
        self.jaq.get_or_init(|| to_jaq(self.value))
    }
}

/// Several expressions over the same input.
pub(super) struct Program {
    compiled: Result<Filter<Data>, String>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Program").finish_non_exhaustive()
    }
}

impl Program {
    /// One program of these expressions. With a selector, its outcome comes first, and the others where it is true.
    pub(super) fn new(selector: Option<&str>, expressions: &[&str]) -> Self {
        let whole = compile(&program(selector, expressions));
        Self {
            compiled: whole.or_else(|_| {
                // One that does not compile must not cost the others: it fails when it runs. `configure` finds nearly all.
                let checked = |text: &str| match compile(&program(None, &[text])) {
                    Ok(_) => text.to_owned(),
                    Err(wrong) => format!("error({})", Value::from(wrong)),
                };
                let expressions: Vec<String> = expressions.iter().map(|text| checked(text)).collect();
                let expressions: Vec<&str> = expressions.iter().map(String::as_str).collect();
                compile(&program(selector.map(checked).as_deref(), &expressions))
            }),
        }
    }

    /// What each expression gives.
    pub(super) fn run(&self, input: &Input<'_>, now: f64) -> Vec<Outcome> {
        let Ok(filter) = &self.compiled else { return Vec::new() };
        let globals = Vars::new([Val::obj(jaq_json::Map::default()), Val::from(now)]);
        let context = Ctx::<Data>::new(&filter.lut, globals);
        let output = filter.id.run((context, input.jaq().clone())).map(jaq_core::unwrap_valr).next();
        let Some(Ok(Val::Arr(outcomes))) = output else { return Vec::new() };
        outcomes.iter().map(outcome).collect()
    }
}

fn outcome(caught: &Val) -> Outcome {
    match caught {
        Val::Arr(output) => match output.first() {
            None => Ok(Value::Null),
            Some(value) => from_jaq(value).ok_or_else(|| "JSON cannot say what it gives".to_owned()),
        },
        Val::Obj(members) => match members.values().next() {
            Some(Val::TStr(text)) => Err(String::from_utf8_lossy(text).into_owned()),
            Some(other) => Err(other.to_string()),
            None => Err(String::new()),
        },
        other => Err(other.to_string()),
    }
}

fn program(selector: Option<&str>, expressions: &[&str]) -> String {
    // The end of the line ends a comment.
    let caught = |text: &str| format!("(try [first(({text}\n))] catch {{error: .}})");
    let all = expressions.iter().map(|text| caught(text)).collect::<Vec<_>>().join(",\n");
    match selector {
        None => format!("{PRELUDE}[{all}]"),
        Some(selector) => {
            let selector = caught(selector);
            format!(
                "{PRELUDE}{selector} as $__selected | [$__selected] + if $__selected == [true] then [{all}] else [] end"
            )
        }
    }
}

fn compile(code: &str) -> Result<Filter<Data>, String> {
    let arena = Arena::default();
    let file = File { code, path: () };
    let modules = Loader::new(definitions()).load(&arena, file);
    let modules = modules.map_err(|errors| format!("{:?}", errors.into_iter().map(|(_, error)| error).next()))?;
    let filter = Compiler::default().with_funs(filters()).with_global_vars(GLOBALS).compile(modules);
    filter.map_err(|errors| {
        let undefined = errors.into_iter().flat_map(|(_, errors)| errors);
        let undefined = undefined.map(|(name, what)| format!("there is no {} {name:?}", what.as_str()));
        undefined.collect::<Vec<_>>().join(", ")
    })
}

/// What is defined in jq.
pub(super) fn definitions() -> impl Iterator<Item = parse::Def<&'static str>> {
    let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    all.filter(|definition| !LEFT_OUT.contains(&definition.name))
}

/// What is defined in Rust.
fn filters() -> impl Iterator<Item = jaq_core::native::Fun<Data>> {
    let all = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    all.filter(|(name, ..)| !LEFT_OUT.contains(name))
}

/// Every filter's name, with the number of its arguments.
#[cfg(test)]
pub(super) fn names() -> std::collections::BTreeSet<(String, usize)> {
    let own = parse(PRELUDE, |parser| parser.defs()).unwrap();
    let defined = definitions().chain(own).map(|definition| (definition.name.to_owned(), definition.args.len()));
    let native = filters().map(|(name, arguments, _)| (name.to_owned(), arguments.len()));
    defined.chain(native).filter(|(name, _)| !name.starts_with('!')).collect()
}
