//! From settings to a run that can begin: identity, roles, endpoints, sandbox, catalogue.

use std::sync::Arc;

use portolan_guard::Grant;
use portolan_names::AccountId;

use super::clock::{RunStart, now_ms};
use super::context::Context;
use super::embedded::{Embedded, Narrowed};
use super::finish_plan::Planning;
use super::ground::{Ground, check_endpoints, ground};
use super::guest_config::{RESPONSE_BYTES_MAX, guest_config, run_facts};
use super::kinds::Kinds;
use super::places::{fresh_recording, open_catalogue, open_streams, record, sink_failed};
use super::plan::RegionsSeen;
use super::port;
use super::progress::Progress;
use super::remarks::{refused, remarked};
use super::resume::{Resumed, fingerprint_of_run, killed, same_fingerprint};
use super::role_plan::{role_plan, session_policies};
use super::slow::Slow;
use super::stand_in::StandIn;
use super::tally::Tally;
use super::task::Task;
use super::types::TypesInCatalogue;
use crate::aws::{
    Client, ClientLimits, Endpoints, Exchange, Keyring, Live, Recorder, Replay, SessionPolicies, TypeMemory,
};
use crate::cancellation::Cancellation;
use crate::catalogue::RunStart as CatalogueStart;
use crate::config::SourceFacts as FactsForSettings;
use crate::config::mapping::MappingFile;
use crate::config::settings::{AccountsFrom, Settings};
use crate::credentials::{CallerIdentity, Environment, Sessions, choose};
use crate::denials::Denials;
use crate::engine::Engine;
use crate::instance::Instances;
use crate::manifest::Manifest;
use crate::planned::{MadeFrom, settings_digests};
use crate::sink::{Grouped, Worker};

/// Why a run could not begin, by exit status.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The command line or the configuration is wrong.
    #[error("{0}")]
    Usage(String),
    /// Nothing could be authenticated.
    #[error("{0}")]
    NoAccess(String),
    /// A sink cannot be opened.
    #[error("{0}")]
    Sink(String),
    /// Another run holds the catalogue.
    #[error("{0}")]
    Locked(String),
}

/// Where a run gets its answers, besides its settings.
pub struct Surroundings {
    /// The process's environment, as data.
    pub environment: Environment,
    /// Whether somebody sits in front of it.
    pub at_terminal: bool,
    /// Set when the run is to stop.
    pub cancelled: Cancellation,
    /// A recording to answer from, already read; `--replay` otherwise.
    pub replay: Option<Replay>,
    /// What answers in AWS's place, where no recording does.
    pub stand_in: Option<StandIn>,
    /// What an embedder puts in the place of parts of the run.
    pub embedded: Embedded,
}

/// Who the run is, for its first lines and its report.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SourceFacts {
    /// The source identity's ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
    /// Which source, and why it was taken.
    pub why: String,
}

/// A run, ready to go.
pub(super) struct Ready {
    pub(super) context: Arc<Context>,
    pub(super) source: SourceFacts,
    pub(super) own: AccountId,
    pub(super) client: Arc<Client>,
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) sessions: Option<Arc<Sessions>>,
    /// Where the run only plans, what its plan is made from and where it is kept.
    pub(super) planning: Option<Planning>,
}

/// How the run reaches AWS, or what stands in for it.
pub(super) struct Reach {
    pub(super) exchange: Arc<dyn Exchange>,
    /// What is remembered of types, within `exchange`; a replay has it in its recording.
    pub(super) types: Option<Arc<TypeMemory>>,
    pub(super) source: SourceFacts,
    pub(super) own: AccountId,
    pub(super) partition: String,
    pub(super) home_region: String,
    pub(super) sessions: Option<Arc<Sessions>>,
}

