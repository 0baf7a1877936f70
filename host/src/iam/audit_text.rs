//! An audit as a table for people: who gets in from outside, and what else is worth a second look.

use std::fmt::Write as _;

use portolan_trust::{Gate, GateKind, Grant, Place, PrincipalKind};

use super::audit::Audit;
use super::permissions::{Level, services};
use super::role::{AuditedRole, Own};

/// Characters of a description that a table shows.
const DESCRIPTION_CHARS: usize = 60;
/// Services that are named one by one.
const SERVICES_NAMED: usize = 4;
/// Tags that a table shows.
const TAGS_SHOWN: usize = 3;
/// The widest that a column gets before it stops pushing the others away.
const COLUMN_MAX: usize = 70;

const HEADER: [&str; 9] = ["account", "role", "who", "gated by", "may", "flags", "created", "last used", "for"];

/// The table, and what it rests on. With `all`, roles that nobody outside can assume are shown too.
#[must_use]
pub fn table(audit: &Audit, all: bool) -> String {
    let mut rows: Vec<[String; 9]> = Vec::new();
    let (mut count, mut shown, mut outside) = (0, 0, 0);
    for (account, role) in audit.roles() {
        count += 1;
        outside += usize::from(role.trust.from_outside().next().is_some());
        let grants: Vec<&Grant> = role.trust.grants.iter().filter(|grant| all || is_telling(grant)).collect();
        if grants.is_empty() && !all && role.trust.notes.is_empty() {
            continue;
        }
        shown += 1;
        rows.extend(rows_of(audit, account, role, &grants));
    }
    let mut out = String::new();
    if !rows.is_empty() {
        out.push_str(&aligned(&rows));
        out.push('\n');
    }
    let read = audit.accounts.iter().filter(|account| account.outcome == "read").count();
    let _ = writeln!(
        out,
        "{count} roles in {read} of {} accounts; {outside} can be assumed from outside their account{}",
        audit.accounts.len(),
        if all || shown == count { "" } else { "; the others are left out of the table (--all-roles shows them)" }
    );
    if audit.organization.is_none() {
        out.push_str("No organization is known here, so every other account counts as outside.\n");
    }
    unread(audit, &mut out);
    out
}

fn is_telling(grant: &Grant) -> bool {
    grant.lets_in_from_outside() || !grant.flags.is_empty()
}

fn unread(audit: &Audit, out: &mut String) {
    let missing: Vec<_> = audit.accounts.iter().filter(|account| account.outcome == "unread").collect();
    if !missing.is_empty() || !audit.problems.is_empty() {
        out.push_str("\nNot read; nothing is known of its roles:\n");
    }
    for account in missing {
        let _ = writeln!(out, "  {}  {}: {}", account.id, account.name, account.reason.as_deref().unwrap_or(""));
    }
    for problem in &audit.problems {
        let _ = writeln!(out, "  {problem}");
    }
    for account in audit.accounts.iter().filter(|account| account.outcome == "left-out") {
        let _ = writeln!(
            out,
            "  {}  {} is left out: {}",
            account.id,
            account.name,
            account.reason.as_deref().unwrap_or("")
        );
    }
}

/// A row for each way in; what belongs to the role stands in the first.
fn rows_of(audit: &Audit, account: &str, role: &AuditedRole, grants: &[&Grant]) -> Vec<[String; 9]> {
    let own = match role.own {
        Some(Own::Used) => " (used by Portolan)",
        Some(Own::Named) => " (named as Portolan's)",
        None => "",
    };
    let mut used = role.last_used.clone().map_or_else(|| "never seen".to_owned(), |at| day(&at));
    if let Some(region) = &role.last_used_region {
        let _ = write!(used, " {region}");
    }
    let mut rows: Vec<[String; 9]> = grants
        .iter()
        .map(|grant| {
            let flags: Vec<String> = grant.flags.iter().map(name_of).collect();
            let mut row = <[String; 9]>::default();
            row[2] = who(grant);
            row[3] = gated_by(grant);
            row[5] = flags.join(", ");
            row
        })
        .collect();
    if rows.is_empty() {
        rows.push(Default::default());
    }
    if let Some(first) = rows.first_mut() {
        first[0] = account.to_owned();
        first[1] = format!("{}{}{own}", role.path.trim_start_matches('/'), role.name);
        first[4] = may(audit, role);
        first[6] = day(&role.created);
        first[7] = used;
        first[8] = what_for(role);
        if !role.trust.notes.is_empty() {
            let notes = role.trust.notes.join("; ");
            first[5] = if first[5].is_empty() { notes } else { format!("{}; {notes}", first[5]) };
        }
    }
    rows
}

/// The day of a moment.
fn day(at: &str) -> String {
    at.split('T').next().unwrap_or_default().to_owned()
}

/// The name of a value that serializes as a text.
fn name_of(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn who(grant: &Grant) -> String {
    let place = match (grant.place, grant.principal.kind) {
        (Place::Nowhere, PrincipalKind::Gone) => "gone".to_owned(),
        (place, _) => name_of(place),
    };
    let but = if grant.all_but { "everybody but " } else { "" };
    let tags_only = if grant.assumes { "" } else { ", no assuming" };
    format!("{but}{} [{place}{tags_only}]", grant.principal.name)
}

fn gated_by(grant: &Grant) -> String {
    let gates: Vec<String> = grant.gates.iter().map(gate).collect();
    if gates.is_empty() { "nothing".to_owned() } else { gates.join(", ") }
}

fn gate(gate: &Gate) -> String {
    let weak = if gate.closes { "" } else { " (closes nobody out)" };
    match gate.kind {
        GateKind::ExternalId => format!("external id{weak}"),
        GateKind::Mfa => format!("second factor{weak}"),
        _ => format!("{}={}{weak}", gate.key, gate.values.join("|")),
    }
}

fn may(audit: &Audit, role: &AuditedRole) -> String {
    let services = services(audit.statements(role));
    let named: Vec<&str> = services.iter().take(SERVICES_NAMED).map(String::as_str).collect();
    let more = services.len().saturating_sub(SERVICES_NAMED);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    let unread = if role.unread.is_empty() { "" } else { ", and what an unread policy says" };
    match role.may {
        Level::None | Level::Admin => format!("{}{unread}", role.may.as_str()),
        level => format!("{}: {}{rest}{unread}", level.as_str(), named.join(", ")),
    }
}

fn what_for(role: &AuditedRole) -> String {
    let mut parts = Vec::new();
    parts.extend(role.stack.as_ref().map(|stack| format!("stack {stack}")));
    if let Some(description) = &role.description {
        let cut: String = description.chars().filter(|letter| !letter.is_control()).take(DESCRIPTION_CHARS).collect();
        parts.push(format!("“{cut}”"));
    }
    let own = role.tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
    parts.extend(own.take(TAGS_SHOWN).map(|(key, value)| format!("{key}={value}")));
    parts.join(", ")
}

/// Columns of their widest cell, but for the last. Names come from AWS: control characters do not reach a terminal.
fn aligned(rows: &[[String; 9]]) -> String {
    let header = HEADER.map(str::to_owned);
    let width = |column: usize| {
        let cells = std::iter::once(&header).chain(rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).filter(|width| *width <= COLUMN_MAX).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEADER.len()).map(width).collect();
    let mut out = String::new();
    for row in std::iter::once(&header).chain(rows) {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| {
                let plain: String = cell.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect();
                format!("{plain:<width$}")
            })
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}
