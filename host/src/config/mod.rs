//! The configuration: read in layers, each value with its place, all of it checked before any call is made.
//!
//! Layers, lowest first: built-in defaults; the file of `--config`, else `./portolan.yaml`; the peer's
//! `OCEAN__INTEGRATION__CONFIG…` and Portolan's `PORTOLAN__SECTION__KEY`; flags. A list replaces a list, a map merges
//! by key, null unsets, an empty string is an error. Every mistake of every layer is reported at once.
//!
//! Nothing here reads the process's environment or its clock: both come in as data, files through [`files::Files`].

pub mod accept;
mod age;
mod check_settings;
pub mod definitions;
pub mod endpoints;
pub mod environment;
pub mod files;
mod formats;
pub mod kinds;
pub mod mapping;
pub mod mistake;
pub mod node;
mod peer;
pub mod port;
mod read;
mod read_kinds;
mod read_mapping;
mod read_sinks;
mod references;
pub mod report;
pub mod schema;
pub mod settings;
pub mod sinks;
mod unserved;
pub mod variables;
pub mod webhook;
pub(crate) mod yaml;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use self::accept::Day;
pub use self::check_settings::SourceFacts;
use self::definitions::DefinitionFile;
use self::files::Files;
use self::kinds::KnownKinds;
use self::mistake::{Mistake, Refused};
use self::node::{Node, Origin};
use self::schema::Checker;
use self::settings::Settings;
use crate::cli::flags::Flags;

/// The file that is read when none is named.
pub const FILE_IN_FOLDER: &str = "./portolan.yaml";

/// The annotated example of `config --example`.
pub const EXAMPLE: &str = include_str!("portolan.example.yaml");

/// All that a configuration is read from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The process's environment.
    pub env: &'a BTreeMap<String, String>,
    /// The file system.
    pub files: &'a dyn Files,
    /// The command line.
    pub flags: &'a Flags,
    /// The kinds of the loaded component.
    pub kinds: &'a KnownKinds,
    /// The day of the run, in UTC: entries of `accept:` end.
    pub today: Day,
    /// For the default of `limits.concurrency`.
    pub cores: usize,
}

/// A configuration without mistakes.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the rest of the program reads.
    pub settings: Settings,
    /// Lines for the start of a run: which file was read, what is not used and why.
    pub notices: Vec<String>,
    /// The merged layers, for `config --show`.
    pub merged: Merged,
}

/// The layers laid over each other.
#[derive(Debug, Clone)]
pub struct Merged {
    /// Each value with its origin; secrets as they were written, so never print it: use [`report::show`].
    pub(crate) tree: Node,
    /// What a null removed, and where the null stands.
    pub(crate) unset: Vec<(String, Origin)>,
}

/// Reads and checks the whole configuration.
///
/// # Errors
/// All mistakes of all layers at once.
pub fn load(sources: Sources<'_>) -> Result<Loaded, Refused> {
    let mut notices = Vec::new();
    let mut mistakes = sources.flags.mistakes.clone();
    let exposed = RefCell::new(BTreeSet::new());
    let file = read_file(sources, &exposed, &mut notices, &mut mistakes);
    let peer = peer::read(sources.env, &mut mistakes);
    let own = environment::layer(sources.env, &mut mistakes);
    for (key, one, other) in environment::differences(&peer.layer, &own) {
        let message = format!("{one} says something else");
        mistakes.push(Mistake::new(&other, &key, message).instead("set one of the two, or both to the same value"));
    }
    notices.extend(peer.notices.iter().cloned());
    notices.extend(sources.flags.notices.iter().cloned());

    let exposed = exposed.into_inner();
    let is_exposed = |path: &str| exposed.contains(path);
    // The user's own kinds come first: all other settings may name them.
    let layers = [file, peer.layer.clone(), own, sources.flags.layer.clone()];
    let listed = layers.iter().rev().find_map(|layer| layer.at("kinds.definitions"));
    let definitions = listed.map(|list| definitions::read(list, sources.files, &mut mistakes)).unwrap_or_default();
    let known = sources.kinds.with(definitions.iter().flat_map(DefinitionFile::kinds));
    let sources = Sources { kinds: &known, ..sources };
    let mut checker = Checker::new(sources.kinds, &is_exposed);
    let mut merged = Merged { tree: schema::defaults(), unset: Vec::new() };
    let mut given = Node::empty();
    for layer in layers {
        let layer = checker.check(layer);
        given.overlay(layer, "", &mut merged.unset);
    }
    // Last and as a whole, so that a null brings the built-in default back: no guard can be unset by accident.
    merged.tree.overlay(given, "", &mut Vec::new());
    mistakes.append(&mut checker.mistakes);

    let mut reader = read::Reader::new(sources, &merged.tree, mistakes, notices);
    let mut settings = reader.settings(&peer);
    settings.kinds.definitions = definitions;
    check_settings::check(&settings, &mut reader);
    let read::Reader { mistakes, notices, .. } = reader;
    if mistakes.is_empty() { Ok(Loaded { settings, notices, merged }) } else { Err(Refused::new(mistakes)) }
}

/// The file's layer; an empty one where there is no file or it cannot be used.
fn read_file(
    sources: Sources<'_>,
    exposed: &RefCell<BTreeSet<String>>,
    notices: &mut Vec<String>,
    mistakes: &mut Vec<Mistake>,
) -> Node {
    let named = sources.flags.config.as_deref();
    let path = named.unwrap_or(Path::new(FILE_IN_FOLDER));
    let shown: Arc<str> = path.display().to_string().into();
    let file = match sources.files.read(path) {
        Ok(file) => file,
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => return Node::empty(),
        Err(error) => {
            let origin = if named.is_some() { Origin::Flag("--config") } else { Origin::Default };
            mistakes.push(Mistake::new(&origin, "", format!("cannot read {shown}: {error}")));
            return Node::empty();
        }
    };
    notices.push(format!("settings from {shown}"));
    if file.others_can_read {
        exposed.borrow_mut().insert(shown.to_string());
    }
    match yaml::read(&shown, &file.text) {
        Ok(node) => match mapping_key(&node) {
            Some(origin) => {
                let message = "this is a mapping (port-app-config), not a configuration";
                let advice = "give it by --mapping; --config takes a portolan.yaml";
                mistakes.push(Mistake::new(&origin, "", message).instead(advice));
                Node::empty()
            }
            None if !matches!(node.value, node::Value::Map(_)) => {
                let advice = "`portolan config --example` shows one";
                mistakes.push(Mistake::new(&node.origin, "", "not a map of settings").instead(advice));
                Node::empty()
            }
            None => node,
        },
        Err(mistake) => {
            mistakes.push(mistake);
            Node::empty()
        }
    }
}

/// Keys that only the peer's mapping has at its top.
const MAPPING_KEYS: &[&str] = &[
    "resources",
    "deleteDependentEntities",
    "createMissingRelatedEntities",
    "enableMergeEntity",
    "entityDeletionThreshold",
];

/// Where a document shows itself to be a mapping: told apart by content, as file names say nothing.
fn mapping_key(node: &Node) -> Option<Origin> {
    let entries = node.entries();
    let own = |key: &str| key == "version" || schema::below(schema::schema(), key).is_some();
    if entries.iter().any(|entry| own(&entry.key)) {
        return None;
    }
    entries.iter().find(|entry| MAPPING_KEYS.contains(&entry.key.as_str())).map(|entry| entry.key_origin.clone())
}

#[cfg(test)]
mod tests;