pub(super) async fn set_up(
    engine: Engine,
    mut settings: Settings,
    surroundings: Surroundings,
    task: Task,
) -> Result<Ready, StartError> {
    let component = engine.digest().to_owned();
    let imports = engine.interface().imports;
    tracing::info!("component {component}, which imports {} and nothing else", imports.join(" and "));
    let replay = match (&settings.replay, surroundings.replay) {
        (_, Some(replay)) => Some(replay),
        (Some(file), None) => Some(Replay::open(file).map_err(|error| StartError::Usage(error.to_string()))?),
        (None, None) => None,
    };
    // Whose run it is has to be known before its sessions are named; else no catalogue is made before somebody is let in.
    let resuming = match task {
        Task::Resume => {
            let (catalogue, keeps_rows) = open_catalogue(&settings, &task)?;
            let latest = catalogue.latest_run().map_err(|error| sink_failed(&error))?;
            Some((killed(latest, now_ms())?, catalogue, keeps_rows))
        }
        Task::Sync | Task::Plan { .. } | Task::Apply(_) => None,
    };
    let start = match (&replay, &resuming, &surroundings.stand_in) {
        (Some(replay), ..) => RunStart { id: replay.header().run_id.clone(), at_ms: replay.header().started_at_ms },
        (None, Some((run, ..)), _) => RunStart { id: run.run_id.clone(), at_ms: run.started },
        (None, None, Some(stand_in)) => stand_in.start.clone(),
        (None, None, None) => RunStart::now(),
    };
    let environment = surroundings.environment.clone();
    let is_replay = replay.is_some();
    let key_of_replay = replay.as_ref().map(|replay| replay.header().redaction_key.clone());
    let Embedded { identity, operator, narrowing, redaction_key: own_key, sinks: own_sinks } = surroundings.embedded;
    let has_own_identity = identity.is_some();
    let reach = match (replay, surroundings.stand_in, identity) {
        (Some(replay), ..) => recorded(replay)?,
        (None, Some(stand_in), _) => stand_in.reach()?,
        (None, None, Some(identity)) => identity.reach(&settings, &environment)?,
        (None, None, None) => live(&settings, &start, surroundings.environment, surroundings.at_terminal).await?,
    };
    let (killed, mut catalogue, keeps_rows) = match resuming {
        Some((run, catalogue, keeps_rows)) => (Some(run), catalogue, keeps_rows),
        None => {
            let (catalogue, keeps_rows) = open_catalogue(&settings, &task)?;
            (None, catalogue, keeps_rows)
        }
    };
    let content = match task {
        Task::Sync | Task::Resume => String::new(),
        Task::Plan { .. } | Task::Apply(_) => catalogue.content().map_err(|error| sink_failed(&error))?,
    };
    let is_plan = matches!(task, Task::Plan { .. });
    let at_port = port::look(&mut settings, &environment, &catalogue, is_plan).await?;
    if !is_plan {
        port::adopt(&at_port, &mut catalogue).await?;
    }
    let streams = open_streams(&settings, &environment, &task)?.and_sinks(own_sinks);
    let redaction_key = match (key_of_replay, own_key.filter(|_| !keeps_rows)) {
        (Some(key), _) => key,
        (None, Some(key)) => key.expose().to_owned(),
        (None, None) => catalogue.redaction_key().map_err(|error| sink_failed(&error))?.expose().to_owned(),
    };
    let recording = match &task {
        Task::Plan { keep: Some(file) } => Some(fresh_recording(file)?),
        _ => settings.record.clone(),
    };
    // A recording has to hold whatever its replay may ask for, in any order.
    let asks_everything = settings.retry_denied || recording.is_some() || is_replay;
    let (exchange, recorder) = record(recording.as_deref(), &start, &reach, &redaction_key)?;
    let exchange = match narrowing {
        Some(narrowing) => Arc::new(Narrowed { inner: exchange, narrowing }) as Arc<dyn Exchange>,
        None => exchange,
    };
    let limits = ClientLimits {
        concurrency: settings.limits.concurrency as usize,
        per_account: settings.limits.per_account as usize,
        batch_bytes: RESPONSE_BYTES_MAX,
        shares: settings.limits.shares,
    };
    let cancelled = surroundings.cancelled;
    let client = Arc::new(Client::new(exchange, reach.partition.clone(), limits, cancelled.clone()));
    let (instances, configured) = Instances::new(
        engine,
        Arc::clone(&client) as Arc<dyn crate::imports::Outbound>,
        guest_config(&settings, &start, &reach.home_region, &redaction_key),
        run_facts(&start, &reach.partition),
    )
    .await
    .map_err(|error| StartError::Usage(refused(&error, &settings.kinds.definitions, settings.mapping.as_ref())))?;
    for warning in &configured.warnings {
        tracing::warn!("{}", remarked(warning, &settings.kinds.definitions, settings.mapping.as_ref()));
    }
    let manifest = Manifest::parse(&configured.manifest).map_err(|error| StartError::Usage(error.to_string()))?;
    let grant = Grant::from_manifest(&configured.manifest)
        .and_then(|grant| grant.with_operator(operator))
        .map_err(|error| StartError::Usage(error.to_string()))?;
    for refusal in grant.impossible() {
        tracing::warn!("the component declares a call that the guard never lets pass: {refusal}");
    }
    client.grant(grant);
    // Whoever brings credentials has assumed the roles, and bounded their sessions or not.
    let policies = match has_own_identity {
        true => SessionPolicies::new(&manifest.calls, None, None),
        false => session_policies(&settings, &manifest.calls),
    };
    if settings.roles.session_policy.is_some() && policies.are_none() {
        tracing::info!(
            "no role is assumed, so no session policy bounds these credentials: give them read permissions alone \
             (portolan iam policy prints them)"
        );
    }
    client.bound(policies);
    let made_from = || MadeFrom {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        component: component.clone(),
        fingerprint: configured.fingerprint.clone(),
        settings: settings_digests(&settings),
        catalogue: content.clone(),
    };
    let (mut planning, mut agreed) = (None, None);
    match task {
        Task::Sync | Task::Resume => {}
        Task::Plan { keep } => {
            catalogue.remember_rows().map_err(|error| sink_failed(&error))?;
            let keep = keep.zip(recording);
            planning = Some(Planning { made_from: made_from(), keep });
        }
        Task::Apply(header) => {
            header.check(&made_from(), now_ms()).map_err(|error| StartError::Usage(error.to_string()))?;
            catalogue.adopt_redaction_key(&redaction_key).map_err(|error| sink_failed(&error))?;
            agreed = Some(header.deletions);
        }
    }
    let fingerprint = fingerprint_of_run(&configured.fingerprint, &component, agreed.is_some());
    if let Some(run) = &killed {
        same_fingerprint(run, &fingerprint)?;
    }
    let began = CatalogueStart {
        run_id: start.id.clone(),
        started: start.at_ms,
        partition: reach.partition.clone(),
        fingerprint: fingerprint.clone(),
        identity: Some(reach.source.arn.clone()),
        fills: manifest.fills(),
    };
    catalogue.begin_run(&began).map_err(|error| sink_failed(&error))?;
    client.rates().remember(catalogue.rates(start.at_ms).map_err(|error| sink_failed(&error))?);
    let slow = Slow::new(catalogue.slow_units().map_err(|error| sink_failed(&error))?);
    let denials = Denials::new(&manifest, asks_everything);
    if settings.retry_denied {
        catalogue.forget_denials().map_err(|error| sink_failed(&error))?;
    } else if !asks_everything {
        denials.remember(catalogue.denials(start.at_ms).map_err(|error| sink_failed(&error))?);
    }
    let resumed = match killed {
        Some(_) => Some(Resumed::read(&mut catalogue).map_err(|error| sink_failed(&error))?),
        None => None,
    };
    let store = Worker::start("catalogue", catalogue).map_err(|error| StartError::Sink(error.to_string()))?;
    let store = Arc::new(store);
    if let Some(types) = reach.types.filter(|_| keeps_rows) {
        let (store, partition) = (Arc::clone(&store), reach.partition.clone());
        types.keep_in(Arc::new(TypesInCatalogue { store, partition, started_ms: start.at_ms }));
    }
    let progress = Progress::new(Arc::clone(client.calls()), surroundings.at_terminal && !settings.log.json);
    let streams = port::open(at_port, &settings, is_plan, streams).await;
    let context = Context {
        mapping: settings.mapping.as_ref().map(MappingFile::fingerprint),
        fingerprint,
        settings,
        start,
        partition: reach.partition,
        instances,
        client: Arc::clone(&client),
        kinds: Kinds::new(&manifest, &client),
        slow,
        regions: RegionsSeen::default(),
        manifest,
        writes: Grouped::new(Arc::clone(&store)),
        store,
        keeps_rows,
        streams,
        progress,
        tally: Tally::default(),
        denials,
        cancelled,
        resumed,
        agreed,
    };
    let context = Arc::new(context);
    Ok(Ready { context, source: reach.source, own: reach.own, client, recorder, sessions: reach.sessions, planning })
}

