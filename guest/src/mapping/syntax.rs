//! Reads expressions: what is wrong with one, and what it uses. Nothing is compiled here.

use jaq_core::load::lex::{Lexer, StrPart, Tok, Token};
use jaq_core::load::parse::{BinaryOp, Parser, Pattern, Term};
use jaq_core::load::span;
use jaq_core::path::Part;

use super::names;
use crate::limits::{EXPRESSION_BYTES, EXPRESSION_DEPTH, EXPRESSION_NESTING};
use crate::nearest::nearest;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Bytes into the expression.
    pub(crate) offset: usize,
    pub(crate) message: String,
    pub(crate) instead: Option<String>,
}

impl Wrong {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), instead: None }
    }
}

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<Term<&str>, Vec<Wrong>> {
    if text.len() > EXPRESSION_BYTES {
        let message = format!("an expression of {} bytes; {EXPRESSION_BYTES} are allowed", text.len());
        return Err(vec![Wrong::new(EXPRESSION_BYTES, message)]);
    }
    if let Some(offset) = too_deep(text) {
        return Err(vec![Wrong::new(offset, format!("brackets nested more than {EXPRESSION_NESTING} deep"))]);
    }
    let tokens = match Lexer::new(text).lex() {
        Ok(tokens) => tokens,
        Err(errors) => {
            let wrong = errors.into_iter().map(|(expected, rest)| {
                Wrong::new(span(text, rest).start, format!("a {} is expected", expected.as_str()))
            });
            return Err(wrong.collect());
        }
    };
    let depth = depth(&tokens);
    if depth > EXPRESSION_DEPTH {
        let message = format!("operators and brackets {depth} deep; {EXPRESSION_DEPTH} are allowed");
        return Err(vec![Wrong::new(0, message)]);
    }
    Parser::new(&tokens).parse(Parser::term).map_err(|errors| {
        let wrong = errors.into_iter().map(|(expected, found)| {
            let found = Token::opt_as_str(found, text);
            let what = if found.is_empty() { "the end".to_owned() } else { format!("{found:?}") };
            let message = match expected.as_str() {
                "nothing" => format!("{what} is too much"),
                wanted => format!("{wanted} is expected, not {what}"),
            };
            Wrong::new(span(text, found).start, message)
        });
        wrong.collect()
    })
}

/// How deep the parser and the program will call themselves, at most.
fn depth(tokens: &[Token<&str>]) -> usize {
    const WORDS: &[&str] = &["if", "elif", "try", "catch", "def", "reduce", "foreach", "label", "as", "and", "or"];
    let (mut before, mut deepest) = (0, 0);
    // The parts of a condition stand beside each other.
    let mut conditions: Vec<usize> = Vec::new();
    for token in tokens {
        match token.0 {
            "if" => {
                before += 1;
                conditions.push(before);
            }
            "then" | "else" => before = conditions.last().copied().unwrap_or(before),
            // Each is the other part of the one before.
            "elif" => {
                before = conditions.pop().unwrap_or(before) + 1;
                conditions.push(before);
            }
            "end" => before = conditions.pop().unwrap_or(before),
            _ => {}
        }
        let within = match &token.1 {
            Tok::Block(tokens) => 1 + depth(tokens),
            Tok::Str(parts) => {
                before += parts.len().saturating_sub(1);
                let within = parts.iter().map(|part| match part {
                    StrPart::Term(token) => depth(std::slice::from_ref(token)),
                    StrPart::Str(_) | StrPart::Char(_) => 0,
                });
                within.max().unwrap_or(0)
            }
            Tok::Word => {
                before += usize::from(WORDS.contains(&token.0));
                0
            }
            Tok::Sym => {
                match token.0 {
                    // Arguments stand beside each other.
                    ";" => before = 0,
                    "?" | ":" | ")" | "]" | "}" => {}
                    sign if sign.starts_with('.') => {}
                    _ => before += 1,
                }
                0
            }
            Tok::Var | Tok::Fmt | Tok::Num => 0,
        };
        deepest = deepest.max(before + within);
    }
    deepest
}

/// Where brackets are nested too deep. The parser calls itself for each, and its stack is small; brackets inside texts
/// count too, which costs nobody anything.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > EXPRESSION_NESTING
    })
}

