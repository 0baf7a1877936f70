//! A mapping's file (`port-app-config.yml`): read here, so that every remark of the component can name its line.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::files::Files;
use super::mistake::Mistake;
use super::node::{Node, Origin};
use super::yaml;

/// A mapping, as it was written. What it may say is the component's to judge.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingFile {
    node: Node,
}

/// Bytes of a mapping's fingerprint.
const FINGERPRINT_BYTES: usize = 8;
/// What a configuration says and a mapping never does.
const CONFIGURATION_KEYS: &[&str] = &["version", "credentials", "roles", "accounts", "regions", "kinds", "to"];

impl MappingFile {
    /// Reads a mapping; `named` is where its file was named.
    ///
    /// # Errors
    /// There is no such file, it is not YAML, or it is no mapping.
    pub fn read(path: &Path, files: &dyn Files, named: &Origin) -> Result<Self, Mistake> {
        let shown: Arc<str> = path.display().to_string().into();
        let file =
            files.read(path).map_err(|error| Mistake::new(named, "", format!("cannot read {shown}: {error}")))?;
        let node = yaml::read(&shown, &file.text)?;
        if node.at("resources").is_some() {
            return Ok(Self { node });
        }
        let message = "this is no mapping (port-app-config): it has no `resources`";
        let mistake = Mistake::new(&node.origin, "", message);
        let is_configuration = CONFIGURATION_KEYS.iter().any(|key| node.at(key).is_some());
        Err(if is_configuration { mistake.instead("a configuration is given by --config") } else { mistake })
    }

    /// The mapping that is in force at Port.
    ///
    /// # Errors
    /// It is no mapping.
    pub fn of_port(config: &serde_json::Value, integration: &str) -> Result<Self, Mistake> {
        let origin = Origin::Port(integration.into());
        let node = Node::from_json(config, &origin);
        if node.at("resources").is_some() {
            return Ok(Self { node });
        }
        Err(Mistake::new(&origin, "", "this is no mapping (port-app-config): it has no `resources`"))
    }

    /// What tells whether another mapping is the same: a digest of what it says.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.json().to_string().as_bytes());
        digest.iter().take(FINGERPRINT_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The blueprints that it names outright.
    #[must_use]
    pub fn blueprints(&self) -> BTreeSet<String> {
        let json = self.json();
        let resources = json.get("resources").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        let named = resources.iter().filter_map(|resource| {
            let code = resource.pointer("/port/entity/mappings/blueprint")?.as_str()?.trim();
            let name = code.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "@_.:/=-".contains(c);
            name.chars().all(is_plain).then(|| name.to_owned())
        });
        named.collect()
    }

    /// The document as JSON, for the component.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        self.node.json()
    }

    /// The share of entities that the peer lets a run delete, where the mapping says it.
    #[must_use]
    pub fn deletion_threshold(&self) -> Option<f64> {
        let json = self.json();
        let threshold = json.get("entityDeletionThreshold").or_else(|| json.get("entity_deletion_threshold"))?;
        threshold.as_f64().filter(|threshold| (0.0..=1.0).contains(threshold))
    }

    /// Where a JSON pointer points: the deepest place on its way that is there.
    #[must_use]
    pub fn place(&self, pointer: &str) -> &Origin {
        self.node.place(pointer)
    }
}
