use std::path::PathBuf;
use std::sync::Arc;

use super::Component;
use crate::config::kinds::KnownKinds;
use crate::engine;
use crate::imports::Nowhere;
use crate::instance::Instances;
use crate::manifest::Manifest;

/// The sandbox with a component in it, compiled. Cheap to clone; clones share one limit on instances.
///
/// A call into the component may use 128 MiB of memory and ten seconds of processor time; beyond that it ends as an error of
/// its unit.
#[derive(Clone)]
pub struct Engine {
    inner: engine::Engine,
}

/// What an [`Engine`] may use.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    compile_cache: Option<PathBuf>,
    instances: Option<u32>,
}

impl EngineOptions {
    /// A folder that keeps what was compiled: with it, the next start takes milliseconds instead of seconds. What lies there
    /// is run as machine code, so that it must be writable for this user alone. Without one, nothing is kept.
    #[must_use]
    pub fn compile_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.compile_cache = Some(folder.into());
        self
    }

    /// How many instances of the component may be alive at once: as many units can be read side by side. At least 1; without
    /// this, sixteen a core and at most 64.
    #[must_use]
    pub fn instances(mut self, count: u32) -> Self {
        self.instances = Some(count.max(1));
        self
    }
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(String);

impl Engine {
    /// Compiles the component, or takes its compiled form from the cache.
    ///
    /// This blocks: for seconds without a cache.
    ///
    /// # Errors
    /// It is no component of the interface, or imports more than the sandbox gives; or WebAssembly cannot be run here.
    pub fn new(component: &Component, options: &EngineOptions) -> Result<Self, EngineError> {
        let instances = options.instances.unwrap_or_else(engine::live_instances);
        let inner = engine::Engine::with_instances(component.bytes(), options.compile_cache.as_deref(), instances);
        Ok(Self { inner: inner.map_err(|error| EngineError(error.to_string()))? })
    }

    /// `sha256:` and the digest of the component's bytes.
    #[must_use]
    pub fn component_digest(&self) -> &str {
        self.inner.digest()
    }

    /// What the component imports, in the order of its type: all that it can reach.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        self.inner.interface().imports
    }

    /// What the component can read and call, as JSON of the form `manifest/1` (`catalogue.describe` of the interface).
    ///
    /// # Errors
    /// The component fails over it.
    pub async fn manifest(&self) -> Result<serde_json::Value, EngineError> {
        serde_json::to_value(self.described().await?).map_err(|error| EngineError(error.to_string()))
    }

    pub(super) async fn known_kinds(&self) -> Result<KnownKinds, EngineError> {
        KnownKinds::from_manifest(&self.manifest().await?).map_err(|error| EngineError(error.to_string()))
    }

    async fn described(&self) -> Result<Manifest, EngineError> {
        let text = Instances::describe(&self.inner, Arc::new(Nowhere)).await;
        let text = text.map_err(|error| EngineError(error.to_string()))?;
        Manifest::parse(&text).map_err(|error| EngineError(error.to_string()))
    }

    pub(super) fn inner(&self) -> &engine::Engine {
        &self.inner
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("component", &self.component_digest()).finish_non_exhaustive()
    }
}