/// What an expression uses.
#[derive(Debug, Default)]
pub(super) struct Uses<'s> {
    /// Filters that it calls, with the number of their arguments.
    calls: Vec<(&'s str, usize)>,
    variables: Vec<&'s str>,
    /// Filters, arguments and variables that it defines, wherever.
    defines: Vec<&'s str>,
    /// The members that it reads of its input, as far as they are written out.
    pub(super) paths: Vec<Vec<String>>,
}

impl<'s> Uses<'s> {
    pub(super) fn of(term: &Term<&'s str>) -> Self {
        let mut uses = Self::default();
        uses.term(term);
        uses
    }

    pub(super) fn calls(&self, name: &str) -> bool {
        self.calls.iter().any(|(called, _)| *called == name) && !self.defines.contains(&name)
    }

    pub(super) fn variable(&self, name: &str) -> bool {
        self.variables.contains(&name)
    }

    /// What is called and is nowhere: a misspelling, or a filter that only the peer's jq has.
    pub(super) fn unknown(&self, text: &str) -> Vec<Wrong> {
        let offset = |name: &str| span(text, name).start;
        let calls = self
            .calls
            .iter()
            .filter(|(name, arguments)| !self.defines.contains(name) && !names::is_known(name, *arguments));
        let calls = calls.map(|(name, arguments)| Wrong {
            offset: offset(name),
            message: match names::arities(name).as_slice() {
                [] => format!("there is no filter {name:?}"),
                _ => format!("there is no filter {name:?} with {arguments} arguments"),
            },
            instead: names::meant(name),
        });
        let unknown = |name: &&&str| !self.defines.contains(name) && **name != "$ENV";
        let variables = self.variables.iter().filter(unknown).map(|name| Wrong {
            offset: offset(name),
            message: format!("{name} is not defined"),
            instead: nearest(name, self.defines.iter().copied().filter(|name| name.starts_with('$'))),
        });
        calls.chain(variables).collect()
    }

    fn terms<'t>(&mut self, terms: impl IntoIterator<Item = &'t Term<&'s str>>)
    where
        's: 't,
    {
        for term in terms {
            self.term(term);
        }
    }

