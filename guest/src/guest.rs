//! The guest: what the component exports, as a type that also runs natively.

use sha2::{Digest, Sha256};

use crate::catalog::{self, Kind};
use crate::config::{self, Config};
use crate::host::Host;
use crate::interface::{Account, AccountPage, AccountPlan, Configured, Mapped, Page, Remark, Run, Unit};
use crate::problem::Problem;
use crate::redact::hex;
use crate::{accounts, mapping, plan, sync};

/// A configured guest. Every call is a function of its arguments, of the configuration and of what AWS answers.
#[derive(Debug)]
pub struct Guest {
    config: Config,
    run: Run,
}

impl Guest {
    /// Reads a configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn configure(config: &str, run: Run) -> Result<(Self, Configured), Vec<Remark>> {
        let (parsed, warnings) = config::parse(config, &run)?;
        let kinds = parsed.kinds.iter().map(|chosen| (&chosen.kind, chosen.actions().collect()));
        let configured =
            Configured { manifest: catalog::manifest(kinds), fingerprint: fingerprint(config, &run), warnings };
        Ok((Self { config: parsed, run }, configured))
    }

    /// The accounts of the organization. An account that comes again on a later page is the same one: the first counts.
    ///
    /// # Errors
    /// Nothing could be listed.
    pub fn discover_accounts(&self, host: &dyn Host, cursor: Option<&str>) -> Result<AccountPage, Problem> {
        accounts::discover(host, &self.run, &self.config.accounts, cursor)
    }

    /// What to read in an account.
    ///
    /// # Errors
    /// The account cannot be asked at all.
    pub fn plan(&self, host: &dyn Host, account: &Account) -> Result<AccountPlan, Problem> {
        plan::plan(host, &self.run, &self.config, account)
    }

    /// The next page of a unit.
    ///
    /// # Errors
    /// The call gave nothing. What earlier pages gave stays valid.
    pub fn sync_page(
        &self,
        host: &dyn Host,
        account: &Account,
        unit: &Unit,
        cursor: Option<&str>,
    ) -> Result<Page, Problem> {
        sync::sync_page(host, &self.run, &self.config, account, unit, cursor)
    }

    /// Single resources again. One that is gone is not in the page.
    ///
    /// # Errors
    /// The call itself was wrong, or the run is ending.
    pub fn read_resources(
        &self,
        host: &dyn Host,
        account: &Account,
        unit: &Unit,
        ids: &[String],
    ) -> Result<Page, Problem> {
        sync::read_resources(host, &self.run, &self.config, account, unit, ids)
    }

    /// Entities of resources that the host holds.
    ///
    /// # Errors
    /// The unit's kind is not configured, or a line is no resource's.
    pub fn map_resources(&self, unit: &Unit, resources: &str) -> Result<Mapped, Problem> {
        mapping::map_resources(&self.config, &self.run, unit, resources)
    }
}

/// What the component is and can read: the manifest of all kinds with all their actions.
#[must_use]
pub fn describe() -> String {
    let names: Vec<&str> = catalog::names().collect();
    let kinds: Vec<Kind> = catalog::load(&names).unwrap_or_default();
    catalog::manifest(kinds.iter().map(|kind| (kind, kind.definition.actions.iter().collect())))
}

/// Digest of the component, the catalogue, the tables and the configuration.
fn fingerprint(config: &str, run: &Run) -> String {
    let mut digest = Sha256::new();
    for part in [env!("CARGO_PKG_VERSION"), portolan_tables::SOURCE, catalog::DIGEST, &run.partition, config] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    hex(&digest.finalize())
}
