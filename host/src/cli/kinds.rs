//! `portolan kinds`: what can be read, good to read itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::KindsArgs;
use super::validate::Printed;
use crate::config::kinds::{KnownKinds, is_kind};
use crate::manifest::{Kind, Manifest};

/// One resource of each kind, as the golden cases expect it: a line for each, written by `guest/generator/examples.py`.
const EXAMPLES: &str = include_str!("examples.jsonl");

/// The kinds as a list, one of them whole, as JSON, or as the table of the documentation.
#[must_use]
pub fn kinds(manifest: &Manifest, known: &KnownKinds, args: &KindsArgs) -> Printed {
    if let Some(name) = &args.kind {
        return one(manifest, known, name, args.json);
    }
    let operations = if args.all { operations() } else { Vec::new() };
    if args.json {
        let operations = operations.iter().map(|(service, name, action)| {
            json!({"kind": format!("{service}:{name}"), "service": service, "tier": "heavy", "action": action})
        });
        let curated = manifest.kinds.iter().map(|kind| serde_json::to_value(kind).unwrap_or_default());
        let all: Vec<Value> = curated.chain(operations).collect();
        return Printed::done(format!("{}\n", serde_json::to_string_pretty(&all).unwrap_or_default()));
    }
    if args.markdown {
        return Printed::done(markdown(manifest));
    }
    let mut out = String::new();
    for kind in &manifest.kinds {
        let _ = writeln!(out, "{}  ({}, by {}, {})", kind.kind, kind.service, kind.scope, kind.tier);
        let actions = iam_actions(kind);
        if !actions.is_empty() {
            let _ = writeln!(out, "    needs    {}", actions.join(" "));
        }
        let optional = names(kind, false);
        if !optional.is_empty() {
            let _ = writeln!(out, "    optional {}", optional.join(" "));
        }
    }
    for (service, name, action) in &operations {
        let _ = writeln!(out, "{service}:{name}  (needs {action})");
    }
    let _ = writeln!(out, "\n{}", summary(manifest, operations.len()));
    Printed::done(out)
}

fn summary(manifest: &Manifest, operations: usize) -> String {
    let tier = |name: &str| manifest.kinds.iter().filter(|kind| kind.tier == name).count();
    let (core, more, heavy) = (tier("core"), tier("more"), tier("heavy"));
    let further = if operations == 0 {
        "`portolan kinds --all` lists the operations that are kinds by their own name as well".to_owned()
    } else {
        format!("{operations} operations that are kinds by their own name")
    };
    format!(
        "{} kinds: {core} core (read unless others are chosen), {more} more (--kinds all), {heavy} heavy (by name only)\n\
         {further}; any other type of CloudFormation's is a kind by its name too\n\
         `portolan kinds KIND` shows one whole; --include-actions adds optional actions, or kinds.settings in portolan.yaml",
        manifest.kinds.len()
    )
}

