//! The end of a run at the terminal: a table by kind, what is incomplete and why, and what to do.

use std::fmt::Write as _;

use super::missing;
use super::report::Report;
use super::scope::{Scope, grouped};
use crate::denials::DeniedScopes;
use crate::planned;

/// Lines of incomplete scopes that are shown; the report and the catalogue have all.
const SCOPES_SHOWN_MAX: usize = 20;
/// A message of AWS in one line of the summary: a denial names two ARNs before it comes to what was denied.
const MESSAGE_CHARS_MAX: usize = 280;

/// The summary of a run, some lines of plain text.
#[must_use]
pub fn summary(report: &Report) -> String {
    // What a plan would change has a table of its own.
    let mut text = if report.plan.is_some() { String::new() } else { table(report) };
    let units = &report.units;
    let totals = &report.call_totals;
    let read = report.accounts.iter().filter(|account| account.outcome == "read").count();
    let _ = writeln!(
        text,
        "\n{read} of {} accounts · {} units, {} whole · {} calls, {} retries, {} throttles · {:.1} s",
        report.accounts.len(),
        units.total,
        units.whole,
        totals.calls,
        totals.retries,
        totals.throttled,
        seconds(report.times.wall_ms),
    );
    if let Some(settled) = report.entities.as_ref().filter(|_| report.plan.is_none()) {
        let changes = &settled.changes;
        let _ = writeln!(
            text,
            "{} entities · {} new, {} changed, {} gone",
            changes.total, changes.new, changes.changed, changes.gone
        );
    }
    incomplete(&mut text, &report.incomplete);
    closed(&mut text, report.denied_scopes);
    for widened in &report.session_policies.widened {
        let refused = match widened.actions.as_slice() {
            [] => "AWS did not take the policy".to_owned(),
            actions => format!("AWS refused {}", actions.join(", ")),
        };
        let _ = writeln!(
            text,
            "\nThe session policy of {} went from {} to {}: {refused}. That is a defect of Portolan: please report it.",
            widened.calls, widened.from, widened.to
        );
    }
    text.push_str(&missing::text(&report.missing_statements));
    for tripped in &report.tripped {
        if report.plan.is_some() {
            let (guard, part, all) = (&tripped.guard, tripped.deletions, tripped.of);
            let _ = writeln!(text, "\nA guard would withhold: {guard} would lose {part} of {all}.");
            continue;
        }
        let _ = writeln!(
            text,
            "\nWithheld: {} would lose {} of {}. If that is right, release exactly this plan with\n  portolan sync … --allow-mass-delete {}",
            tripped.guard, tripped.deletions, tripped.of, report.run_id
        );
    }
    if let Some(planned) = &report.plan {
        text.push_str(&planned::text(planned));
    }
    for (sink, why) in &report.failed_sinks {
        let _ = writeln!(text, "\nNot everything was taken by {sink}: {why}");
    }
    if report.interrupted {
        text.push_str("\nStopped before the end: nothing was deleted. Run again to complete it.\n");
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

fn table(report: &Report) -> String {
    let width = report.kinds.keys().map(String::len).max().unwrap_or(0).max("kind".len());
    let mut text = String::new();
    let mut row = |kind: &str, cells: [String; 5]| {
        let [found, new, changed, gone, problems] = cells;
        let _ = writeln!(text, "{kind:<width$}  {found:>9} {new:>9} {changed:>9} {gone:>9} {problems:>9}");
    };
    row("kind", ["found", "new", "changed", "gone", "problems"].map(str::to_owned));
    for (kind, counts) in &report.kinds {
        let cells = [counts.found, counts.new, counts.changed, counts.gone, counts.problems];
        row(kind, cells.map(|count| count.to_string()));
    }
    text
}

/// The beginning of a message, cut between words.
fn shortened(message: &str) -> String {
    let mut words = String::new();
    let mut length = 0;
    for word in message.split_whitespace() {
        length += word.chars().count() + 1;
        if length > MESSAGE_CHARS_MAX {
            return words + " …";
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// What was not asked for, so that nobody takes a small number of calls for a small estate.
fn closed(text: &mut String, denied: DeniedScopes) {
    let DeniedScopes { closed_regions, closed_services, probes, units_not_asked } = denied;
    if units_not_asked == 0 {
        return;
    }
    let _ = writeln!(
        text,
        "\nService control policies close {closed_regions} regions of accounts and {closed_services} services elsewhere: \
         {units_not_asked} units were not asked for, as many calls spared; {probes} were, to see whether it is still so. \
         --retry-denied asks for all."
    );
}

fn incomplete(text: &mut String, scopes: &[Scope]) {
    if scopes.is_empty() {
        return;
    }
    text.push_str("\nIncomplete (kept as it was, nothing deleted there):\n");
    let groups = grouped(scopes);
    for group in groups.iter().take(SCOPES_SHOWN_MAX) {
        let scope = group.example;
        let place = match &scope.region {
            Some(region) => format!("{} {region}", scope.account),
            None => scope.account.clone(),
        };
        let what = match (&scope.kind, group.count) {
            (None, _) => "the account".to_owned(),
            (Some(kind), 1) => kind.clone(),
            (Some(kind), count) => format!("{count} kinds ({kind}, …)"),
        };
        let accepted = scope.accepted.as_ref().map(|why| format!(" [accepted: {why}]")).unwrap_or_default();
        let _ = writeln!(text, "  {place}  {what}: {}{accepted}", scope.class);
        if !scope.message.is_empty() {
            let _ = writeln!(text, "      {}", shortened(&scope.message));
        }
        if let Some(left) = group.not_asked.filter(|left| left.message != scope.message) {
            let _ = writeln!(text, "      {} of them {}", group.not_asked_count, left.message);
        }
        let _ = writeln!(text, "      → {}", scope.advice);
    }
    if groups.len() > SCOPES_SHOWN_MAX {
        let _ = writeln!(
            text,
            "  … and {} more; see --report or the catalogue's view `denied`",
            groups.len() - SCOPES_SHOWN_MAX
        );
    }
}
