//! Reads a unit page by page: lists, enriches, and says what the listing proves.

mod actions;
mod answers;
mod chain;
mod cloud_control;
mod cursor;
mod defaults;
mod emit;
mod item;
mod listing;
mod page;
mod presence;
mod read;
mod trust;
mod walk;

pub(crate) use read::read_resources;
pub(crate) use walk::sync_page;

use portolan_tables::partition;

use crate::catalog::{Definition, Reach, identity};
use crate::config::{ChosenKind, Config};
use crate::host::{Host, Identity};
use crate::interface::{Account, Run, Unit};
use crate::mapping::Mapper;
use crate::problem::{Problem, ProblemClass};
use crate::regions;
use crate::template::Scope;

/// What stays the same while a unit is read.
#[derive(Clone)]
pub(crate) struct Reading<'a> {
    pub(crate) host: &'a dyn Host,
    pub(crate) run: &'a Run,
    pub(crate) config: &'a Config,
    pub(crate) chosen: &'a ChosenKind,
    pub(crate) account: &'a Account,
    /// Where the listing goes: the unit's region, or the one that stands in for a global kind.
    pub(crate) region: String,
}

impl<'a> Reading<'a> {
    /// The regions that may answer for this unit, the first of which does unless it is refused.
    ///
    /// # Errors
    /// The kind is not configured, or the unit's region does not fit its scope.
    pub(crate) fn candidates(
        host: &'a dyn Host,
        run: &'a Run,
        config: &'a Config,
        account: &'a Account,
        unit: &Unit,
    ) -> Result<Vec<Self>, Problem> {
        let bad = |message: String| Problem::new(ProblemClass::BadCall, message);
        let chosen = config.kind(&unit.kind).ok_or_else(|| bad(format!("{:?} is not configured", unit.kind)))?;
        let home = regions::of_kind(run, &chosen.kind.definition);
        let regions = match (chosen.kind.definition.scope, &unit.region) {
            (Reach::Region, Some(region)) => vec![region.clone()],
            (Reach::Account | Reach::Organization, None) if home.is_some() => home.unwrap_or_default(),
            (Reach::Account, None) => regions::home(config, run, Some(chosen), &account.id),
            (Reach::Organization, None) => {
                vec![partition(&run.partition).map(|known| known.implicit_global_region.clone()).unwrap_or_default()]
            }
            (Reach::Region, None) => return Err(bad(format!("a unit of {} needs a region", unit.kind))),
            (_, Some(_)) => return Err(bad(format!("{} is global: its unit has no region", unit.kind))),
        };
        if regions.is_empty() {
            return Err(bad(format!("there is no region to ask for {}", unit.kind)));
        }
        let reading = |region| Self { host, run, config, chosen, account, region };
        Ok(regions.into_iter().map(reading).collect())
    }

    pub(crate) fn definition(&self) -> &'a Definition {
        &self.chosen.kind.definition
    }

    /// The mappings of what is read. What is not regional is where it is: the policies of regions do not touch it.
    pub(crate) fn mapper(&self) -> Mapper<'a> {
        let region = (self.definition().scope == Reach::Region).then_some(self.region.as_str());
        Mapper::new(self.config, self.run, &self.chosen.kind.name, region)
    }

    pub(crate) fn service(&self) -> &'a str {
        &self.chosen.kind.service
    }

    /// Whether this asks where the partition's global services are asked.
    pub(crate) fn is_home(&self) -> bool {
        partition(&self.run.partition).is_some_and(|known| known.implicit_global_region == self.region)
    }

    pub(crate) fn identity(&self) -> Identity {
        identity(self.definition())
    }

    pub(crate) fn batch(&self) -> u32 {
        self.run.limits.batch
    }

    /// The context of templates, without an item.
    pub(crate) fn scope<'s>(&'s self, parents: &'s [String]) -> Scope<'s> {
        Scope {
            partition: &self.run.partition,
            account: &self.account.id,
            account_name: &self.account.name,
            region: &self.region,
            parents,
            since: self.chosen.since.as_ref().map(|since| since.text.as_str()),
            ..Scope::default()
        }
    }
}
