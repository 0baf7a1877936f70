//! A look at AWS through the component, the guard and the limits of a run, without being one: nothing is stored and nothing is
//! written. What the doctor asks, and what an embedder that has a scheduler of its own reads with.

use std::collections::VecDeque;
use std::sync::Arc;

use portolan_names::AccountId;

use super::Cancellation;
use super::accounts::{Attempt, Found, Listing, list_accounts};
use super::convert::{own_problem, problem};
use super::embedded::Embedded;
use super::listed::heed;
use super::order::in_order;
use super::pages::{With, read_scope, record, stopped};
use super::plan::ask;
use super::setup::{Ready, StartError, Surroundings, set_up};
use super::stand_in::StandIn;
use super::task::Task;
use crate::aws::{Calls, SessionFailure};
use crate::bindings::exports::portolan::aws::sync;
use crate::catalogue::PageRecord;
use crate::config::settings::Settings;
use crate::credentials::{Environment, Identity};
use crate::engine::Engine;
use crate::imports::{CallScope, Purpose};
use crate::manifest::Manifest;
use crate::outcome::{Problem, ProblemClass};
use crate::unit::UnitKey;

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
        settings: Settings,
        way: StandIn,
        cancelled: Cancellation,
    ) -> Result<Self, StartError> {
        let surroundings = Surroundings {
            environment: Environment::of::<String, String>([]),
            at_terminal: false,
            cancelled,
            replay: None,
            stand_in: Some(way),
            embedded: Embedded::default(),
        };
        Self::begin_in(engine, settings, surroundings).await
    }

    /// The same in the surroundings of a run.
    ///
    /// # Errors
    /// The component refuses the settings, or nothing could be authenticated.
    pub(crate) async fn begin_in(
        engine: Engine,
        mut settings: Settings,
        surroundings: Surroundings,
    ) -> Result<Self, StartError> {
        // The catalogue of a look lives in memory, and holds nothing.
        settings.sinks.clear();
        Ok(Self { ready: set_up(engine, settings, surroundings, Task::Sync).await? })
    }

    /// What pages are asked with.
    pub(crate) fn with(&self) -> With<'_> {
        let context = &self.ready.context;
        With {
            instances: context.instances(),
            cancelled: &context.cancelled,
            mapping: context.mapping.as_deref(),
            pages_max: context.settings.limits.pages_per_unit,
        }
    }

    /// Of all that shapes a page or a cursor.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.ready.context.fingerprint
    }

    /// Refuses another organization than the expected one, and tells the sessions which account manages it.
    pub(crate) fn heed(&self, listing: &Listing) -> Result<(), StartError> {
        heed(&self.ready, listing)
    }

    /// Makes sure that there is a session.
    pub(crate) async fn open(&self, identity: &Identity) -> Result<(), SessionFailure> {
        self.ready.context.client.open(identity).await
    }

    /// An account's plan, and its units in the order in which a run would read them. Of a management account that is not
    /// read itself, the units of the organization alone.
    pub(crate) async fn units(
        &self,
        found: &Found,
        is_closed: bool,
    ) -> Result<(sync::AccountPlan, VecDeque<sync::Unit>), Problem> {
        let account = match is_closed || found.attempt != Attempt::Read {
            true => found.for_the_organization_alone(),
            false => found.account.clone(),
        };
        let plan = self.plan(&account, &found.id).await?;
        let read = plan.kinds.iter().filter(|planned| planned.fate == sync::Fate::Read);
        let known = &self.ready.context.kinds;
        let kinds = read.map(|planned| (known.get(&planned.kind), planned.regions.clone())).collect();
        let planned = in_order(account, found.id.clone(), kinds, |_, _| None);
        Ok((plan, planned.units().collect()))
    }

    /// Single resources of a unit again.
    pub(crate) async fn resources(
        &self,
        account: &sync::Account,
        unit: &sync::Unit,
        key: &UnitKey,
        ids: &[String],
    ) -> Result<PageRecord, Problem> {
        let with = self.with();
        let mut lease = with.instances.lease_for(&unit.kind).await.map_err(|error| stopped(&error))?;
        let answer = lease.read_resources(read_scope(key), account, unit, ids).await;
        let page = answer.map_err(|error| stopped(&error))?.map_err(|failure| problem(failure.problem))?;
        record(key, page, with.mapping).map_err(|error| own_problem(ProblemClass::BadAnswer, error.to_string()))
    }

    /// Entities of resources that the embedder holds.
    pub(crate) async fn mapped(&self, unit: &sync::Unit, resources: &str) -> Result<sync::Mapped, Problem> {
        let mut lease = self.with().instances.lease_for(&unit.kind).await.map_err(|error| stopped(&error))?;
        let answer = lease.map_resources(unit, resources).await.map_err(|error| stopped(&error))?;
        answer.map_err(|failure| problem(failure.problem))
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
