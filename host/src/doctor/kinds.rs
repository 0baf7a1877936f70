//! What the roles of the sample may read: the first page of one kind of each service, through the component and the guard.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::StreamExt;

use super::case::{Case, Sampled};
use super::cause::Cause;
use super::finding::{Answer, Finding};
use super::mend::Mend;
use super::regions;
use super::remedy::Refused;
use super::stage::Stage;
use crate::bindings::exports::portolan::aws::sync;
use crate::iam::Role;
use crate::manifest::Manifest;
use crate::outcome::{Problem, ProblemClass};
use crate::run::{Look, missing, own_problem};

const STAGE: Stage = Stage::Kinds;
/// Pages that are asked for at once; each needs an instance of the component.
const AT_ONCE: usize = 8;
/// Pages in all: every kind in two regions of a few accounts, or some kinds of many.
pub const PAGES_MAX: usize = 2_000;
/// For one page, retries and detail calls included.
const PAGE_WAIT: Duration = Duration::from_secs(60);
/// A first page that takes longer makes a run slow.
const PAGE_SLOW: Duration = Duration::from_secs(10);
/// Actions that are named in one statement; the policy that is printed by `iam policy` has all.
const ACTIONS_MAX: usize = 50;

/// What a page came to.
struct Asked {
    unit: sync::Unit,
    problems: Vec<Problem>,
    took: Duration,
}

pub(super) async fn examine(case: &Case) -> Finding {
    let Some(look) = &case.look else { return Finding::not_examined(STAGE, "needs the accounts") };
    let regions = regions::chosen(case);
    let mut left = PAGES_MAX;
    let mut below = Vec::new();
    for sampled in &case.sample {
        let mut units = units(sampled, look.manifest(), &regions, case.options.every_kind);
        units.truncate(left);
        left -= units.len();
        if !units.is_empty() {
            below.push(of_account(case, look, sampled, units).await);
        }
    }
    if left == 0 {
        let says = format!("{PAGES_MAX} pages were asked for; the others were not");
        below.push(Finding::notable(STAGE, says).because(vec![Cause::Limit]));
    }
    if below.is_empty() {
        return Finding::not_examined(STAGE, "no account of the sample can be read");
    }
    let (calls, throttled) = (look.calls().total(), look.calls().throttled());
    if throttled > 0 {
        let says = format!("{throttled} of {calls} calls were throttled and sent again");
        below.push(Finding::notable(STAGE, says).because(vec![Cause::Throttled]).mended_by(vec![
            Mend::run("portolan sync --concurrency 16   # fewer calls in flight; the default is 32 for each core"),
            Mend::act("see who else calls AWS with these accounts: the limit is the account's, in each region"),
        ]));
    }
    Finding::works(STAGE, format!("{} pages, {calls} calls", PAGES_MAX - left)).over(below)
}

/// One kind of each service, the one that needs the fewest calls, in the regions that are looked into.
fn units(sampled: &Sampled, manifest: &Manifest, regions: &[String], every_kind: bool) -> Vec<sync::Unit> {
    let Some(plan) = &sampled.plan else { return Vec::new() };
    let mut chosen: BTreeMap<String, (usize, &sync::Planned)> = BTreeMap::new();
    for planned in plan.kinds.iter().filter(|planned| planned.fate == sync::Fate::Read) {
        let Some(kind) = manifest.kind(&planned.kind) else { continue };
        let key = if every_kind { planned.kind.clone() } else { kind.service.clone() };
        let cost = kind.calls.len();
        let cheapest = chosen.entry(key).or_insert((cost, planned));
        if cost < cheapest.0 {
            *cheapest = (cost, planned);
        }
    }
    let unit = |kind: &str, region: Option<&String>| sync::Unit { kind: kind.to_owned(), region: region.cloned() };
    let mut units = Vec::new();
    for (_, planned) in chosen.into_values() {
        if planned.regions.is_empty() {
            units.push(unit(&planned.kind, None));
        }
        let here = regions.iter().filter(|region| planned.regions.contains(region));
        units.extend(here.map(|region| unit(&planned.kind, Some(region))));
    }
    units
}

async fn of_account(case: &Case, look: &Look, sampled: &Sampled, units: Vec<sync::Unit>) -> Finding {
    let count = units.len();
    let asked: Vec<Asked> =
        futures::stream::iter(units).map(|unit| ask(look, sampled, unit)).buffered(AT_ONCE).collect().await;
    let role = case.role_in(&sampled.found.id);
    let failed = asked.iter().filter(|asked| asked.problems.iter().any(|problem| Cause::of_problem(problem).is_some()));
    let says = match failed.count() {
        0 => format!("{count} first pages read"),
        failed => format!("{failed} of {count} first pages not read whole"),
    };
    let mut below = groups(case, look.manifest(), &asked, &role);
    let slow: Vec<String> =
        asked.iter().filter(|asked| asked.took > PAGE_SLOW).map(|asked| asked.unit.kind.clone()).collect();
    if !slow.is_empty() {
        let says = format!("more than {} s for a page of {}", PAGE_SLOW.as_secs(), slow.join(", "));
        let mend = Mend::act("leave optional actions of these kinds out (--include-actions), or the kinds themselves");
        below.push(Finding::notable(STAGE, says).because(vec![Cause::Slow]).mended_by(vec![mend]));
    }
    Finding::works(STAGE, says).about(format!("{} {}", sampled.found.id, sampled.found.account.name)).over(below)
}

