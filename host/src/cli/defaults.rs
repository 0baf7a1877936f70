//! `portolan defaults`: the mapping and the blueprints that come with the kinds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::validate::Printed;
use crate::config::kinds::KnownKinds;
use crate::defaults::{BLUEPRINTS, MAPPING, blueprints};

/// Every kind has a relation to it.
const ACCOUNT: &str = "AWS::Account::Info";
/// The tier of what is read by name only.
const HEAVY: &str = "heavy";
const KIND: &str = "  - kind: ";
const BLUEPRINT: &str = "          blueprint: ";
const RELATIONS: &str = "          relations:";
const RELATION_INDENT: &str = "            ";

/// `portolan defaults`.
#[derive(Debug, Clone, Args)]
pub struct DefaultsArgs {
    /// What to print.
    #[command(subcommand)]
    pub what: What,
}

/// One of the two.
#[derive(Debug, Clone, Subcommand)]
pub enum What {
    /// The mapping, as a port-app-config.yml
    Mapping(Chosen),
    /// The blueprints, as a JSON array
    Blueprints(Chosen),
}

/// Which kinds.
#[derive(Debug, Clone, Default, Args)]
pub struct Chosen {
    /// Only of this kind, several at once, and of the account; relations to others are left out
    #[arg(long, value_name = "KIND", conflicts_with = "all")]
    pub kind: Vec<String>,
    /// Of heavy kinds as well: large, volatile or paid, and read by whoever maps them
    #[arg(long)]
    pub all: bool,
}

/// Prints what the arguments name.
#[must_use]
pub fn defaults(args: &DefaultsArgs, known: &KnownKinds) -> Printed {
    let (What::Mapping(chosen) | What::Blueprints(chosen)) = &args.what;
    match printed(&args.what, chosen, known) {
        Ok(text) => Printed::done(text),
        Err(why) => Printed { out: String::new(), err: format!("{why}\n"), status: 1 },
    }
}

fn printed(what: &What, chosen: &Chosen, known: &KnownKinds) -> Result<String, String> {
    if chosen.all {
        let text = if matches!(what, What::Mapping(_)) { MAPPING } else { BLUEPRINTS };
        return Ok(text.to_owned());
    }
    let (head, resources) = resources();
    let mut kinds = BTreeSet::from([ACCOUNT]);
    if chosen.kind.is_empty() {
        let is_light = |kind: &&str| known.get(kind).is_some_and(|kind| kind.tier != HEAVY);
        kinds.extend(resources.iter().map(|resource| resource.kind).filter(is_light));
    }
    for name in &chosen.kind {
        let kind = known.resolve(name);
        if !resources.iter().any(|resource| resource.kind == kind) {
            let advice = known.refuse(name).and_then(|(_, advice)| advice);
            let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
            return Err(format!("{name} has no default mapping{advice}"));
        }
        kinds.insert(kind);
    }
    let resources: Vec<Resource> = resources.into_iter().filter(|resource| kinds.contains(resource.kind)).collect();
    let names: BTreeSet<&str> = resources.iter().map(|resource| resource.blueprint).collect();
    let blueprints = blueprints(&names).map_err(|error| error.to_string())?;
    if matches!(what, What::Blueprints(_)) {
        return serde_json::to_string_pretty(&blueprints).map(|text| text + "\n").map_err(|error| error.to_string());
    }
    let mut text = head.to_owned();
    for resource in &resources {
        let kept = blueprints.iter().find(|blueprint| blueprint["identifier"] == resource.blueprint);
        resource.write(&mut text, kept.map_or(&Value::Null, |blueprint| &blueprint["relations"]));
    }
    Ok(text)
}

/// What stands in the mapping for one kind.
struct Resource {
    kind: &'static str,
    blueprint: &'static str,
    text: &'static str,
}

/// What stands before all kinds, and each of them.
fn resources() -> (&'static str, Vec<Resource>) {
    let (head, _) = MAPPING.split_once(KIND).unwrap_or((MAPPING, ""));
    let mut starts: Vec<usize> = MAPPING.match_indices(KIND).map(|(at, _)| at).collect();
    starts.push(MAPPING.len());
    let found = starts.windows(2).filter_map(|bounds| MAPPING.get(*bounds.first()?..*bounds.last()?)).map(|text| {
        let after = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default();
        Resource { kind: after(KIND), blueprint: after(BLUEPRINT).trim_matches(['\'', '"']), text }
    });
    (head, found.collect())
}

impl Resource {
    /// Its lines, without the relations that are not kept.
    fn write(&self, text: &mut String, kept: &Value) {
        let (before, relations) = self.text.split_once(RELATIONS).unwrap_or((self.text, ""));
        text.push_str(before);
        let kept = relations.lines().filter(|line| {
            let name = line.strip_prefix(RELATION_INDENT).and_then(|line| line.split_once(':'));
            name.is_some_and(|(name, _)| kept.get(name).is_some())
        });
        let lines: Vec<&str> = kept.collect();
        if !lines.is_empty() {
            let _ = writeln!(text, "{RELATIONS}\n{}", lines.join("\n"));
        }
    }
}
