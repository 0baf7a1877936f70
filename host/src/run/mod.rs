//! A run: accounts, then their regions and units, then the end, where what is gone is decided.
//!
//! Accounts are planned while units of others are read; units wait in a queue in which accounts take
//! turns. Whatever goes wrong belongs to a unit or to an account, and is stored and reported there; only
//! a catalogue that cannot be written ends a run.

mod accounts;
mod clock;
mod close;
mod context;
mod convert;
mod deliver;
mod embedded;
mod entities;
mod exit;
mod finish_plan;
mod ground;
mod guest_config;
mod judge_scopes;
mod kinds;
mod listed;
mod look;
mod membership;
mod missing;
mod order;
mod pace;
mod pages;
mod places;
mod plan;
mod port;
mod progress;
mod queue;
mod read;
mod remarks;
mod report;
mod resume;
mod retire;
mod role_plan;
mod schedule;
mod scope;
mod setup;
mod slow;
mod stand_in;
mod streams;
mod summary;
mod survey;
mod tally;
mod task;
mod types;
mod usage;
mod visit;

use std::sync::Arc;
use std::time::Instant;

use close::close_catalogue;
use context::{Context, Failed};
use entities::settle_entities;
use judge_scopes::judge_scopes;
use listed::{Listed, list_and_read, list_first};
use plan::Standing;
use retire::{Known, retire};
use schedule::Standings;
use setup::{Ready, set_up};

pub use crate::cancellation::Cancellation;
pub(crate) use accounts::{Attempt, Found, Listing};
pub(crate) use clock::random_bits;
pub use clock::{RunStart, iso, now_ms};
pub(crate) use convert::{own_problem, problem};
pub use deliver::{Deliveries, DeliveryCounts};
pub use embedded::Embedded;
pub(crate) use embedded::{Narrowing, OwnIdentity};
pub use exit::{ExitStatus, Facts};
pub(crate) use ground::{Ground, GroundError, check_endpoints, ground};
pub use guest_config::{RESPONSE_BYTES_MAX, guest_config, run_facts};
pub(crate) use look::Look;
pub(crate) use missing::missing;
pub(crate) use pages::{Pages, Step};
pub use progress::Progress;
pub use remarks::{refused, remarked};
pub use report::Report;
pub(crate) use role_plan::role_plan;
pub use scope::Scope;
pub use setup::{SourceFacts, StartError, Surroundings};
pub use stand_in::StandIn;
pub use summary::summary;
pub use survey::{Survey, SurveyedAccount, SurveyedRegion, survey};
pub use task::Task;
pub use visit::{Host, Unanswered, Visit, Visited, VisitedAccount, visit};

use crate::aws::SessionPolicies;
use crate::catalogue::SettledEntities;
use crate::config::settings::{OnLeave, Settings};
use crate::credentials::Rung;
use crate::deletion::Plan;
use crate::engine::Engine;
use crate::sink::RunEnd;

/// Reads the estate and brings the catalogue in step with it.
///
/// # Errors
/// When the run cannot begin. What goes wrong later is in the report.
pub async fn sync(
    engine: Engine,
    settings: Settings,
    surroundings: Surroundings,
    task: Task,
) -> Result<Report, StartError> {
    let component = (engine.digest().to_owned(), engine.interface().imports);
    let begun = Instant::now();
    let ready = set_up(engine, settings, surroundings, task).await?;
    tracing::info!(run_id = %ready.context.start.id, "run begins");
    let mut facts = Facts::default();
    let mut seen = Seen { listed: list_first(&ready).await?, standings: Standings::new() };
    ready.context.streams.begin(ready.context.start.at_ms).await;
    let done = carry_out(&ready, &mut seen).await;
    facts.interrupted = ready.context.is_cancelled();
    let done = done.unwrap_or_else(|error| {
        tracing::error!("{error}");
        facts.sink_failed = true;
        Done::default()
    });
    let Seen { listed, standings } = seen;
    let Listed { listing, failed } = listed.unwrap_or_default();
    facts.no_access = (failed.is_some() && listing.found.is_empty()) || nothing_was_read(&listing, &standings);
    finish(ready, component, &listing, &standings, done, facts, begun).await
}