    fn term(&mut self, term: &Term<&'s str>) {
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Arr(None) => {}
            Term::Break(label) => self.variables.push(label),
            Term::Label(label, term) => {
                self.defines.push(label);
                self.term(term);
            }
            Term::Str(format, parts) => {
                self.calls.extend(format.iter().map(|format| (*format, 0)));
                for part in parts {
                    if let StrPart::Term(term) = part {
                        self.term(term);
                    }
                }
            }
            Term::Arr(Some(term)) | Term::Neg(term) => self.term(term),
            Term::Obj(members) => {
                for (key, value) in members {
                    self.term(key);
                    self.terms(value);
                }
            }
            Term::BinOp(left, operation, right) => {
                self.term(left);
                if let BinaryOp::Pipe(Some(pattern)) = operation {
                    self.pattern(pattern);
                }
                self.term(right);
            }
            Term::Fold(name, from, pattern, arguments) => {
                self.term(from);
                self.pattern(pattern);
                self.terms(arguments);
                let known = matches!((*name, arguments.len()), ("reduce", 2) | ("foreach", 2 | 3));
                if !known {
                    self.calls.push((name, arguments.len()));
                }
            }
            Term::TryCatch(tried, caught) => {
                self.term(tried);
                self.terms(caught.as_deref());
            }
            Term::IfThenElse(cases, otherwise) => {
                for (condition, then) in cases {
                    self.term(condition);
                    self.term(then);
                }
                self.terms(otherwise.as_deref());
            }
            Term::Def(definitions, term) => {
                for definition in definitions {
                    self.defines.push(definition.name);
                    for argument in &definition.args {
                        self.defines.push(argument);
                        self.defines.push(argument.trim_start_matches('$'));
                    }
                    self.term(&definition.body);
                }
                self.term(term);
            }
            Term::Call(name, arguments) => {
                self.calls.push((name, arguments.len()));
                self.terms(arguments);
            }
            Term::Var(name) => self.variables.push(name),
            Term::Path(head, path) => {
                if matches!(**head, Term::Id) {
                    let keys = path.0.iter().map_while(|(part, _)| match part {
                        Part::Index(Term::Str(None, parts)) => Some(Some(constant(parts)?)),
                        // A place in a list changes nothing about which members are read.
                        _ => Some(None),
                    });
                    self.paths.push(keys.flatten().collect());
                }
                self.term(head);
                for (part, _) in &path.0 {
                    match part {
                        Part::Index(index) => self.term(index),
                        Part::Range(from, to) => self.terms(from.iter().chain(to)),
                    }
                }
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern<&'s str>) {
        match pattern {
            Pattern::Var(name) => self.defines.push(name),
            Pattern::Arr(patterns) => patterns.iter().for_each(|pattern| self.pattern(pattern)),
            Pattern::Obj(members) => {
                for (key, pattern) in members {
                    self.term(key);
                    self.pattern(pattern);
                }
            }
        }
    }
}

/// A text without interpolation.
pub(super) fn constant(parts: &[StrPart<&str, Term<&str>>]) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        match part {
            StrPart::Str(part) => text.push_str(part),
            StrPart::Char(character) => text.push(*character),
            StrPart::Term(_) => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{Uses, parse};

    #[track_caller]
    fn check(text: &str, expected: &[(usize, Option<&str>)]) {
        let wrong = match parse(text) {
            Ok(term) => Uses::of(&term).unknown(text),
            Err(wrong) => wrong,
        };
        let found: Vec<_> = wrong.iter().map(|wrong| (wrong.offset, wrong.instead.as_deref())).collect();
        assert_eq!(found, expected, "{text}: {wrong:?}");
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        check(".a.b[0] // \"x\"", &[]);
        check("", &[(0, None)]);
        check(".a |", &[(4, None)]);
        check(".a + )", &[(5, None)]);
        check(".ä", &[(1, None)]);
        check("\"x", &[(2, None)]);
        check(".a | lenght", &[(5, Some("length"))]);
        check(".a | map(.b; .c)", &[(5, None)]);
        check(".a as $b | $c", &[(11, Some("$b"))]);
        check("def f(g; $x): g | $x | x; f(.a; 1) | h", &[(37, None)]);
        check("reduce .[] as [$a, {b: $c}] (0; . + $a + $c)", &[]);
        check("input", &[(0, None)]);
        check("halt", &[(0, None)]);
        check("now | todate | $ENV | env | @base64 \"\\(.)\"", &[]);
    }

    #[test]
    fn limits_hold() {
        check(&"(".repeat(200), &[(100, None)]);
        let long = format!("\"{}\"", "x".repeat(crate::limits::EXPRESSION_BYTES));
        check(&long, &[(crate::limits::EXPRESSION_BYTES, None)]);
        check(&format!("{}1", "- ".repeat(151)), &[(0, None)]);
    }

    #[test]
    fn the_deepest_run() {
        let chain = |part: &str, end: &str, count: usize| format!("{}{end}", part.repeat(count));
        for text in [
            chain("- ", "1", 150),
            chain(". | ", ".", 150),
            chain("1 + ", "1", 150),
            chain("null // ", "1", 150),
            chain("try ", "1", 150),
            chain("1 as $x | ", "$x", 75),
            chain("if . then ", "1", 99) + &" end".repeat(99),
            format!("if . == 0 then 1 {} else 2 end", "elif . == 3 and . == 5 then 4 ".repeat(100)),
            format!("[{}1] | length", "\"text\", ".repeat(148)),
            chain("(", "1", 100) + &")".repeat(100),
            chain("\"\\(", "1", 60) + &")\"".repeat(60),
            format!("{{{}z: 1}}", (0..74).map(|index| format!("k{index}: -1, ")).collect::<String>()),
        ] {
            check(&text, &[]);
            let outcomes = super::super::program::Program::new(None, &[&text]);
            let value = serde_json::json!(true);
            let outcomes = outcomes.run(&super::super::program::Input::new(&value), 0.0);
            assert!(matches!(outcomes.as_slice(), [Ok(value)] if !value.is_null()), "{text}: {outcomes:?}");
        }
    }

    #[test]
    fn paths_are_those_of_the_input() {
        let term = parse(".Properties.Tags | map(.Key) | .[0] // .Properties.\"a b\"[0].c").unwrap();
        let paths = Uses::of(&term).paths;
        let wanted: [&[&str]; 4] = [&["Properties", "Tags"], &["Key"], &[], &["Properties", "a b", "c"]];
        assert_eq!(paths, wanted);
    }
}
