//! The catalogue: what to call for each kind and how to read the answers, as data.

mod always;
mod candidates;
mod check;
mod cloud_control;
mod definition;
mod generic;
mod manifest;
mod schema;
#[cfg(test)]
mod schema_test;
mod shapes;
#[cfg(test)]
mod tables_test;
mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use always::DESCRIBE_TYPE;
pub(crate) use candidates::{arns, names as name_candidates};
pub(crate) use check::{Finding, check, tells};
pub(crate) use cloud_control::cloud_control;
pub(crate) use definition::{
    Action, Case, Condition, Confirm, Definition, Match, Missing, Outer, Parent, Partial, Reach, Read, Tier, Type,
    Unless,
};
pub(crate) use generic::generic;
pub(crate) use manifest::{identity, manifest, property_name, upper_first};
pub(crate) use schema::validate;
use templates::Uses;

/// One service's definitions, as the build script embedded them.
struct Embedded {
    service: &'static str,
    /// Each kind and its other names.
    kinds: &'static [(&'static str, &'static [&'static str])],
    json: &'static str,
}

static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// Digest of every definition. Of the build, not of the instance: there it took longer than all else of `configure`.
pub(crate) const DIGEST: &str = env!("PORTOLAN_CATALOG_DIGEST");

/// A kind with its name and service.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    pub(crate) name: Arc<str>,
    pub(crate) service: Arc<str>,
    pub(crate) definition: Definition,
    pub(crate) uses: Uses,
    /// Read through Cloud Control: what the type's schema says is asked first.
    pub(crate) cloud_control: bool,
}

impl Kind {
    pub(crate) fn new(name: &str, service: &str, definition: Definition) -> Self {
        let uses = Uses::of(&definition);
        Self { name: Arc::from(name), service: Arc::from(service), definition, uses, cloud_control: false }
    }

    /// Its name and its other names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.name).chain(self.definition.aliases.iter().map(String::as_str))
    }

    /// The service that an action calls.
    pub(crate) fn service_of<'k>(&'k self, action: &'k Action) -> &'k str {
        action.service.as_deref().unwrap_or(&self.service)
    }
}

/// All names of kinds, without the other names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().flat_map(|service| service.kinds).map(|(name, _)| *name)
}

/// All names of kinds, with the other names, each with its right one.
pub(crate) fn all_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let kinds = EMBEDDED.iter().flat_map(|service| service.kinds);
    kinds.flat_map(|(name, others)| std::iter::once(*name).chain(others.iter().copied()).map(|other| (other, *name)))
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
                kinds.push(Kind::new(name, service.service, definition));
            }
        }
    }
    Ok(kinds)
}
