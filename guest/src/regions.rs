//! Which regions an account uses, and which region answers for what has none.

use portolan_tables::partition;
use serde_json::{Value, json};

use crate::call::{Call, send_one};
use crate::catalog::Definition;
use crate::config::{ChosenKind, Config};
use crate::host::{Host, Identity};
use crate::interface::{Region, Run};
use crate::limits::{HOME_REGIONS, REGION_PAGES};
use crate::problem::{Problem, ProblemClass};

/// The regions of this run's partition where a kind says that it is asked. The user's policy has no say in it: what is
/// found there is not of that region. None: the kind names no regions.
pub(crate) fn of_kind(run: &Run, definition: &Definition) -> Option<Vec<String>> {
    if definition.home.is_empty() {
        return None;
    }
    let known = partition(&run.partition).map(|partition| partition.regions.as_slice()).unwrap_or_default();
    let mut regions: Vec<String> = definition.home.iter().filter(|region| known.contains(region)).cloned().collect();
    regions.truncate(HOME_REGIONS);
    Some(regions)
}

/// The regions to ask for something global, in a fixed order: the configured home, the partition's own, the ones the
/// policy names, then all others that are allowed.
pub(crate) fn home(config: &Config, run: &Run, chosen: Option<&ChosenKind>, account: &str) -> Vec<String> {
    let partition = partition(&run.partition);
    let own = chosen.map(|chosen| chosen.regions.as_slice()).filter(|own| !own.is_empty());
    let named = own.unwrap_or(std::slice::from_ref(&config.regions));
    let mut regions: Vec<String> = Vec::new();
    let candidates = config
        .home_region
        .iter()
        .chain(partition.map(|partition| &partition.implicit_global_region))
        .chain(named.iter().flat_map(|policy| &policy.allow))
        .chain(partition.map(|partition| partition.regions.as_slice()).unwrap_or_default());
    for region in candidates {
        let allowed = chosen.is_none_or(|chosen| config.allows(chosen, account, region));
        if allowed && !regions.contains(region) {
            regions.push(region.clone());
        }
    }
    regions.truncate(HOME_REGIONS);
    regions
}

/// The regions of an account, by `account:ListRegions`, else by `ec2:DescribeRegions`.
///
/// # Errors
/// Both failed: both problems.
pub(crate) fn of_account(
    host: &dyn Host,
    config: &Config,
    run: &Run,
    account: &str,
) -> Result<(Vec<Region>, Vec<Problem>), Vec<Problem>> {
    let first = match by_account_service(host, run) {
        Ok(regions) => return Ok((regions, Vec::new())),
        // Not the service's fault: the other call would fail the same way.
        Err(problem) if matches!(problem.class, ProblemClass::NoCredentials | ProblemClass::Cancelled) => {
            return Err(vec![problem]);
        }
        Err(problem) => problem,
    };
    let mut problems = vec![first];
    for region in home(config, run, None, account) {
        match by_ec2(host, &region) {
            Ok(regions) => return Ok((regions, Vec::new())),
            Err(problem) => problems.push(problem),
        }
    }
    Err(problems)
}

fn by_account_service(host: &dyn Host, run: &Run) -> Result<Vec<Region>, Problem> {
    let region = partition(&run.partition).map(|known| known.implicit_global_region.clone()).unwrap_or_default();
    let mut call = Call::new("account", "ListRegions", Identity::Account, &region, json!({"MaxResults": 50}))?;
    let mut regions = Vec::new();
    let mut token = None;
    for _ in 0..REGION_PAGES {
        let answer = send_one(host, &call)?;
        let listed = answer.get("Regions").and_then(Value::as_array);
        let listed =
            listed.ok_or_else(|| call.problem(Problem::new(ProblemClass::BadAnswer, "no regions in the answer")))?;
        for entry in listed {
            let name = entry.get("RegionName").and_then(Value::as_str);
            let status = entry.get("RegionOptStatus").and_then(Value::as_str);
            if let Some(name) = name {
                regions.push(Region {
                    name: name.to_owned(),
                    enabled: matches!(status, Some("ENABLED" | "ENABLED_BY_DEFAULT")),
                });
            }
        }
        let next = call.next_token(&answer)?;
        if next.is_none() && !regions.is_empty() {
            return Ok(sorted(regions));
        }
        if next.is_none() || next == token {
            break;
        }
        call = call.with_token(next.as_ref());
        token = next;
    }
    Err(call.problem(Problem::new(ProblemClass::BadAnswer, "the list of regions is empty or has no end")))
}

fn by_ec2(host: &dyn Host, region: &str) -> Result<Vec<Region>, Problem> {
    let call = Call::new("ec2", "DescribeRegions", Identity::Account, region, json!({"AllRegions": true}))?;
    let answer = send_one(host, &call)?;
    let listed = answer.get("Regions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let regions: Vec<Region> = listed
        .iter()
        .filter_map(|entry| {
            let status = entry.get("OptInStatus").and_then(Value::as_str);
            Some(Region {
                name: entry.get("RegionName")?.as_str()?.to_owned(),
                enabled: status != Some("not-opted-in"),
            })
        })
        .collect();
    if regions.is_empty() {
        return Err(call.problem(Problem::new(ProblemClass::BadAnswer, "no regions in the answer")));
    }
    Ok(sorted(regions))
}

fn sorted(mut regions: Vec<Region>) -> Vec<Region> {
    regions.sort_by(|left, right| left.name.cmp(&right.name));
    regions.dedup_by(|left, right| left.name == right.name);
    regions
}