/// One kind: scope, calls, actions, secrets, and a resource as it comes out.
fn one(manifest: &Manifest, known: &KnownKinds, name: &str, as_json: bool) -> Printed {
    let Some(kind) = manifest.kind(known.resolve(name)) else {
        let (message, advice) = known.refuse(name).unwrap_or_else(|| {
            let advice = "it is read by its name all the same: any list operation and any type of CloudFormation's is";
            (format!("{name} is not in the catalogue"), Some(advice.to_owned()))
        });
        let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
        return Printed { out: String::new(), err: format!("{message}{advice}\n"), status: 1 };
    };
    let example = example(&kind.kind);
    if as_json {
        let mut value = serde_json::to_value(kind).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            members.insert("example".to_owned(), example.unwrap_or_default());
        }
        return Printed::done(format!("{}\n", serde_json::to_string_pretty(&value).unwrap_or_default()));
    }
    let mut out = format!("{}\n", kind.kind);
    let mut line = |title: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(out, "  {title:<11}{text}");
        }
    };
    line("also", &kind.aliases.join(", "));
    line("service", &kind.service);
    line("read", &format!("once per {}", scope(kind)));
    line("tier", tier(kind));
    line("deletion", confirmed(kind));
    for call in &kind.calls {
        let by = if call.identity == "account" { String::new() } else { format!(", by the {} role", call.identity) };
        let action = if call.operation == call.action { String::new() } else { format!(" (action {})", call.action) };
        line("calls", &format!("{}{action}{by}", call.operation));
    }
    for (title, default) in [("always", true), ("optional", false)] {
        for action in kind.actions.iter().filter(|action| action.default == default) {
            let mut fills = action.fills.iter().take(FILLS_SHOWN).cloned().collect::<Vec<_>>().join(", ");
            if action.fills.len() > FILLS_SHOWN {
                fills = format!("{fills} and {} more", action.fills.len() - FILLS_SHOWN);
            }
            line(title, &format!("{} fills {fills}", action.name));
        }
    }
    line("redacted", &kind.sensitive.join(", "));
    line("history", if kind.since { "takes `since`, as 30d" } else { "" });
    line(
        "defaults",
        if kind.defaults { "left out what every account has, unless include_defaults is set" } else { "" },
    );
    line("events", &kind.events.join(", "));
    if let Some(example) = example {
        let text = serde_json::to_string_pretty(&example).unwrap_or_default();
        let _ = writeln!(out, "\n{text}");
    }
    Printed::done(out)
}

/// Properties of an action that are named; a description of an instance has dozens.
const FILLS_SHOWN: usize = 6;

fn scope(kind: &Kind) -> &'static str {
    match kind.scope.as_str() {
        "region" => "account and region",
        "account" => "account",
        _ => "organization",
    }
}

fn tier(kind: &Kind) -> &'static str {
    match kind.tier.as_str() {
        "core" => "core: read unless others are chosen",
        "more" => "more: read with --kinds all, or by name",
        _ => "heavy: read by name only",
    }
}

fn confirmed(kind: &Kind) -> &'static str {
    if kind.confirm == "describe" { "confirmed by reading the resource by its id" } else { "confirmed by a second run" }
}

/// The example of a kind, if the catalogue has it.
pub(super) fn example(kind: &str) -> Option<Value> {
    EXAMPLES.lines().filter_map(|line| serde_json::from_str(line).ok()).find(|example: &Value| example["Type"] == kind)
}

/// Service, operation and IAM action of everything that is a kind by its own name.
fn operations() -> Vec<(&'static str, &'static str, &'static str)> {
    let services = portolan_tables::services().filter_map(portolan_tables::service);
    services
        .flat_map(|service| {
            let kinds = service.operations().filter(|(_, operation)| is_kind(service, operation));
            kinds
                .map(|(name, operation)| (service.name.as_str(), name, operation.action.as_deref().unwrap_or_default()))
        })
        .collect()
}

fn markdown(manifest: &Manifest) -> String {
    let mut out = format!(
        "# Kinds\n\nWritten by `portolan kinds --markdown`, and checked to be current. {}\n\n\
         | kind | service | per | tier | IAM actions | optional actions |\n| --- | --- | --- | --- | --- | --- |\n",
        "`portolan kinds KIND` shows one whole, with an example of its output."
    );
    for kind in &manifest.kinds {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            kind.kind,
            kind.service,
            kind.scope,
            kind.tier,
            iam_actions(kind).join(" "),
            names(kind, false).join(" ")
        );
    }
    let text = summary(manifest, 0);
    let _ = writeln!(out, "\n{}.", text.lines().next().unwrap_or_default());
    out
}

fn iam_actions(kind: &Kind) -> Vec<&str> {
    let actions: BTreeSet<&str> = kind.calls.iter().map(|call| call.action.as_str()).collect();
    actions.into_iter().collect()
}

fn names(kind: &Kind, default: bool) -> Vec<&str> {
    kind.actions.iter().filter(|action| action.default == default).map(|action| action.name.as_str()).collect()
}
