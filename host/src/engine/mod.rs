//! The sandbox's engine: wasmtime with its limits, the component compiled once, and its interface checked.

mod compile_cache;
pub(crate) mod file;
mod limits;
mod machine;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::bindings::{Integration, IntegrationPre};
use crate::instance::State;

pub(crate) use limits::{CALL_TICKS_MAX, CpuLimit, MEMORY_BYTES_MAX, MemoryLimit, MemoryLimiter};
pub use limits::{EPOCH_TICK_MS, live_instances};

/// The component that was built with this host.
pub const COMPONENT: &[u8] = &BUILT_IN;
static BUILT_IN: [u8; BUILT_IN_BYTES] = *include_bytes!(env!("PORTOLAN_COMPONENT_FILE"));
const BUILT_IN_BYTES: usize = include_bytes!(env!("PORTOLAN_COMPONENT_FILE")).len();
/// Its digest, taken when it was built: its five megabytes need not come into memory to find the compiled form in the cache.
const COMPONENT_DIGEST: &str = env!("PORTOLAN_COMPONENT_DIGEST");

/// The imports that a component may have; anything more and it is not loaded.
pub const ALLOWED_IMPORTS: &[&str] = &["portolan:aws/signed-http@0.1.0", "portolan:aws/log@0.1.0"];

/// Stack of a suspended call. Demand-paged, so the number costs address space only.
const ASYNC_STACK_BYTES: usize = 1 << 20;
/// Stack that WebAssembly itself may use; has to be below [`ASYNC_STACK_BYTES`].
const WASM_STACK_BYTES: usize = 512 << 10;
/// Memory that stays mapped in a freed slot: 9.7 µs for an instance with it, 13.2 µs without.
const KEEP_RESIDENT_BYTES: usize = 64 << 10;

/// The guest's module and the two small ones by which an encoded component calls its imports.
const CORE_INSTANCES_A_COMPONENT: u32 = 3;
/// The guest's table of function pointers, and the one through which imports are called.
const TABLES_A_COMPONENT: u32 = 2;

/// Why no component could be loaded.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The bytes are not a component that this engine accepts.
    #[error("the component does not load: {0}. Build it again, or take the one that is built in")]
    Component(String),
    /// It asks for more than the sandbox gives.
    #[error("the component imports {0:?}, which the sandbox does not give; it may import {allowed} only", allowed = ALLOWED_IMPORTS.join(" and "))]
    Import(Vec<String>),
    /// wasmtime could not be set up on this machine.
    #[error("the WebAssembly engine does not start: {0}")]
    Setup(String),
}

/// A compiled component, ready to be instantiated. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    wasmtime: wasmtime::Engine,
    pre: IntegrationPre<State>,
    component: Component,
    digest: Arc<str>,
    instances: u32,
    _ticker: Arc<Ticker>,
}

impl Engine {
    /// Compiles `component`, or takes its compiled form from `cache`.
    ///
    /// # Errors
    /// When it is not a component, or imports anything beyond [`ALLOWED_IMPORTS`].
    pub fn new(component: &[u8], cache: Option<&Path>) -> Result<Self, EngineError> {
        Self::with_instances(component, cache, live_instances())
    }

    /// The same with at most so many instances alive at once: as many units are read side by side.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_instances(component: &[u8], cache: Option<&Path>, instances: u32) -> Result<Self, EngineError> {
        let wasmtime = wasmtime::Engine::new(&config(instances)).map_err(|e| EngineError::Setup(format!("{e:#}")))?;
        let digest = digest_of(component);
        let component = compile_cache::load(&wasmtime, component, &digest, cache)
            .map_err(|e| EngineError::Component(format!("{e:#}")))?;
        let foreign = foreign_imports(&wasmtime, &component);
        if !foreign.is_empty() {
            return Err(EngineError::Import(foreign));
        }
        let mut linker = Linker::new(&wasmtime);
        Integration::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut State| state)
            .map_err(|e| EngineError::Setup(format!("{e:#}")))?;
        let pre = linker
            .instantiate_pre(&component)
            .and_then(IntegrationPre::new)
            .map_err(|e| EngineError::Component(format!("{e:#}")))?;
        let ticker = Arc::new(Ticker::start(&wasmtime));
        Ok(Self { wasmtime, pre, component, digest: digest.into(), instances, _ticker: ticker })
    }

    /// `sha256:` and the digest of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many instances may be alive at once.
    #[must_use]
    pub fn instances(&self) -> u32 {
        self.instances
    }

    /// What the component imports and exports, in the order of its type.
    #[must_use]
    pub fn interface(&self) -> Interface {
        let ty = self.component.component_type();
        Interface {
            imports: ty.imports(&self.wasmtime).map(|(name, _)| name.to_owned()).collect(),
            exports: ty.exports(&self.wasmtime).map(|(name, _)| name.to_owned()).collect(),
        }
    }

    pub(crate) fn pre(&self) -> &IntegrationPre<State> {
        &self.pre
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
    }
}

/// The names that a component imports and exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// What it needs from its host.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
}

/// Compiles `component` for this machine and this build; [`Engine::new`] finds it under the cache folder.
///
/// # Errors
/// When it is not a component.
pub fn precompile(component: &[u8]) -> Result<Vec<u8>, EngineError> {
    let engine = wasmtime::Engine::new(&config(live_instances())).map_err(|e| EngineError::Setup(format!("{e:#}")))?;
    engine.precompile_component(component).map_err(|e| EngineError::Component(format!("{e:#}")))
}

/// `sha256:…` of a component's bytes.
#[must_use]
pub fn digest_of(component: &[u8]) -> String {
    if std::ptr::eq(component, COMPONENT) {
        return COMPONENT_DIGEST.to_owned();
    }
    let digest: String = Sha256::digest(component).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digest}")
}

fn foreign_imports(engine: &wasmtime::Engine, component: &Component) -> Vec<String> {
    let ty = component.component_type();
    let names = ty.imports(engine).map(|(name, _)| name.to_owned());
    names.filter(|name| !ALLOWED_IMPORTS.contains(&name.as_str())).collect()
}

fn config(instances: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances * CORE_INSTANCES_A_COMPONENT)
        .total_memories(instances)
        .total_tables(instances * TABLES_A_COMPONENT)
        .total_stacks(instances)
        .max_memory_size(MEMORY_BYTES_MAX)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .max_memories_per_component(1)
        .max_tables_per_component(TABLES_A_COMPONENT)
        .max_core_instances_per_component(CORE_INSTANCES_A_COMPONENT);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .async_stack_size(ASYNC_STACK_BYTES)
        .max_wasm_stack(WASM_STACK_BYTES)
        .memory_init_cow(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// A thread that moves the engine's epoch on, for as long as an engine lives.
struct Ticker {
    stop: Arc<std::sync::atomic::AtomicBool>,
}

impl Ticker {
    fn start(engine: &wasmtime::Engine) -> Self {
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (engine, stopped) = (engine.weak(), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(EPOCH_TICK_MS));
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        });
        Self { stop }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
