//! The sample's regions: which are enabled, which would be read, and whether two of them can be reached.

use std::collections::BTreeSet;

use futures::StreamExt;

use super::case::Case;
use super::cause::Cause;
use super::finding::{Answer, Finding};
use super::mend::Mend;
use super::reach::{self, SLOW_MS};
use super::remedy::Refused;
use super::stage::Stage;
use crate::bindings::exports::portolan::aws::sync;
use crate::outcome::{Problem, ProblemClass};
use crate::run::problem;

const STAGE: Stage = Stage::Regions;
/// Regions that are connected to, and in which services are asked.
pub const REGIONS: usize = 2;
/// Accounts that are asked at once.
const ACCOUNTS_AT_ONCE: usize = 8;
/// The service whose endpoint is connected to: every region has it.
const EVERYWHERE: &str = "ec2";

pub(super) async fn examine(case: &mut Case) -> Finding {
    let Some(look) = &case.look else { return Finding::not_examined(STAGE, "needs the accounts") };
    let asked = case.sample.iter().map(|sampled| look.plan(&sampled.found.account, &sampled.found.id));
    let stopped = Box::pin(case.cancelled.cancelled());
    let plans: Vec<_> = futures::stream::iter(asked).buffered(ACCOUNTS_AT_ONCE).take_until(stopped).collect().await;
    let mut below = Vec::new();
    for (at, plan) in plans.into_iter().enumerate() {
        let Some(found) = case.sample.get(at).map(|sampled| &sampled.found) else { break };
        match plan {
            Ok(plan) => {
                if let Some(sampled) = case.sample.get_mut(at) {
                    sampled.plan = Some(plan);
                }
            }
            Err(problem) => {
                let subject = format!("{} {}", found.id, found.account.name);
                below.push(unknown(&problem, &case.role_in(&found.id)).about(subject));
            }
        }
    }
    let mut open = BTreeSet::new();
    for sampled in &case.sample {
        let Some(plan) = &sampled.plan else { continue };
        open.extend(plan.regions.iter().filter(|region| region.enabled).map(|region| region.name.clone()));
    }
    for sampled in &case.sample {
        let Some(plan) = &sampled.plan else { continue };
        let subject = format!("{} {}", sampled.found.id, sampled.found.account.name);
        let role = case.role_in(&sampled.found.id);
        below.push(of_account(case, plan, &open, &role).about(subject));
    }
    let looked_at = chosen(case);
    for region in &looked_at {
        below.push(connection(case, region).await);
    }
    if below.is_empty() {
        return Finding::not_examined(STAGE, "no role of the sample was assumed");
    }
    Finding::works(STAGE, format!("{} accounts asked, {} regions connected to", case.sample.len(), looked_at.len()))
        .over(below)
}

/// The regions that are looked into: the one where STS is asked, and the next.
pub(super) fn chosen(case: &Case) -> Vec<String> {
    let home = case.ground.as_ref().map(|ground| ground.place.region.to_string()).unwrap_or_default();
    let plans = case.sample.iter().filter_map(|sampled| sampled.plan.as_ref());
    let mut read: Vec<String> = plans.flat_map(regions_read).collect::<BTreeSet<_>>().into_iter().collect();
    read.sort_by_key(|region| *region != home);
    read.truncate(REGIONS);
    read
}

fn regions_read(plan: &sync::AccountPlan) -> BTreeSet<String> {
    let read = plan.kinds.iter().filter(|planned| planned.fate == sync::Fate::Read);
    read.flat_map(|planned| planned.regions.iter().cloned()).collect()
}

