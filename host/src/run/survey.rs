//! A look at the organization without reading it: its accounts, whether their roles can be assumed, their regions.

use futures::StreamExt;
use serde::Serialize;

use super::accounts::{Attempt, Found};
use super::listed::listed;
use super::plan::{Standing, plan_account};
use super::schedule::ACCOUNTS_AT_ONCE;
use super::setup::{StartError, Surroundings, set_up};
use super::task::Task;
use crate::config::settings::Settings;
use crate::credentials::Identity;
use crate::engine::Engine;

/// An account, as a look at it shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SurveyedAccount {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `SUSPENDED`, `OUT_OF_SCOPE`, …
    pub state: String,
    /// The names of the organizational units above it, from the root.
    pub ou_names: Vec<String>,
    /// Their ids.
    pub ou_ids: Vec<String>,
    /// Whether it manages the organization.
    pub is_management: bool,
    /// Whether its role can be assumed; none where that was not tried.
    pub reachable: Option<bool>,
    /// Why not, in AWS's words.
    pub reason: Option<String>,
    /// Its regions, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<SurveyedRegion>>,
}

/// A region of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SurveyedRegion {
    /// Its name.
    pub name: String,
    /// Whether the account has it enabled.
    pub enabled: bool,
    /// Whether a run would read it.
    pub read: bool,
}

/// What a look shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// Sorted by organizational unit and name.
    pub accounts: Vec<SurveyedAccount>,
    /// Whether every part of the organization was listed.
    pub whole: bool,
    /// What went wrong while listing.
    pub problems: Vec<String>,
}

/// Lists accounts and tries their roles; with `regions`, lists their regions too.
///
/// # Errors
/// When nothing could be authenticated, or the listing failed.
pub async fn survey(
    engine: Engine,
    mut settings: Settings,
    surroundings: Surroundings,
    regions: bool,
) -> Result<Survey, StartError> {
    // A look leaves no traces: the catalogue of such a run lives in memory.
    settings.sinks.clear();
    let ready = set_up(engine, settings, surroundings, Task::Sync).await?;
    let context = &ready.context;
    let listing = listed(&ready).await?;
    let mut accounts: Vec<SurveyedAccount> = futures::stream::iter(&listing.found)
        .map(|found| async move {
            let mut account = described(found);
            if found.attempt != Attempt::Read {
                return Ok(account);
            }
            match context.client.open(&Identity::Account(found.id.clone())).await {
                Ok(()) => account.reachable = Some(true),
                Err(failure) => {
                    account.reachable = Some(false);
                    account.reason = Some(failure.message);
                }
            }
            if regions && account.reachable == Some(true) {
                account.regions = Some(regions_of(context, found).await?);
            }
            Ok(account)
        })
        .buffer_unordered(ACCOUNTS_AT_ONCE)
        .collect::<Vec<Result<_, StartError>>>()
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    accounts.sort_by(|a, b| (&a.ou_names, &a.name, &a.id).cmp(&(&b.ou_names, &b.name, &b.id)));
    let problems = listing.problems.iter().map(|problem| format!("{}: {}", problem.operation, problem.message));
    Ok(Survey { accounts, whole: listing.whole, problems: problems.collect() })
}

fn described(found: &Found) -> SurveyedAccount {
    let details: serde_json::Value = serde_json::from_str(&found.account.details).unwrap_or_default();
    let list = |name: &str, text: &str| -> Vec<String> {
        match details.get(name) {
            Some(serde_json::Value::Array(items)) => {
                items.iter().filter_map(|item| item.as_str()).map(str::to_owned).collect()
            }
            Some(serde_json::Value::String(path)) => path.split(text).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    SurveyedAccount {
        id: found.id.to_string(),
        name: found.account.name.clone(),
        state: found.row.state.clone(),
        ou_names: list("OuPath", "/"),
        ou_ids: list("OuIds", "/"),
        is_management: found.row.is_management,
        reachable: None,
        reason: None,
        regions: None,
    }
}

async fn regions_of(context: &super::context::Context, found: &Found) -> Result<Vec<SurveyedRegion>, StartError> {
    let (standing, planned) =
        plan_account(context, found).await.map_err(|error| StartError::Sink(error.to_string()))?;
    let Standing::Planned(regions) = standing else { return Ok(Vec::new()) };
    let read: std::collections::BTreeSet<String> =
        planned.iter().flat_map(|planned| planned.units()).filter_map(|unit| unit.region).collect();
    let enabled = regions.enabled.iter().map(|name| (name, true));
    let disabled = regions.disabled.iter().map(|name| (name, false));
    let mut all: Vec<SurveyedRegion> = enabled
        .chain(disabled)
        .map(|(name, enabled)| SurveyedRegion { name: name.clone(), enabled, read: read.contains(name) })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}
