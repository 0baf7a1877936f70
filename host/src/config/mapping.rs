//! A mapping's file (`port-app-config.yml`): read here, so that every remark of the component can name its line.

use std::path::Path;
use std::sync::Arc;

use super::files::Files;
use super::mistake::Mistake;
use super::node::{Node, Origin};
use super::yaml;

/// A mapping, as it was written. What it may say is the component's to judge.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingFile {
    node: Node,
}

/// What a configuration says and a mapping never does.
const CONFIGURATION_KEYS: &[&str] = &["version", "credentials", "roles", "accounts", "regions", "kinds", "to"];

impl MappingFile {
    /// Reads a mapping.
    ///
    /// # Errors
    /// There is no such file, it is not YAML, or it is no mapping.
    pub fn read(path: &Path, files: &dyn Files) -> Result<Self, Mistake> {
        let shown: Arc<str> = path.display().to_string().into();
        let file = files
            .read(path)
            .map_err(|error| Mistake::new(&Origin::Flag("--mapping"), "", format!("cannot read {shown}: {error}")))?;
        let node = yaml::read(&shown, &file.text)?;
        if node.at("resources").is_some() {
            return Ok(Self { node });
        }
        let message = "this is no mapping (port-app-config): it has no `resources`";
        let mistake = Mistake::new(&node.origin, "", message);
        let is_configuration = CONFIGURATION_KEYS.iter().any(|key| node.at(key).is_some());
        Err(if is_configuration { mistake.instead("a configuration is given by --config") } else { mistake })
    }

    /// The document as JSON, for the component.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        self.node.json()
    }

    /// Where a JSON pointer points: the deepest place on its way that is there.
    #[must_use]
    pub fn place(&self, pointer: &str) -> &Origin {
        self.node.place(pointer)
    }
}
