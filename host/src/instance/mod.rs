//! One sandboxed guest: a store, its instance, and calls into it with their limits.
//!
//! An instance serves one unit at a time and never two accounts at once. After a trap, an error or a
//! cancelled call it is thrown away; [`Instances`] decides about the rest.

mod pool;

use std::collections::BTreeSet;
use std::sync::Arc;

use wasmtime::{Store, UpdateDeadline};

use crate::bindings::Integration;
use crate::bindings::exports::portolan::aws::sync;
use crate::engine::{CALL_TICKS_MAX, CpuLimit, Engine, MemoryLimit, MemoryLimiter};
use crate::imports::{CallScope, Outbound};

pub use pool::{ConfigureError, Instances, Lease};

/// What a store holds for its instance.
pub struct State {
    pub(crate) outbound: Arc<dyn Outbound>,
    pub(crate) scope: CallScope,
    pub(crate) batch_max: u32,
    pub(crate) messages: u32,
    pub(crate) last_error: Option<String>,
    memory: MemoryLimiter,
    ticks: u64,
}

/// Why a call into the guest gave no answer. The instance is gone; other instances are not concerned.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The guest trapped: a panic, whose message it logged before, or a fault in its code.
    #[error("the guest stopped: {0}")]
    Trapped(String),
    /// A named limit of the sandbox ended the call.
    #[error("{0}")]
    Limit(String),
    /// What it gave back is larger than it was told it may be.
    #[error("the guest gave back {bytes} bytes of {what}; {allowed} are allowed")]
    Oversized {
        /// What was too large.
        what: &'static str,
        /// How large it was.
        bytes: usize,
        /// What is allowed.
        allowed: usize,
    },
}

/// What a page may come to beyond the limit that the guest was given: its last resource may cross it.
const PAGE_SLACK_BYTES: usize = 8 << 20;
/// Lists in typed records (accounts, problems, plans) have no limit in bytes; this one is in elements.
const RECORDS_MAX: usize = 10_000;

pub(crate) struct Instance {
    store: Store<State>,
    bindings: Integration,
    limits: sync::Limits,
    pages: u32,
    /// Kinds that it has read: what it made for them once is there.
    kinds: BTreeSet<String>,
}