async fn ask(look: &Look, sampled: &Sampled, unit: sync::Unit) -> Asked {
    let begun = Instant::now();
    let page = look.first_page(&sampled.found.account, &sampled.found.id, &unit);
    let problems = match tokio::time::timeout(PAGE_WAIT, page).await {
        Ok(Ok(problems)) => problems,
        Ok(Err(problem)) => vec![problem],
        Err(_) => {
            let message = format!("no page within {} s, retries included", PAGE_WAIT.as_secs());
            vec![Problem { region: unit.region.clone(), ..own_problem(ProblemClass::TimedOut, message) }]
        }
    };
    Asked { unit, problems, took: begun.elapsed() }
}

/// One finding for each region and cause: a region that is closed is one line, not one for each service.
fn groups(case: &Case, manifest: &Manifest, asked: &[Asked], role: &str) -> Vec<Finding> {
    let mut groups: BTreeMap<(String, Cause), Vec<(&Asked, &Problem)>> = BTreeMap::new();
    for one in asked {
        for problem in &one.problems {
            let Some(cause) = Cause::of_problem(problem) else { continue };
            let region = one.unit.region.clone().unwrap_or_else(|| "global".to_owned());
            groups.entry((region, cause)).or_default().push((one, problem));
        }
    }
    let finding = |((region, cause), problems): ((String, Cause), Vec<(&Asked, &Problem)>)| {
        let operations: BTreeSet<&str> = problems.iter().map(|(_, problem)| problem.operation.as_str()).collect();
        let kinds: BTreeSet<&str> = problems.iter().map(|(one, _)| one.unit.kind.as_str()).collect();
        let example = problems.first().map(|(_, problem)| Answer::of_problem(problem));
        let says = format!("{} ({})", joined(&operations), joined(&kinds));
        let mends = mends(case, manifest, cause, &operations, &kinds, &region, role);
        Finding { answer: example, ..Finding::fails(STAGE, says).about(region).because(vec![cause]).mended_by(mends) }
    };
    groups.into_iter().map(finding).collect()
}

fn joined(names: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).take(SHOWN).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 && !shown.is_empty() { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// The statements that the policy of `portolan iam policy` has and the role lacks, whole: behind a denied listing stand
/// calls that were not made.
fn lacking(case: &Case, manifest: &Manifest, operations: &BTreeSet<&str>, role: &str) -> Vec<Mend> {
    let denied = operations.iter().map(|operation| ((*operation).to_owned(), BTreeSet::new())).collect();
    let list = case.sessions.as_ref().and_then(|sessions| sessions.plan().list.clone());
    let whose = |of: Role| match (of, &list) {
        (Role::List, Some(list)) => list.to_string(),
        _ => role.to_owned(),
    };
    let found = missing(manifest, &denied).into_iter();
    found
        .map(|one| Mend::Statement { to: format!("a policy of {}", whose(one.role)), statement: one.statement })
        .collect()
}

fn mends(
    case: &Case,
    manifest: &Manifest,
    cause: Cause,
    operations: &BTreeSet<&str>,
    kinds: &BTreeSet<&str>,
    region: &str,
    role: &str,
) -> Vec<Mend> {
    let needs = manifest.calls.iter().filter(|call| operations.contains(call.operation.as_str()));
    let actions: BTreeSet<&str> = needs.map(|call| call.action.as_str()).take(ACTIONS_MAX).collect();
    let service = operations.first().and_then(|operation| operation.split(':').next()).unwrap_or_default();
    let refused = Refused { who: role, actions: actions.into_iter().collect(), resource: "*", service };
    let mut mends = refused.mends(cause);
    let names = kinds.iter().copied().collect::<Vec<_>>().join(",");
    match cause {
        Cause::IdentityPolicy => {
            mends = lacking(case, manifest, operations, role);
            mends.push(Mend::run(format!("portolan iam policy --kinds {names}")));
        }
        Cause::SessionPolicy => {
            mends = vec![Mend::act(
                "the session's policy is Portolan's own, so report this; until it is mended, run with --session-policy \
                 managed-read-only",
            )];
        }
        Cause::ServiceControlPolicy if region != "global" => mends.push(Mend::act(format!(
            "or, if the region is closed on purpose, leave it out: --deny-regions {region}, or accept it under accept:"
        ))),
        Cause::RegionNotEnabled => mends.push(Mend::run(format!(
            "aws account enable-region --region-name {region}   # or leave it out: --deny-regions {region}"
        ))),
        Cause::NoService => mends.push(Mend::act(format!(
            "leave the kinds out there (kinds.…regions), or subscribe the account to the service: {names}"
        ))),
        Cause::Throttled => mends.push(Mend::run("portolan sync --concurrency 16")),
        Cause::Slow | Cause::Network => {
            mends.push(Mend::act("check routes and endpoints to the service, and what else uses this connection"));
        }
        Cause::Guard => mends.push(Mend::act("the message names the rule, and the grant that would allow it")),
        Cause::BadAnswer => {
            mends.push(Mend::act("check AWS_ENDPOINT_URL and its like, and proxies on the way; then report it"));
        }
        _ => {}
    }
    mends
}