fn of_account(case: &Case, plan: &sync::AccountPlan, open: &BTreeSet<String>, role: &str) -> Finding {
    let problems: Vec<Problem> = plan.problems.iter().cloned().map(problem).collect();
    if let Some(problem) = problems.first().filter(|_| plan.regions.is_empty()) {
        return unknown(problem, role);
    }
    let read = regions_read(plan);
    let names = |enabled: bool| -> BTreeSet<String> {
        plan.regions.iter().filter(|region| region.enabled == enabled).map(|region| region.name.clone()).collect()
    };
    let (enabled, disabled) = (names(true), names(false));
    let is_global = plan.kinds.iter().all(|planned| planned.regions.is_empty());
    let listed = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut says = format!("{} read: {}", read.len(), listed(&read));
    let left_out: BTreeSet<String> = enabled.difference(&read).cloned().collect();
    if !left_out.is_empty() && !is_global {
        says.push_str(&format!("; left out by the configuration: {}", listed(&left_out)));
    }
    if !disabled.is_empty() {
        says.push_str(&format!("; not enabled: {}", listed(&disabled)));
    }
    let wanted = case.settings.regions.choice.allow.iter().map(|region| region.as_str());
    let missing = wanted.filter(|region| !enabled.contains(*region));
    let mut below: Vec<Finding> = missing.map(|region| not_enabled(region, open.contains(region))).collect();
    below.extend(problems.iter().map(partly));
    if read.is_empty() && !is_global {
        let mend =
            Mend::act("look at regions.allow and regions.deny (--regions, --deny-regions): no enabled region is left");
        return Finding::fails(STAGE, says).because(vec![Cause::RegionLeftOut]).mended_by(vec![mend]).over(below);
    }
    Finding::works(STAGE, says).over(below)
}

/// A region that somebody wants and this account has not. Where another account has it, that is as it may be.
fn not_enabled(region: &str, elsewhere: bool) -> Finding {
    let says = "named by the configuration, and not enabled in this account";
    let finding = if elsewhere { Finding::notable(STAGE, says) } else { Finding::fails(STAGE, says) };
    finding.about(region).because(vec![Cause::RegionNotEnabled]).mended_by(vec![
        Mend::run(format!("aws account enable-region --region-name {region}   # as an administrator of the account")),
        Mend::act(format!("or take {region} out of regions.allow (--regions)")),
    ])
}

/// The regions could not be listed: nothing of the account is read then.
fn unknown(problem: &Problem, role: &str) -> Finding {
    let by = Cause::of_problem(problem).unwrap_or(Cause::BadAnswer);
    let actions = vec!["account:ListRegions", "ec2:DescribeRegions"];
    let refused = Refused { who: role, actions, resource: "*", service: "account" };
    let mut mends = refused.mends(by);
    if problem.class == ProblemClass::Denied {
        mends.push(Mend::run("portolan iam policy   # what the role of each account needs"));
    }
    Finding::fails(STAGE, "its regions cannot be listed, so nothing of it is read")
        .answered(Answer::of_problem(problem))
        .because(vec![by, Cause::RegionsUnknown])
        .mended_by(mends)
}

/// What went wrong beside regions that were listed all the same.
fn partly(problem: &Problem) -> Finding {
    let by = Cause::of_problem(problem).unwrap_or(Cause::BadAnswer);
    Finding::notable(STAGE, "not all of its plan could be asked for")
        .about(problem.operation.as_str())
        .answered(Answer::of_problem(problem))
        .because(vec![by])
}

/// Whether a region's endpoint is there.
async fn connection(case: &Case, region: &str) -> Finding {
    let (Some(endpoints), Some(ground)) = (&case.endpoints, &case.ground) else {
        return Finding::not_examined(STAGE, "needs the endpoint").about(region);
    };
    let place = match endpoints.place(EVERYWHERE, region, None) {
        Ok(place) => place,
        Err(error) => {
            return Finding::fails(STAGE, "it has no endpoint")
                .about(region)
                .answered(Answer::of_text(error))
                .because(vec![Cause::WrongPartition])
                .mended_by(vec![Mend::act(
                    "leave the region out, or run with credentials and roles of its partition",
                )]);
        }
    };
    match reach::reach(&ground.http, &format!("{}/", place.base)).await {
        Ok(reached) => {
            let says = format!("{} answered in {} ms", place.base, reached.ms);
            if reached.ms <= SLOW_MS {
                return Finding::works(STAGE, says).about(region);
            }
            let mend = Mend::act("run nearer to the regions that are read, or read them in runs of their own");
            Finding::notable(STAGE, says).about(region).because(vec![Cause::Slow]).mended_by(vec![mend])
        }
        Err(error) => {
            let causes = Cause::of_http(&error, case.is_proxied(&place.base));
            let mends = reach::mends(&causes, &place.base);
            Finding::fails(STAGE, format!("{}: no answer", place.base))
                .about(region)
                .answered(Answer::of_text(error))
                .because(causes)
                .mended_by(mends)
        }
    }
}