fn recorded(replay: Replay) -> Result<Reach, StartError> {
    let header = replay.header().clone();
    let own = AccountId::parse(&header.source_account).map_err(|error| StartError::Usage(error.to_string()))?;
    Ok(Reach {
        exchange: Arc::new(replay),
        types: None,
        source: SourceFacts { arn: header.source_arn, account: header.source_account, why: header.source_why },
        own,
        partition: header.partition,
        home_region: header.home_region,
        sessions: None,
    })
}

async fn live(
    settings: &Settings,
    start: &RunStart,
    environment: Environment,
    at_terminal: bool,
) -> Result<Reach, StartError> {
    let usage = |error: &dyn std::fmt::Display| StartError::Usage(error.to_string());
    let Ground { http, variant, place, sts, sources } = ground(settings, environment).map_err(|error| usage(&error))?;
    let chosen = choose(&sources, &sts).await.map_err(|error| StartError::NoAccess(error.to_string()))?;
    tracing::debug!(region = %place.region, endpoint = %place.endpoint, "STS");
    check_endpoints(chosen.kind, &place, &settings.endpoints).map_err(|error| usage(&error))?;
    let facts = chosen.facts();
    let of_settings =
        FactsForSettings { web_identity: chosen.web_identity.is_some(), is_role_session: chosen.is_role == Some(true) };
    // The settings' own check comes first: it knows the file and the line.
    for notice in settings.against_source(of_settings).map_err(|refused| usage(&refused))? {
        tracing::warn!("{notice}");
    }
    let plan = role_plan(settings, &start.id);
    let warnings = plan
        .check(facts)
        .map_err(|errors| StartError::Usage(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    tracing::info!("{}", chosen.why);
    let why = chosen.why.clone();
    let sessions = Arc::new(Sessions::new(plan, chosen, sts));
    let identity = sessions.source_identity().await.map_err(|failure| StartError::NoAccess(failure.to_string()))?;
    tracing::info!("identity: {identity}");
    scope_is_chosen(settings, &identity, at_terminal)?;
    let partition = settings.partition.clone().unwrap_or_else(|| identity.partition().to_owned());
    let endpoints = Endpoints { partition: partition.clone(), variant, overrides: settings.endpoints.clone() };
    let exchange = Live::new(Arc::clone(&sessions) as Arc<dyn Keyring>, endpoints, http, RESPONSE_BYTES_MAX);
    let types = Arc::new(TypeMemory::new(Arc::new(exchange)));
    Ok(Reach {
        exchange: Arc::clone(&types) as Arc<dyn Exchange>,
        types: Some(types),
        source: SourceFacts { arn: identity.arn.clone(), account: identity.account.to_string(), why },
        own: identity.account,
        partition,
        home_region: place.region.to_string(),
        sessions: Some(sessions),
    })
}

/// With no role, list or organization configured, whose account is read must be said, or seen by somebody.
fn scope_is_chosen(settings: &Settings, identity: &CallerIdentity, at_terminal: bool) -> Result<(), StartError> {
    if settings.accounts.from.is_some() {
        return Ok(());
    }
    let line =
        format!("no accounts are configured; the credentials belong to account {}: {}", identity.account, identity.arn);
    if at_terminal {
        tracing::warn!("{line}; this account alone is read (--account self says so without this line)");
        return Ok(());
    }
    Err(StartError::Usage(format!(
        "{line}. Choose one of three:\n  --account self                  read this account with these credentials\n  \
         --account-role-arns ARN,…       read the accounts of these roles\n  \
         --account-role-arn ARN          list the organization with this role, and read its accounts"
    )))
}

/// Whether the run reads more than the source's own account.
pub(super) fn reads_organization(settings: &Settings) -> bool {
    settings.accounts.from == Some(AccountsFrom::Organization)
}
