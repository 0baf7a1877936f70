//! Configured instances, reused from page to page and thrown away before they grow old.

use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{CallError, Instance};
use crate::bindings::exports::portolan::aws::sync;
use crate::engine::Engine;
use crate::imports::{CallScope, Outbound};

/// Pages after which an instance is replaced: fragmentation, and whatever a guest may pile up.
const PAGES_MAX: u32 = 256;
/// Linear memory above which an instance is replaced: it never shrinks, a page of 1 MiB leaves 10.75 MiB.
const MEMORY_KEPT_BYTES: usize = 8 << 20;
/// Linear memory of a configured instance that the engine's number of instances counts on.
const MEMORY_EXPECTED_BYTES: usize = 5 << 20;

/// Why the guest could not be configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureError {
    /// The configuration is wrong; all remarks at once.
    #[error("the configuration is refused: {}", .0.iter().map(|r| r.message.as_str()).collect::<Vec<_>>().join("; "))]
    Rejected(Vec<sync::Remark>),
    /// The guest itself failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A pool of instances that share a configuration.
pub struct Instances {
    engine: Engine,
    outbound: Arc<dyn Outbound>,
    config: String,
    run: sync::Run,
    live_max: u32,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Instance>>,
}

/// As many as fit where so many of the usual size would: a long mapping makes an instance twice as large.
fn fitting(instances: u32, memory_bytes: usize) -> u32 {
    let fitting = instances as usize * MEMORY_EXPECTED_BYTES / memory_bytes.max(MEMORY_EXPECTED_BYTES);
    u32::try_from(fitting).unwrap_or(instances).max(1)
}

impl Instances {
    /// Sets up the pool, and configures a first instance to see that the configuration holds.
    ///
    /// # Errors
    /// When the guest rejects the configuration or fails over it.
    pub async fn new(
        engine: Engine,
        outbound: Arc<dyn Outbound>,
        config: String,
        run: sync::Run,
    ) -> Result<(Self, sync::Configured), ConfigureError> {
        let (permits, idle) = (Arc::new(Semaphore::new(0)), Mutex::new(Vec::new()));
        let mut pool = Self { engine, outbound, config, run, live_max: 0, permits, idle };
        let (instance, configured) = pool.configured(&pool.run).await?;
        pool.live_max = fitting(pool.engine.instances(), instance.store.data().memory.memory_bytes);
        pool.permits.add_permits(pool.live_max as usize);
        pool.put_back(instance);
        Ok((pool, configured))
    }

    /// The manifest of everything that a component can read. Needs no configuration.
    ///
    /// # Errors
    /// When the guest fails.
    pub async fn describe(engine: &Engine, outbound: Arc<dyn Outbound>) -> Result<String, CallError> {
        Instance::new(engine, outbound, DESCRIBE_LIMITS).await?.describe().await
    }

    async fn configured(&self, run: &sync::Run) -> Result<(Instance, sync::Configured), ConfigureError> {
        let mut instance = Instance::new(&self.engine, Arc::clone(&self.outbound), run.limits).await?;
        match instance.configure(&self.config, run).await? {
            Ok(configured) => Ok((instance, configured)),
            Err(rejected) => Err(ConfigureError::Rejected(rejected.remarks)),
        }
    }

    /// Waits for a free place and gives an instance for the calls of one account.
    ///
    /// # Errors
    /// When a new instance cannot be made or configured.
    pub async fn lease(&self) -> Result<Lease<'_>, CallError> {
        self.leased(|_| false).await
    }

    /// As [`Instances::lease`], and one that has read this kind before where one is idle: what it compiled of the kind's
    /// mapping and unpacked of its service's tables is there.
    ///
    /// # Errors
    /// As [`Instances::lease`].
    pub async fn lease_for(&self, kind: &str) -> Result<Lease<'_>, CallError> {
        self.leased(|instance| instance.kinds.contains(kind)).await
    }

    async fn leased(&self, is_warm: impl Fn(&Instance) -> bool) -> Result<Lease<'_>, CallError> {
        let permit = self.permit().await;
        let idle = self.idle.lock().ok().and_then(|mut idle| {
            let warm = idle.iter().rposition(is_warm);
            warm.map(|index| idle.swap_remove(index)).or_else(|| idle.pop())
        });
        let instance = match idle {
            Some(instance) => instance,
            None => self.fresh(&self.run).await?,
        };
        Ok(Lease { pool: self, instance: Some(instance), reusable: true, _permit: permit })
    }

    /// A fresh instance with half the page size, for a page that has trapped once.
    ///
    /// # Errors
    /// When it cannot be made or configured.
    pub async fn lease_for_second_try(&self) -> Result<Lease<'_>, CallError> {
        let permit = self.permit().await;
        let mut run = self.run.clone();
        run.limits.page_bytes /= 2;
        let instance = self.fresh(&run).await?;
        Ok(Lease { pool: self, instance: Some(instance), reusable: false, _permit: permit })
    }

    async fn fresh(&self, run: &sync::Run) -> Result<Instance, CallError> {
        match self.configured(run).await {
            Ok((instance, _)) => Ok(instance),
            Err(ConfigureError::Call(error)) => Err(error),
            Err(error) => Err(CallError::Trapped(error.to_string())),
        }
    }

    /// How many instances may be alive at once: as many units can be read side by side.
    #[must_use]
    pub fn live_max(&self) -> u32 {
        self.live_max
    }

    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so there is always a permit in the end.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    fn put_back(&self, instance: Instance) {
        let fit = instance.pages < PAGES_MAX && instance.store.data().memory.memory_bytes <= MEMORY_KEPT_BYTES;
        if fit && let Ok(mut idle) = self.idle.lock() {
            idle.push(instance);
        }
    }
}