/// What a run came to know of the accounts; nothing of their list where they are read while they are listed and it did not come to its end.
struct Seen {
    listed: Option<Listed>,
    standings: Standings,
}

fn nothing_was_read(listing: &Listing, standings: &Standings) -> bool {
    let mut attempted = listing.found.iter().filter(|found| found.attempt == Attempt::Read).peekable();
    attempted.peek().is_some()
        && attempted
            .all(|found| matches!(standings.get(&found.id), Some(Standing::RoleRefused | Standing::LeftOut) | None))
}

/// What a run did at its end; nothing where it did not come to it.
#[derive(Default)]
struct Done {
    plan: Option<Arc<Plan>>,
    entities: Option<SettledEntities>,
}

async fn carry_out(ready: &Ready, seen: &mut Seen) -> Result<Done, Failed> {
    let context = &ready.context;
    resume::count_so_far(context).await?;
    list_and_read(ready, seen).await?;
    let Some(Listed { listing, failed }) = &seen.listed else { return Ok(Done::default()) };
    if failed.is_some() && listing.found.is_empty() {
        // A run before this may have been stopped between its rows and their entities.
        let entities = if context.keeps_rows { settle_entities(context, false).await? } else { None };
        return Ok(Done { plan: None, entities });
    }
    let known = Known { listing, standings: &seen.standings };
    if context.is_cancelled() || !context.keeps_rows {
        return Ok(Done::default());
    }
    let plan = Some(retire(context, &known).await?);
    let all_read = all_was_read(context, listing, &seen.standings);
    Ok(Done { plan, entities: settle_entities(context, all_read).await? })
}

/// Whether there is nothing that this run could not know of: what it did not find, it does not make.
fn all_was_read(context: &Context, listing: &Listing, standings: &Standings) -> bool {
    let leaves = context.settings.accounts.on_leave_scope == OnLeave::Retire;
    let is_read = |found: &Found| match found.attempt {
        Attempt::Read => matches!(standings.get(&found.id), Some(Standing::Planned(regions)) if regions.whole),
        Attempt::OutOfScope | Attempt::LeftOut => leaves,
        Attempt::Resting => false,
    };
    listing.whole && listing.found.iter().all(is_read)
}

