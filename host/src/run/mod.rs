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
mod listed;
mod look;
mod membership;
mod missing;
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
mod scope;
mod setup;
mod stand_in;
mod streams;
mod summary;
mod survey;
mod tally;
mod task;
mod types;
mod usage;
mod visit;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures::StreamExt;
use portolan_names::AccountId;

use accounts::list_accounts;
use close::close_catalogue;
use context::{Context, Failed};
use entities::settle_entities;
use listed::heed;
use plan::{Standing, plan_account};
use queue::{Planned, Queue};
use read::read_unit;
use retire::{Known, retire};
use setup::{Ready, reads_organization, set_up};

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
use crate::catalogue::{AccountRow, Before, SettledEntities};
use crate::config::accept::{self, Day};
use crate::config::settings::{FailOn, OnLeave, Settings};
use crate::credentials::Rung;
use crate::deletion::Plan;
use crate::engine::Engine;
use crate::outcome::Problem;
use crate::sink::RunEnd;
use crate::unit::UnitKey;

/// Accounts whose roles are assumed and regions listed at the same time. STS is shared by them all.
const ACCOUNTS_AT_ONCE: usize = 16;

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
    let mut standings = BTreeMap::new();
    let mut facts = Facts::default();
    let listing = list_accounts(&ready.context, &ready.own).await;
    let (listing, refused) = match listing {
        Ok(listing) => (listing, None),
        Err(problem) => (nothing_listed(&problem), Some(problem)),
    };
    heed(&ready, &listing)?;
    if refused.is_none() {
        resume::same_listing(&ready.context, &listing)?;
    }
    ready.context.streams.begin(ready.context.start.at_ms).await;
    let done = carry_out(&ready, &listing, refused.as_ref(), &mut standings).await;
    facts.interrupted = ready.context.is_cancelled();
    let done = done.unwrap_or_else(|error| {
        tracing::error!("{error}");
        facts.sink_failed = true;
        Done::default()
    });
    facts.no_access = refused.is_some() || nothing_was_read(&listing, &standings);
    finish(ready, component, &listing, &standings, done, facts, begun).await
}

fn nothing_listed(problem: &Problem) -> Listing {
    Listing {
        found: Vec::new(),
        whole: false,
        scope: crate::deletion::ListingScope::Selection,
        problems: vec![problem.clone()],
        organization: None,
    }
}

