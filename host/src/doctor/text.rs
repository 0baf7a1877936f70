//! The findings as a tree, for people.

use std::fmt::Write as _;

use super::Examination;
use super::finding::{Finding, State};
use super::mend::Mend;
use crate::imports::printable;
use crate::run::ExitStatus;

/// Of AWS's text, what one line takes; the JSON has all of it.
const MESSAGE_BYTES_MAX: usize = 400;

/// The tree, and what it comes to.
#[must_use]
pub fn text(examination: &Examination) -> String {
    let mut out = String::new();
    for finding in &examination.findings {
        line(&mut out, finding, 0);
    }
    let count = |state| examination.findings.iter().map(|finding| leaves(finding, state)).sum::<usize>();
    let (fails, notable) = (count(State::Fails), count(State::Notable));
    let _ = match (fails, notable) {
        _ if examination.exit_status == ExitStatus::Interrupted.code() => {
            writeln!(out, "\nStopped before its end; {fails} of what was looked at do not work (marked ✗).")
        }
        (0, 0) => writeln!(out, "\nAll of it works."),
        (0, _) => writeln!(out, "\nAll of it works; {notable} to know (marked !)."),
        _ => writeln!(out, "\n{fails} do not work (marked ✗)."),
    };
    out
}

fn leaves(finding: &Finding, state: State) -> usize {
    let below: usize = finding.below.iter().map(|finding| leaves(finding, state)).sum();
    if below == 0 { usize::from(finding.state == state) } else { below }
}

fn line(out: &mut String, finding: &Finding, depth: usize) {
    let indent = "  ".repeat(depth);
    let mark = match finding.state {
        State::Works => '✓',
        State::NotExamined => '-',
        State::Notable => '!',
        State::Fails => '✗',
    };
    let head = match (depth, finding.subject.as_str()) {
        (0, "") => format!("{:<12} ", finding.stage.name()),
        (0, subject) => format!("{:<12} {subject}: ", finding.stage.name()),
        (_, "") => String::new(),
        (_, subject) => format!("{subject}: "),
    };
    let _ = writeln!(out, "{indent}{mark} {head}{}", finding.says);
    let indent = format!("{indent}    ");
    if let Some(answer) = &finding.answer {
        let code = if answer.code.is_empty() { String::new() } else { format!("{}: ", answer.code) };
        let id = answer.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
        let _ = writeln!(out, "{indent}said: {code}{}{id}", shortened(&answer.message));
    }
    for (at, cause) in finding.causes.iter().enumerate() {
        let or = if at == 0 { "likely" } else { "or" };
        let _ = writeln!(out, "{indent}{or}: {} [{}]", cause.says(), cause.name());
    }
    for mend in &finding.mends {
        match mend {
            Mend::Run(command) => {
                let _ = writeln!(out, "{indent}→ run: {command}");
            }
            Mend::Do(text) => {
                let _ = writeln!(out, "{indent}→ {text}");
            }
            Mend::Statement { to, statement } => {
                let _ = writeln!(out, "{indent}→ add to {to}:");
                let pretty = serde_json::to_string_pretty(statement).unwrap_or_default();
                for line in pretty.lines() {
                    let _ = writeln!(out, "{indent}    {line}");
                }
            }
        }
    }
    for below in &finding.below {
        line(out, below, depth + 1);
    }
}

fn shortened(message: &str) -> String {
    let mut text = printable(&message.replace('\n', "; "), MESSAGE_BYTES_MAX);
    if message.len() > MESSAGE_BYTES_MAX {
        text.push('…');
    }
    text
}
