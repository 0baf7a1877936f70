//! What a role lacks and has beyond, for people: accounts that differ alike are said once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::difference::{Difference, InTheWay};
use super::policy::{Format, Policies};

/// Services of which it is said one by one what is granted beyond need; `--json` has all.
const SERVICES_SHOWN: usize = 12;
/// Actions and patterns of a service that are shown.
const GRANTS_SHOWN: usize = 4;
/// Actions of a list that are shown.
const ACTIONS_SHOWN: usize = 20;

/// What became of the role in one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compared {
    /// It was compared.
    Role(Difference),
    /// There is no such role.
    NoRole,
    /// The account was not read, and that is no failure.
    LeftOut(String),
    /// It could not be read.
    Unread(String),
}

/// All accounts: (the role's ARN or the account's id, what became of it).
#[must_use]
pub fn text(compared: &[(String, Compared)]) -> String {
    let mut groups: BTreeMap<&Compared, Vec<&str>> = BTreeMap::new();
    for (place, what) in compared {
        groups.entry(what).or_default().push(place);
    }
    let mut out = String::new();
    for (what, places) in groups {
        for place in places {
            let _ = writeln!(out, "{place}");
        }
        match what {
            Compared::Role(difference) => of_role(&mut out, difference),
            Compared::NoRole => out.push_str("  there is no such role\n"),
            Compared::LeftOut(why) => {
                let _ = writeln!(out, "  left out: {why}");
            }
            Compared::Unread(why) => {
                let _ = writeln!(out, "  not read: {why}");
            }
        }
        out.push('\n');
    }
    out
}

fn of_role(out: &mut String, difference: &Difference) {
    if difference.is_enough() {
        out.push_str("  nothing is missing\n");
    }
    if !difference.missing.is_empty() {
        let _ = writeln!(out, "  {} actions are missing; attach this:", difference.missing.len());
        let policies = Policies::of_actions(difference.missing.iter().map(String::as_str));
        for line in policies.text(Format::Json, "PortolanRead").lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    ways(out, "are allowed only on some resources or under conditions", &difference.limited);
    ways(out, "are denied, and nothing that is added helps", &difference.denied);
    ways(out, "are outside of the permissions boundary", &difference.outside_boundary);
    for policy in &difference.unread {
        let _ = writeln!(out, "  the policy {policy} could not be read and is not considered");
    }
    if difference.beyond.is_empty() {
        out.push_str("  it grants nothing beyond what is needed\n");
        return;
    }
    out.push_str("  beyond what is needed it grants:\n");
    for (service, grants) in difference.beyond.iter().take(SERVICES_SHOWN) {
        let shown: Vec<String> = grants
            .iter()
            .take(GRANTS_SHOWN)
            .map(|beyond| match beyond.needed {
                0 => beyond.grants.clone(),
                needed => format!("{} ({needed} of it needed)", beyond.grants),
            })
            .collect();
        let more = grants.len().saturating_sub(GRANTS_SHOWN);
        let rest = if more == 0 { String::new() } else { format!(", and {more} more") };
        let _ = writeln!(out, "    {service}: {}{rest}", shown.join(", "));
    }
    if let more @ 1.. = difference.beyond.len().saturating_sub(SERVICES_SHOWN) {
        let _ = writeln!(out, "    and something of {more} more services (--json has all)");
    }
}

fn ways(out: &mut String, what: &str, ways: &[InTheWay]) {
    if ways.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {} actions {what}:", ways.len());
    for way in ways.iter().take(ACTIONS_SHOWN) {
        let sid = way.sid.as_ref().map(|sid| format!(", statement {sid}")).unwrap_or_default();
        let _ = writeln!(out, "    {}  by {}{sid}", way.action, way.policy);
    }
    if let more @ 1.. = ways.len().saturating_sub(ACTIONS_SHOWN) {
        let _ = writeln!(out, "    and {more} more (--json has all)");
    }
}
