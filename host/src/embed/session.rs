use std::sync::Arc;

use portolan_names::Region;

use super::account::{Account, AccountError, AccountPlan, Accounts, LeftOut, RegionState, Why};
use super::{BadCursor, Cursor, Mapped, Page, Reading, RunError, Unit, UnitError};
use crate::bindings::exports::portolan::aws::sync;
use crate::credentials::Identity;
use crate::entity_lines;
use crate::outcome::{Problem, ProblemClass};
use crate::run::{Look, own_problem, problem};

/// For a scheduler of your own: accounts, their units, and one unit at a time.
///
/// The same sandbox, guard, limits, retries and sessions as a [`Run`](crate::Run)'s, but nothing is kept: what was read, what
/// is compared with it, and what is deleted is for whoever schedules. Cheap to clone; calls may be made side by side, and wait
/// for a free instance of the component.
#[derive(Clone)]
pub struct Session {
    pub(super) look: Arc<Look>,
    /// Why the accounts cannot be listed, where the settings do not say which are meant.
    pub(super) no_accounts: Option<String>,
}

impl Session {
    /// The accounts that the settings select.
    ///
    /// # Errors
    /// They cannot be listed; or the organization is another than the expected one. Nothing falls back to one account.
    pub async fn accounts(&self) -> Result<Accounts, RunError> {
        if let Some(why) = &self.no_accounts {
            return Err(RunError::Settings(why.clone()));
        }
        let listing = self.look.accounts().await.map_err(|problem| {
            let code = if problem.code.is_empty() { String::new() } else { format!("{}: ", problem.code) };
            RunError::NoAccess(format!("the accounts could not be listed: {code}{}", problem.message))
        })?;
        self.look.heed(&listing).map_err(RunError::not_started)?;
        let accounts = listing.found.into_iter().map(|found| Account { found }).collect();
        Ok(Accounts { accounts, whole: listing.whole, problems: listing.problems })
    }

    /// An account's regions and units. Of a management account that is not read itself, the units of the organization.
    ///
    /// # Errors
    /// There are no credentials for it, or its regions cannot be listed. Nothing of it was attempted then: what is known of
    /// it stays.
    pub async fn plan(&self, account: &Account) -> Result<AccountPlan, AccountError> {
        let id = account.id();
        let opened = match account.attempt() {
            super::Attempt::Read => self.look.open(&Identity::Account(id.clone())).await,
            _ => Ok(()),
        };
        let refused = match opened {
            Err(failure) if !account.is_management() => return Err(AccountError::no_credentials(id, failure)),
            opened => opened.is_err(),
        };
        let planned = self.look.units(&account.found, refused).await;
        let (plan, units) = planned.map_err(|problem| AccountError::NotPlanned { account: id.clone(), problem })?;
        Ok(AccountPlan {
            regions: plan.regions.iter().filter_map(region_state).collect(),
            whole: plan.whole,
            units: units.into_iter().filter_map(|unit| unit_of(unit.kind, unit.region.as_deref())).collect(),
            left_out: plan.kinds.iter().flat_map(left_out).collect(),
            problems: plan.problems.into_iter().map(problem).collect(),
        })
    }

    /// Begins a unit. Nothing is asked before its first page is.
    #[must_use]
    pub fn read(&self, account: &Account, unit: &Unit) -> Reading {
        let given = Arc::new(account.found.account.clone());
        Reading::new(Arc::clone(&self.look), given, unit.wire(), unit.key(account.id()))
    }

    /// Goes on with a unit behind a cursor of an earlier reading.
    ///
    /// # Errors
    /// The cursor is of another unit, another component, or other settings.
    pub fn go_on(&self, account: &Account, unit: &Unit, cursor: Cursor) -> Result<Reading, BadCursor> {
        let key = unit.key(account.id());
        let given = Arc::new(account.found.account.clone());
        Reading::go_on(Arc::clone(&self.look), given, unit.wire(), key, cursor)
    }

    /// Single resources again, by their ids: after an event, or to confirm that one is gone, which is then not in the page.
    /// Trust that only where the page [is whole](Page::is_whole).
    ///
    /// # Errors
    /// They could not be read.
    pub async fn read_resources(&self, account: &Account, unit: &Unit, ids: &[String]) -> Result<Page, UnitError> {
        let key = unit.key(account.id());
        let read = self.look.resources(&account.found.account, &unit.wire(), &key, ids).await;
        read.map(|record| Page::new(Arc::new(record))).map_err(|problem| UnitError::new(&key, problem))
    }

    /// What the configured mapping makes of resources that are held already; asks nothing of AWS. `lines` are those of
    /// [`Resource::to_line`](crate::Resource::to_line), one resource a line.
    ///
    /// # Errors
    /// No line, no mapping, or the component fails over it.
    pub async fn map_resources(&self, unit: &Unit, lines: &str) -> Result<Mapped, Problem> {
        let sync::Mapped { entities, problems } = self.look.mapped(&unit.wire(), lines).await?;
        let lines =
            entity_lines::parse(&entities).map_err(|error| own_problem(ProblemClass::BadAnswer, error.to_string()))?;
        Ok(Mapped { lines, problems: problems.into_iter().map(problem).collect() })
    }
}

fn unit_of(kind: String, region: Option<&str>) -> Option<Unit> {
    let region = region.map(Region::parse).transpose().ok()?;
    Some(Unit { kind, region })
}

fn region_state(region: &sync::Region) -> Option<RegionState> {
    Some(RegionState { region: Region::parse(&region.name).ok()?, enabled: region.enabled })
}

fn left_out(planned: &sync::Planned) -> Vec<LeftOut> {
    let why = match planned.fate {
        sync::Fate::Read => return Vec::new(),
        sync::Fate::Unavailable => Why::Unavailable,
        sync::Fate::Excluded => Why::Excluded,
    };
    let units: Vec<Option<&str>> = match planned.regions.is_empty() {
        true => vec![None],
        false => planned.regions.iter().map(|region| Some(region.as_str())).collect(),
    };
    units.into_iter().filter_map(|region| Some(LeftOut { unit: unit_of(planned.kind.clone(), region)?, why })).collect()
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