impl Instance {
    pub(crate) async fn new(
        engine: &Engine,
        outbound: Arc<dyn Outbound>,
        limits: sync::Limits,
    ) -> Result<Self, CallError> {
        let state = State {
            outbound,
            scope: CallScope::silent(),
            batch_max: limits.batch,
            messages: 0,
            last_error: None,
            memory: MemoryLimiter::default(),
            ticks: 0,
        };
        let mut store = Store::new(engine.wasmtime(), state);
        store.limiter(|state| &mut state.memory);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            let state = context.data_mut();
            state.ticks += 1;
            if state.ticks > CALL_TICKS_MAX {
                return Err(CpuLimit.into());
            }
            Ok(UpdateDeadline::Yield(1))
        });
        store.set_hostcall_fuel(HOSTCALL_FUEL_BYTES);
        let bindings =
            engine.pre().instantiate_async(&mut store).await.map_err(|error| why_it_stopped(&error, None))?;
        Ok(Self { store, bindings, limits, pages: 0, kinds: BTreeSet::new() })
    }

    fn begin(&mut self, scope: CallScope) {
        let state = self.store.data_mut();
        state.scope = scope;
        state.messages = 0;
        state.last_error = None;
        state.ticks = 0;
    }

    fn stopped(&mut self, error: &wasmtime::Error) -> CallError {
        why_it_stopped(error, self.store.data_mut().last_error.take())
    }

    pub(crate) async fn describe(&mut self) -> Result<String, CallError> {
        self.begin(CallScope::silent());
        let answer = self.bindings.portolan_aws_catalogue().call_describe(&mut self.store).await;
        answer.map_err(|error| self.stopped(&error))
    }

    pub(crate) async fn configure(
        &mut self,
        config: &str,
        run: &sync::Run,
    ) -> Result<Result<sync::Configured, sync::Rejected>, CallError> {
        self.begin(CallScope::silent());
        let answer = self.bindings.portolan_aws_sync().call_configure(&mut self.store, config, run).await;
        answer.map_err(|error| self.stopped(&error))
    }

    pub(crate) async fn discover_accounts(
        &mut self,
        scope: CallScope,
        cursor: Option<&str>,
    ) -> Result<Result<sync::AccountPage, sync::Failure>, CallError> {
        self.begin(scope);
        let answer = self.bindings.portolan_aws_sync().call_discover_accounts(&mut self.store, cursor).await;
        let answer = answer.map_err(|error| self.stopped(&error))?;
        if let Ok(page) = &answer {
            self.check_cursor(page.next.as_deref())?;
            within("accounts", page.accounts.len(), RECORDS_MAX)?;
        }
        Ok(answer)
    }

    pub(crate) async fn plan(
        &mut self,
        scope: CallScope,
        account: &sync::Account,
    ) -> Result<Result<sync::AccountPlan, sync::Failure>, CallError> {
        self.begin(scope);
        let answer = self.bindings.portolan_aws_sync().call_plan(&mut self.store, account).await;
        let answer = answer.map_err(|error| self.stopped(&error))?;
        if let Ok(plan) = &answer {
            within("planned kinds", plan.kinds.len(), RECORDS_MAX)?;
        }
        Ok(answer)
    }

    pub(crate) async fn sync_page(
        &mut self,
        scope: CallScope,
        account: &sync::Account,
        unit: &sync::Unit,
        cursor: Option<&str>,
    ) -> Result<Result<sync::Page, sync::Failure>, CallError> {
        self.begin(scope);
        self.pages += 1;
        if !self.kinds.contains(&unit.kind) {
            self.kinds.insert(unit.kind.clone());
        }
        let answer = self.bindings.portolan_aws_sync().call_sync_page(&mut self.store, account, unit, cursor).await;
        let answer = answer.map_err(|error| self.stopped(&error))?;
        self.checked_page(answer)
    }

    pub(crate) async fn read_resources(
        &mut self,
        scope: CallScope,
        account: &sync::Account,
        unit: &sync::Unit,
        ids: &[String],
    ) -> Result<Result<sync::Page, sync::Failure>, CallError> {
        self.begin(scope);
        self.pages += 1;
        let answer = self.bindings.portolan_aws_sync().call_read_resources(&mut self.store, account, unit, ids).await;
        let answer = answer.map_err(|error| self.stopped(&error))?;
        self.checked_page(answer)
    }

    pub(crate) async fn map_resources(
        &mut self,
        unit: &sync::Unit,
        resources: &str,
    ) -> Result<Result<sync::Mapped, sync::Failure>, CallError> {
        self.begin(CallScope::silent());
        let answer = self.bindings.portolan_aws_sync().call_map_resources(&mut self.store, unit, resources).await;
        let answer = answer.map_err(|error| self.stopped(&error))?;
        if let Ok(mapped) = &answer {
            let allowed = usize::try_from(self.limits.page_bytes).unwrap_or(usize::MAX);
            let allowed = allowed.saturating_add(PAGE_SLACK_BYTES).saturating_add(resources.len());
            within_bytes("entities", mapped.entities.len(), allowed)?;
            within("problems", mapped.problems.len(), RECORDS_MAX)?;
        }
        Ok(answer)
    }

    fn checked_page(
        &self,
        answer: Result<sync::Page, sync::Failure>,
    ) -> Result<Result<sync::Page, sync::Failure>, CallError> {
        if let Ok(page) = &answer {
            let allowed =
                usize::try_from(self.limits.page_bytes).unwrap_or(usize::MAX).saturating_add(PAGE_SLACK_BYTES);
            within_bytes("a page", page.resources.len() + page.entities.len(), allowed)?;
            within("problems", page.problems.len(), RECORDS_MAX)?;
            self.check_cursor(page.next.as_deref())?;
        }
        Ok(answer)
    }

    fn check_cursor(&self, cursor: Option<&str>) -> Result<(), CallError> {
        within_bytes("a cursor", cursor.map_or(0, str::len), self.limits.cursor_bytes as usize)
    }
}

/// Bytes that one host call may make the host allocate: a batch of requests, never answers.
const HOSTCALL_FUEL_BYTES: usize = 16 << 20;

fn within_bytes(what: &'static str, bytes: usize, allowed: usize) -> Result<(), CallError> {
    if bytes > allowed { Err(CallError::Oversized { what, bytes, allowed }) } else { Ok(()) }
}

fn within(what: &'static str, count: usize, allowed: usize) -> Result<(), CallError> {
    if count > allowed {
        return Err(CallError::Limit(format!("the guest gave back {count} {what}; {allowed} are allowed")));
    }
    Ok(())
}

fn why_it_stopped(error: &wasmtime::Error, said: Option<String>) -> CallError {
    if error.downcast_ref::<CpuLimit>().is_some()
        || error.downcast_ref::<MemoryLimit>().is_some()
        || error.downcast_ref::<crate::imports::BatchOverfilled>().is_some()
    {
        return CallError::Limit(error.root_cause().to_string());
    }
    let trap = error.downcast_ref::<wasmtime::Trap>().map(ToString::to_string);
    CallError::Trapped(said.or(trap).unwrap_or_else(|| error.root_cause().to_string()))
}
