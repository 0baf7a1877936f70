//! `portolan kinds`: what can be read, good to read itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::validate::Printed;
use crate::manifest::{Kind, Manifest};

/// The kinds as a table, or as JSON.
#[must_use]
pub fn kinds(manifest: &Manifest, json: bool) -> Printed {
    if json {
        let text = serde_json::to_string_pretty(&manifest.kinds).unwrap_or_default();
        return Printed::done(format!("{text}\n"));
    }
    let mut out = String::new();
    for kind in &manifest.kinds {
        let _ = writeln!(out, "{}  ({}, by {}, {})", kind.kind, kind.service, kind.scope, kind.tier);
        let actions: BTreeSet<&str> = kind.calls.iter().map(|call| call.action.as_str()).collect();
        if !actions.is_empty() {
            let _ = writeln!(out, "    needs    {}", actions.into_iter().collect::<Vec<_>>().join(" "));
        }
        let optional = names(kind, false);
        if !optional.is_empty() {
            let _ = writeln!(out, "    optional {}", optional.join(" "));
        }
    }
    let _ = writeln!(
        out,
        "\n{} kinds; --include-actions adds optional actions, or kinds.settings in portolan.yaml",
        manifest.kinds.len()
    );
    Printed::done(out)
}

fn names(kind: &Kind, default: bool) -> Vec<&str> {
    kind.actions.iter().filter(|action| action.default == default).map(|action| action.name.as_str()).collect()
}
