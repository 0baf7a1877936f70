//! What an instance may use: memory, processor time; and how many instances there may be.

use wasmtime::ResourceLimiter;

use super::machine::Machine;

/// How often the epoch moves: the grain at which a busy instance yields and its processor time is counted.
pub const EPOCH_TICK_MS: u64 = 10;

/// Processor time of one call, in ticks: 10 s. A page of 128 KiB takes some milliseconds.
pub(crate) const CALL_TICKS_MAX: u64 = 10_000 / EPOCH_TICK_MS;

/// Linear memory of one instance. An answer of 8 MiB parsed in full needs some 40 MiB.
pub(crate) const MEMORY_BYTES_MAX: usize = 128 << 20;

/// How many instances may be alive at once on this machine.
#[must_use]
pub fn live_instances() -> u32 {
    Machine::here().live_instances()
}

/// The guest asked for more memory than an instance may have.
#[derive(Debug, thiserror::Error)]
#[error("the guest asked for {asked} bytes of memory; an instance may have {MEMORY_BYTES_MAX}")]
pub(crate) struct MemoryLimit {
    asked: usize,
}

/// The guest ran for longer than a call may.
#[derive(Debug, thiserror::Error)]
#[error("the guest ran for more than {} s without an answer", CALL_TICKS_MAX * EPOCH_TICK_MS / 1000)]
pub(crate) struct CpuLimit;

/// Ends a call that wants more memory, with an error of its own type: `memory.grow` giving -1 would
/// arrive as an `unreachable` that nobody can tell from a panic.
#[derive(Debug, Default)]
pub(crate) struct MemoryLimiter {
    /// What the linear memory came to at its last growth.
    pub(crate) memory_bytes: usize,
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > MEMORY_BYTES_MAX {
            return Err(MemoryLimit { asked: desired }.into());
        }
        self.memory_bytes = desired;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        /// The guest's one table holds its function pointers, some hundreds.
        const TABLE_ELEMENTS_MAX: usize = 20_000;
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }
}
