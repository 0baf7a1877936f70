//! What to read in an account: its regions crossed with the configured kinds.

use crate::accounts::is_out_of_scope;
use crate::catalog::Reach;
use crate::config::Config;
use crate::host::Host;
use crate::interface::{Account, AccountPlan, AccountRole, Fate, Planned, Region, Run};
use crate::problem::{Problem, ProblemClass};
use crate::regions;

/// The plan of an account.
///
/// # Errors
/// The account cannot be asked at all.
pub(crate) fn plan(host: &dyn Host, run: &Run, config: &Config, account: &Account) -> Result<AccountPlan, Problem> {
    let mut plan = AccountPlan { regions: Vec::new(), whole: true, kinds: Vec::new(), problems: Vec::new() };
    if !is_out_of_scope(account) {
        match regions::of_account(host, config, run, &account.id) {
            Ok((regions, problems)) => {
                plan.regions = regions;
                plan.problems = problems;
            }
            Err(problems) => {
                let ends =
                    |problem: &&Problem| matches!(problem.class, ProblemClass::NoCredentials | ProblemClass::Cancelled);
                if let Some(problem) = problems.iter().find(ends) {
                    return Err(problem.clone());
                }
                plan.whole = false;
                plan.problems = problems;
            }
        }
    }
    for chosen in &config.kinds {
        let kind = chosen.kind.name.to_string();
        let home = regions::of_kind(run, &chosen.kind.definition);
        match chosen.kind.definition.scope {
            Reach::Organization => {
                if account.role == AccountRole::Management && home.as_ref().is_none_or(|regions| !regions.is_empty()) {
                    plan.kinds.push(Planned { kind, fate: Fate::Read, regions: Vec::new() });
                }
            }
            _ if is_out_of_scope(account) => {}
            Reach::Account => {
                let fate = match home {
                    // None of the regions that answer for it is in this partition: the service is not there.
                    Some(regions) if regions.is_empty() => Fate::Unavailable,
                    Some(_) => Fate::Read,
                    None if regions::home(config, run, Some(chosen), &account.id).is_empty() => Fate::Excluded,
                    None => Fate::Read,
                };
                plan.kinds.push(Planned { kind, fate, regions: Vec::new() });
            }
            Reach::Region => {
                let allowed = |region: &&Region| config.allows(chosen, &account.id, &region.name);
                let (allowed, excluded): (Vec<&Region>, Vec<&Region>) = plan.regions.iter().partition(allowed);
                let names = |regions: Vec<&Region>| regions.into_iter().map(|region| region.name.clone()).collect();
                let read: Vec<String> = names(allowed.into_iter().filter(|region| region.enabled).collect());
                let excluded: Vec<String> = names(excluded);
                if !read.is_empty() {
                    plan.kinds.push(Planned { kind: kind.clone(), fate: Fate::Read, regions: read });
                }
                if !excluded.is_empty() {
                    plan.kinds.push(Planned { kind, fate: Fate::Excluded, regions: excluded });
                }
            }
        }
    }
    Ok(plan)
}
