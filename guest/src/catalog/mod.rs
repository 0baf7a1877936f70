//! The catalogue: what to call for each kind and how to read the answers, as data.

mod definition;
mod manifest;
#[cfg(test)]
mod schema_test;
#[cfg(test)]
mod tables_test;

use std::collections::BTreeMap;

pub(crate) use definition::{Action, Case, Confirm, Definition, Match, Missing, Outer, Reach, Read, Tier, Type};
pub(crate) use manifest::{identity, manifest, property_name};

/// One service's definitions, as the build script embedded them.
struct Embedded {
    service: &'static str,
    /// Each kind and its other names.
    kinds: &'static [(&'static str, &'static [&'static str])],
    json: &'static str,
}

static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// A kind with its name and service.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) service: &'static str,
    pub(crate) definition: Definition,
}

/// All names of kinds, without the other names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().flat_map(|service| service.kinds).map(|(name, _)| *name)
}

/// The right name of a kind, given that or another of its names.
pub(crate) fn resolve(name: &str) -> Option<&'static str> {
    EMBEDDED
        .iter()
        .flat_map(|service| service.kinds)
        .find(|(right, others)| *right == name || others.contains(&name))
        .map(|(right, _)| *right)
}

/// Reads the definitions of these kinds, and of no other service than theirs.
///
/// # Errors
/// What is wrong with a definition. Those that are embedded are tested.
pub(crate) fn load(names: &[&str]) -> Result<Vec<Kind>, String> {
    let mut kinds = Vec::with_capacity(names.len());
    for service in EMBEDDED {
        if !service.kinds.iter().any(|(name, _)| names.contains(name)) {
            continue;
        }
        let mut definitions: BTreeMap<String, Definition> =
            serde_json::from_str(service.json).map_err(|error| format!("{}: {error}", service.service))?;
        for (name, _) in service.kinds {
            if names.contains(name)
                && let Some(definition) = definitions.remove(*name)
            {
                kinds.push(Kind { name, service: service.service, definition });
            }
        }
    }
    Ok(kinds)
}

/// What every definition says, as text: part of the fingerprint.
pub(crate) fn text() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|service| service.json)
}