const DESCRIBE_LIMITS: sync::Limits =
    sync::Limits { batch: 0, response_bytes: 0, batch_bytes: 0, page_bytes: 0, cursor_bytes: 0 };

/// An instance on loan: one account, one call at a time. Goes back to the pool when dropped, unless a
/// call failed or was abandoned on the way.
pub struct Lease<'pool> {
    pool: &'pool Instances,
    instance: Option<Instance>,
    reusable: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

/// Takes the instance out for a call and puts it back only if the call came to its end: a call that is
/// dropped half way leaves nothing behind to be used again.
macro_rules! call {
    ($lease:ident, $instance:ident => $call:expr) => {{
        let Some(mut $instance) = $lease.instance.take() else {
            return Err(CallError::Trapped("the instance is gone after an earlier failure".to_owned()));
        };
        let answer = $call.await?;
        $lease.instance = Some($instance);
        Ok(answer)
    }};
}

impl Lease<'_> {
    /// What the instance's linear memory comes to, in bytes; 0 when it is gone. It never shrinks.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.instance.as_ref().map_or(0, |instance| instance.store.data().memory.memory_bytes)
    }

    /// One page of accounts of the organization.
    ///
    /// # Errors
    /// When the guest stopped; the lease is of no use afterwards.
    pub async fn discover_accounts(
        &mut self,
        scope: CallScope,
        cursor: Option<&str>,
    ) -> Result<Result<sync::AccountPage, sync::Failure>, CallError> {
        call!(self, instance => instance.discover_accounts(scope, cursor))
    }

    /// The units of an account.
    ///
    /// # Errors
    /// When the guest stopped; the lease is of no use afterwards.
    pub async fn plan(
        &mut self,
        scope: CallScope,
        account: &sync::Account,
    ) -> Result<Result<sync::AccountPlan, sync::Failure>, CallError> {
        call!(self, instance => instance.plan(scope, account))
    }

    /// One page of a unit.
    ///
    /// # Errors
    /// When the guest stopped; the lease is of no use afterwards.
    pub async fn sync_page(
        &mut self,
        scope: CallScope,
        account: &sync::Account,
        unit: &sync::Unit,
        cursor: Option<&str>,
    ) -> Result<Result<sync::Page, sync::Failure>, CallError> {
        call!(self, instance => instance.sync_page(scope, account, unit, cursor))
    }

    /// Single resources of a unit again.
    ///
    /// # Errors
    /// When the guest stopped; the lease is of no use afterwards.
    pub async fn read_resources(
        &mut self,
        scope: CallScope,
        account: &sync::Account,
        unit: &sync::Unit,
        ids: &[String],
    ) -> Result<Result<sync::Page, sync::Failure>, CallError> {
        call!(self, instance => instance.read_resources(scope, account, unit, ids))
    }

    /// Entities of resources that the host holds: lines as a page has them.
    ///
    /// # Errors
    /// When the guest stopped; the lease is of no use afterwards.
    pub async fn map_resources(
        &mut self,
        unit: &sync::Unit,
        resources: &str,
    ) -> Result<Result<sync::Mapped, sync::Failure>, CallError> {
        call!(self, instance => instance.map_resources(unit, resources))
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take().filter(|_| self.reusable) {
            self.pool.put_back(instance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_instances_are_fewer() {
        assert_eq!(fitting(64, 4 << 20), 64);
        assert_eq!(fitting(64, 10 << 20), 32);
        assert_eq!(fitting(64, 100 << 20), 3);
        assert_eq!(fitting(1, 128 << 20), 1);
    }
}