async fn finish(
    ready: Ready,
    (component, component_imports): (String, Vec<String>),
    listing: &Listing,
    standings: &Standings,
    done: Done,
    mut facts: Facts,
    begun: Instant,
) -> Result<Report, StartError> {
    let Ready { context, source, client, recorder, planning, .. } = ready;
    context.progress.finish();
    let calls = client.calls().snapshot();
    let mut totals = context.tally.totals();
    if let Err(error) = judge_scopes(&context, &mut totals.scopes, &mut facts).await {
        tracing::error!("{error}");
        facts.sink_failed = true;
    }
    let Done { plan, entities } = done;
    let plan = plan.as_deref();
    let withheld = |settled: &&SettledEntities| settled.changes.withheld + settled.adopted.withheld > 0;
    let entities_withheld = entities.as_ref().filter(withheld);
    facts.withheld = plan.is_some_and(|plan| !plan.withheld().is_empty()) || entities_withheld.is_some();
    let mut tripped: Vec<_> = plan.map(|plan| plan.tripped().iter().map(tripped_report).collect()).unwrap_or_default();
    tripped.extend(entities_withheld.map(|settled| report::TrippedReport {
        guard: "the entities, made no longer by the mapping,".to_owned(),
        deletions: settled.changes.withheld + settled.adopted.withheld,
        of: settled.changes.total + settled.adopted.withheld,
    }));
    // By the run's own clock: a replay's began when the recording did.
    let wall_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let ended_ms = context.start.at_ms.saturating_add(wall_ms);
    let mut end = RunEnd {
        interrupted: facts.interrupted,
        exit_status: i32::from(ExitStatus::of(facts).code()),
        summary: serde_json::json!({ "units": totals.units, "kinds": totals.kinds }).to_string(),
        now: ended_ms,
    };
    context.streams.finish(&end).await;
    let deliveries = context.streams.bring_in_step(&context.store, &context.start.id, &context.cancelled).await;
    facts.interrupted |= context.streams.have_memory() && context.is_cancelled();
    let failed_sinks = context.streams.failures();
    facts.sink_failed |= !failed_sinks.is_empty();
    end.exit_status = i32::from(ExitStatus::of(facts).code());
    let changes = match &planning {
        Some(_) => finish_plan::changes(&context).await.unwrap_or_else(|error| {
            tracing::error!("{error}");
            facts.sink_failed = true;
            crate::planned::Changes::default()
        }),
        None => crate::planned::Changes::default(),
    };
    if let Err(error) = close_catalogue(&context, &calls, end).await {
        tracing::error!("{error}");
        facts.sink_failed = true;
    }
    if let Some(Err(error)) = recorder.as_ref().map(|recorder| recorder.finish()) {
        tracing::error!("{error}");
        facts.sink_failed = true;
    }
    let planned = planning.map(|planning| finish_plan::keep(&context, planning, changes, plan, &mut facts));
    let usage = usage::Usage::now();
    Ok(Report {
        schema: report::SCHEMA,
        run_id: context.start.id.clone(),
        version: env!("CARGO_PKG_VERSION"),
        component,
        component_imports,
        partition: context.partition.clone(),
        source,
        accounts: listing.found.iter().map(|found| account_report(found, standings.get(&found.id))).collect(),
        accounts_whole: listing.whole,
        units: totals.units,
        kinds: totals.kinds,
        incomplete: totals.scopes,
        denied_scopes: context.denials.report(),
        problems: totals.problems,
        problems_total: totals.problems_total,
        missing_statements: missing(&context.manifest, &client.calls().denials()),
        tripped,
        entities,
        failed_sinks,
        plan: planned,
        deliveries,
        call_totals: report::CallTotals::of(&calls, client.calls().throttled()),
        calls,
        session_policies: report::SessionsReport {
            setting: context.settings.roles.session_policy.map_or("off", Rung::as_str),
            widened: client.policies().map(SessionPolicies::widened).unwrap_or_default(),
        },
        interrupted: facts.interrupted,
        exit_status: ExitStatus::of(facts).code(),
        times: report::Times {
            started_at: iso(context.start.at_ms),
            ended_at: iso(ended_ms),
            wall_ms,
            cpu_ms: usage.cpu_ms,
            peak_memory_bytes: usage.peak_memory_bytes,
        },
    })
}

fn tripped_report(tripped: &crate::deletion::Tripped) -> report::TrippedReport {
    report::TrippedReport { guard: tripped.guard.to_string(), deletions: tripped.part, of: tripped.all }
}

fn account_report(found: &Found, standing: Option<&Standing>) -> report::AccountReport {
    let outcome = match (found.attempt, standing) {
        (Attempt::Resting, _) => "resting",
        (Attempt::OutOfScope, _) => "out-of-scope",
        (Attempt::LeftOut, _) | (Attempt::Read, Some(Standing::LeftOut)) => "left-out",
        (Attempt::Read, Some(Standing::Planned(_))) => "read",
        (Attempt::Read, Some(Standing::RoleRefused)) => "role-refused",
        (Attempt::Read, Some(Standing::NotPlanned)) => "not-planned",
        (Attempt::Read, None) => "not-attempted",
    };
    report::AccountReport {
        id: found.id.to_string(),
        name: found.account.name.clone(),
        state: found.row.state.clone(),
        outcome,
    }
}