fn nothing_was_read(listing: &Listing, standings: &BTreeMap<AccountId, Standing>) -> bool {
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

async fn carry_out(
    ready: &Ready,
    listing: &Listing,
    refused: Option<&Problem>,
    standings: &mut BTreeMap<AccountId, Standing>,
) -> Result<Done, Failed> {
    let context = &ready.context;
    resume::count_so_far(context).await?;
    note_listing(context, listing, refused).await?;
    if refused.is_some() {
        // A run before this may have been stopped between its rows and their entities.
        let entities = if context.keeps_rows { settle_entities(context, false).await? } else { None };
        return Ok(Done { plan: None, entities });
    }
    *standings = read_accounts(context, &listing.found).await?;
    let known = Known { listing, standings };
    if context.is_cancelled() || !context.keeps_rows {
        return Ok(Done::default());
    }
    let plan = Some(retire(context, &known).await?);
    let all_read = all_was_read(context, listing, standings);
    Ok(Done { plan, entities: settle_entities(context, all_read).await? })
}

/// Whether there is nothing that this run could not know of: what it did not find, it does not make.
fn all_was_read(context: &Context, listing: &Listing, standings: &BTreeMap<AccountId, Standing>) -> bool {
    let leaves = context.settings.accounts.on_leave_scope == OnLeave::Retire;
    let is_read = |found: &Found| match found.attempt {
        Attempt::Read => matches!(standings.get(&found.id), Some(Standing::Planned(regions)) if regions.whole),
        Attempt::OutOfScope | Attempt::LeftOut => leaves,
        Attempt::Resting => false,
    };
    listing.whole && listing.found.iter().all(is_read)
}

async fn note_listing(context: &Context, listing: &Listing, refused: Option<&Problem>) -> Result<(), Failed> {
    context.tally.problems(None, None, &listing.problems);
    let problems = listing.problems.clone();
    context.store.with(move |catalogue| catalogue.put_problems(None, None, &problems, now_ms())).await??;
    if let Some(problem) = refused {
        let class = scope::class_of(problem);
        context.tally.scope(Scope {
            account: "organization".to_owned(),
            region: None,
            kind: None,
            code: problem.code.clone(),
            message: problem.message.clone(),
            advice: if reads_organization(&context.settings) {
                "let the listing role's trust name the source identity, and allow organizations:ListAccounts in the \
                 management or a delegated administrator's account"
                    .to_owned()
            } else {
                scope::advice_for(&class, &problem.operation)
            },
            class,
            accepted: None,
            new: true,
        });
        return Ok(());
    }
    let rows: Vec<AccountRow> = listing.found.iter().map(|found| found.row.clone()).collect();
    // A listing of some units lacks accounts that are merely elsewhere: only one of the organization marks them as gone.
    let whole = listing.whole && listing.scope == crate::deletion::ListingScope::Organization;
    Ok(context.store.with(move |catalogue| catalogue.put_accounts(&rows, whole, now_ms())).await??)
}

/// Plans accounts and reads their units, side by side.
async fn read_accounts(context: &Context, found: &[Found]) -> Result<BTreeMap<AccountId, Standing>, Failed> {
    let queue = Queue::default();
    let standings = Mutex::new(BTreeMap::new());
    let plans = async {
        let attempted = found.iter().filter(|found| found.attempt == Attempt::Read || found.row.is_management);
        attempted.clone().for_each(|_| context.progress.account());
        let mut planning = futures::stream::iter(attempted)
            .map(|found| async move { (found, plan_account(context, found).await) })
            .buffer_unordered(ACCOUNTS_AT_ONCE);
        while let Some((found, planned)) = planning.next().await {
            if context.is_cancelled() {
                break;
            }
            let (standing, planned) = planned?;
            context.progress.planned(planned.as_ref().map_or(0, |planned| planned.units.len() as u64));
            if let Ok(mut standings) = standings.lock() {
                standings.insert(found.id.clone(), standing);
            }
            if let Some(planned) = planned {
                queue.push(planned);
            }
        }
        queue.close();
        Ok(())
    };
    let readers = (0..context.instances().live_max()).map(|_| async {
        while let Some((account, unit)) = queue.pop().await {
            if context.is_cancelled() {
                queue.clear();
                break;
            }
            let units = read_unit(context, &account, &unit).await?;
            if !units.is_empty() {
                queue.push(Planned { account, units });
            }
        }
        Ok::<(), Failed>(())
    });
    let (planned, read) = futures::join!(
        async {
            let planned: Result<(), Failed> = plans.await;
            queue.close();
            planned
        },
        futures::future::try_join_all(readers)
    );
    planned?;
    read?;
    Ok(standings.into_inner().unwrap_or_default())
}

async fn finish(
    ready: Ready,
    (component, component_imports): (String, Vec<String>),
    listing: &Listing,
    standings: &BTreeMap<AccountId, Standing>,
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

/// Which incomplete scopes are accepted, which are new, and whether they count.
async fn judge_scopes(context: &Context, scopes: &mut [Scope], facts: &mut Facts) -> Result<(), Failed> {
    let before = context.store.with(|catalogue| catalogue.previous_units()).await??;
    let Some(today) = Day::parse(iso(context.start.at_ms).get(..10).unwrap_or_default()) else { return Ok(()) };
    for scope in scopes {
        let place = accept::Scope {
            account: &scope.account,
            region: scope.region.as_deref(),
            kind: scope.kind.as_deref(),
            class: &scope.class,
        };
        let accepting = context.settings.accept.iter().find(|accept| accept.covers(place, today));
        scope.accepted = accepting.map(|accept| accept.reason.clone());
        let of_scope = match unit_of(scope) {
            // Looked up: a closed region alone has as many scopes as kinds, and an organization has many.
            Some(unit) => before.get(&unit).copied(),
            None => {
                before.iter().filter(|(unit, _)| unit.account.as_str() == scope.account).map(|(_, unit)| *unit).reduce(
                    |all, unit| Before {
                        last_whole: all.last_whole || unit.last_whole,
                        ever_whole: all.ever_whole || unit.ever_whole,
                    },
                )
            }
        };
        let of_scope = of_scope.unwrap_or_default();
        scope.new = of_scope.last_whole || !of_scope.ever_whole;
        facts.incomplete |= scope.accepted.is_none()
            && match context.settings.fail_on {
                FailOn::New => scope.new,
                FailOn::Any => true,
                FailOn::None => false,
            };
    }
    Ok(())
}

/// The unit that a scope is; none where it is a whole account.
fn unit_of(scope: &Scope) -> Option<UnitKey> {
    let region = scope.region.as_deref().map(portolan_names::Region::parse).transpose().ok()?;
    Some(UnitKey { kind: scope.kind.clone()?, account: AccountId::parse(&scope.account).ok()?, region })
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
