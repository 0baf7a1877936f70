//! A look at AWS through the component, the guard and the limits of a run, without being one: nothing is stored and nothing is
//! written.

use std::sync::Arc;

use portolan_names::AccountId;

use super::Cancellation;
use super::accounts::{Listing, list_accounts};
use super::convert::{own_problem, problem};
use super::plan::ask;
use super::setup::{Ready, StartError, Surroundings, set_up};
use super::stand_in::StandIn;
use super::task::Task;
use crate::aws::Calls;
use crate::bindings::exports::portolan::aws::sync;
use crate::config::settings::Settings;
use crate::credentials::Environment;
use crate::engine::Engine;
use crate::imports::{CallScope, Purpose};
use crate::manifest::Manifest;
use crate::outcome::{Problem, ProblemClass};

/// What single questions are asked with.
pub(crate) struct Look {
    ready: Ready,
}

impl Look {
    /// Configures the component; `way` is how AWS is reached.
    ///
    /// # Errors
    /// The component refuses the settings.
    pub(crate) async fn begin(
        engine: Engine,
        mut settings: Settings,
        way: StandIn,
        cancelled: Cancellation,
    ) -> Result<Self, StartError> {
        // The catalogue of a look lives in memory, and holds nothing.
        settings.sinks.clear();
        let surroundings = Surroundings {
            environment: Environment::of::<String, String>([]),
            at_terminal: false,
            cancelled,
            replay: None,
            stand_in: Some(way),
        };
        Ok(Self { ready: set_up(engine, settings, surroundings, Task::Sync).await? })
    }

    /// What the configured kinds call.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.ready.context.manifest
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> &Arc<Calls> {
        self.ready.client.calls()
    }

    /// The accounts, as a run would list them.
    pub(crate) async fn accounts(&self) -> Result<Listing, Problem> {
        list_accounts(&self.ready.context, &self.ready.own).await
    }

    /// An account's regions and units.
    pub(crate) async fn plan(&self, account: &sync::Account, id: &AccountId) -> Result<sync::AccountPlan, Problem> {
        ask(&self.ready.context, account, id).await
    }

    /// What is wrong with the first page of a unit.
    pub(crate) async fn first_page(
        &self,
        account: &sync::Account,
        id: &AccountId,
        unit: &sync::Unit,
    ) -> Result<Vec<Problem>, Problem> {
        let scope =
            CallScope { account: Some(id.clone()), purpose: Purpose::Read, kind: Arc::from(unit.kind.as_str()) };
        let stopped = |error: crate::instance::CallError| own_problem(ProblemClass::BadCall, error.to_string());
        let mut lease = self.ready.context.instances().lease_for(&unit.kind).await.map_err(stopped)?;
        let page = lease.sync_page(scope, account, unit, None).await.map_err(stopped)?;
        match page {
            Ok(page) => Ok(page.problems.into_iter().map(problem).collect()),
            Err(failure) => Err(problem(failure.problem)),
        }
    }
}
