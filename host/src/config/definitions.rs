//! Files with the user's own kinds: read here, so that every remark of the component can name its line.
//!
//! What a definition may say is the component's to judge; here only as much is read as other settings refer to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Files;
use super::kinds::KnownKind;
use super::mistake::Mistake;
use super::node::{Node, Origin};
use super::yaml;

/// One file of `kinds.definitions`.
#[derive(Debug, Clone, PartialEq)]
pub struct DefinitionFile {
    /// The whole document.
    node: Node,
}

impl DefinitionFile {
    /// The document as JSON, for the component.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        self.node.json()
    }

    /// Where in the file a JSON pointer points: the deepest place on its way that is there.
    #[must_use]
    pub fn place(&self, pointer: &str) -> &Origin {
        self.node.place(pointer)
    }

    /// The kinds in it, with what a configuration can refer to.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (String, KnownKind)> {
        self.node.at("kinds").map(Node::entries).unwrap_or_default().iter().map(|entry| {
            let texts =
                |key: &str| entry.node.at(key).map(Node::items).unwrap_or_default().iter().filter_map(Node::text);
            let actions = entry.node.at("actions").map(Node::items).unwrap_or_default();
            let actions = actions.iter().filter_map(|action| {
                let optional =
                    matches!(action.at("optional").map(|node| &node.value), Some(super::node::Value::Bool(true)));
                Some((action.at("name")?.text()?.to_owned(), !optional))
            });
            let known = KnownKind {
                tier: entry.node.at("tier").and_then(Node::text).unwrap_or_default().to_owned(),
                actions: actions.collect(),
                aliases: texts("aliases").map(str::to_owned).collect(),
                since: entry.node.at("since").is_some(),
            };
            (entry.key.clone(), known)
        })
    }
}

/// Reads the files that a list names; a last part with one `*` in it stands for all files of that form.
pub(super) fn read(list: &Node, files: &dyn Files, mistakes: &mut Vec<Mistake>) -> Vec<DefinitionFile> {
    let mut found = Vec::new();
    for item in list.items() {
        let Some(text) = item.text() else { continue };
        let paths = match expand(text, files) {
            Ok(paths) => paths,
            Err(why) => {
                mistakes.push(Mistake::new(&item.origin, "kinds.definitions", why));
                continue;
            }
        };
        for path in paths {
            let shown: Arc<str> = path.display().to_string().into();
            match files.read(&path) {
                Ok(file) => match yaml::read(&shown, &file.text) {
                    Ok(node) => found.push(DefinitionFile { node }),
                    Err(mistake) => mistakes.push(mistake),
                },
                Err(error) => {
                    let message = format!("cannot read {shown}: {error}");
                    mistakes.push(Mistake::new(&item.origin, "kinds.definitions", message));
                }
            }
        }
    }
    found
}

/// The paths that a text stands for.
fn expand(text: &str, files: &dyn Files) -> Result<Vec<PathBuf>, String> {
    let path = Path::new(text);
    let last = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((before, after)) = last.split_once('*') else { return Ok(vec![path.to_owned()]) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = files.names(folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    let fits = |name: &&String| {
        name.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)) && name.len() >= before.len() + after.len()
    };
    let mut paths: Vec<PathBuf> = names.iter().filter(fits).map(|name| folder.join(name)).collect();
    paths.sort();
    if paths.is_empty() { Err(format!("{text} fits no file")) } else { Ok(paths) }
}
