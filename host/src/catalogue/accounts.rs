use portolan_names::{AccountId, Region};
use rusqlite::params;

use super::{Catalogue, CatalogueError, moment};

/// An account, as this run's listing has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: Option<String>,
    /// Its address.
    pub email: Option<String>,
    /// `ACTIVE`, `SUSPENDED`, `CLOSED`, …; `State`, else `Status` (ruling 5).
    pub state: String,
    /// The organizational units above it, as `r-ab12/ou-ab12-11111111/`.
    pub ou_path: Option<String>,
    /// Its tags, a JSON object.
    pub tags: Option<String>,
    /// Whether it is the management account.
    pub is_management: bool,
}

/// An account that an earlier run knew and that is not retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAccount {
    /// Its id.
    pub id: AccountId,
    /// Its state when last listed.
    pub state: String,
    /// Whether this run's listing has it.
    pub listed: bool,
    /// When it was first closed or absent.
    pub gone_since: Option<u64>,
}

/// A region of an account, as this run's plan has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionRow {
    /// Its name.
    pub region: Region,
    /// Whether it is enabled, and so read.
    pub enabled: bool,
}

/// A region that an earlier run knew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRegion {
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub region: Region,
    /// Whether it was enabled when last listed.
    pub enabled: bool,
    /// When a whole list was first without it.
    pub missing_since: Option<u64>,
}

impl Catalogue {
    /// Stores the accounts of this run's listing. Accounts that are closed, or that a *whole* listing lacks, are marked
    /// as gone since now, unless they are already; accounts that are back lose the mark.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn put_accounts(&mut self, accounts: &[AccountRow], whole: bool, now: u64) -> Result<(), CatalogueError> {
        let run = self.current()?;
        let (run_id, partition, now) = (run.run_id.clone(), run.partition.clone(), moment::to_text(now));
        let transaction = self.connection.transaction()?;
        {
            let mut upsert = transaction.prepare_cached(
                "INSERT INTO accounts (account_id, name, email, state, ou_path, tags, partition, is_management, first_seen, last_seen,
                   gone_since, run_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, CASE WHEN ?4 = 'CLOSED' THEN ?9 END, ?10)
                 ON CONFLICT (account_id) DO UPDATE SET name = coalesce(excluded.name, name), email = coalesce(excluded.email, email),
                   state = excluded.state, ou_path = coalesce(excluded.ou_path, ou_path), tags = coalesce(excluded.tags, tags),
                   partition = excluded.partition, is_management = excluded.is_management, last_seen = excluded.last_seen,
                   run_id = excluded.run_id, retired_at = NULL,
                   gone_since = CASE WHEN excluded.state = 'CLOSED' THEN coalesce(gone_since, excluded.gone_since) END",
            )?;
            for account in accounts {
                upsert.execute(params![
                    account.id.as_str(),
                    account.name,
                    account.email,
                    account.state,
                    account.ou_path,
                    account.tags,
                    partition,
                    account.is_management,
                    now,
                    run_id
                ])?;
            }
            if whole {
                transaction.execute(
                    "UPDATE accounts SET gone_since = ?2 WHERE run_id <> ?1 AND gone_since IS NULL AND retired_at IS NULL",
                    params![run_id, now],
                )?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// All accounts that are not retired, for the fate of each; call it after [`Catalogue::put_accounts`].
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be read.
    pub fn known_accounts(&self) -> Result<Vec<KnownAccount>, CatalogueError> {
        let run_id = &self.current()?.run_id;
        let mut query = self.connection.prepare_cached(
            "SELECT account_id, state, run_id = ?1, gone_since FROM accounts WHERE retired_at IS NULL ORDER BY account_id",
        )?;
        let rows = query.query_map(params![run_id], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<String>>(3)?))
        })?;
        let mut known = Vec::new();
        for row in rows {
            let (id, state, listed, gone_since) = row?;
            if let Ok(id) = AccountId::parse(&id) {
                let gone_since = gone_since.as_deref().and_then(moment::from_text);
                known.push(KnownAccount { id, state, listed, gone_since });
            }
        }
        Ok(known)
    }

    /// Records that the rows of an account went with it: it counts no longer as known.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn retire_account(&mut self, account: &AccountId, now: u64) -> Result<(), CatalogueError> {
        let retire = "UPDATE accounts SET retired_at = ?2 WHERE account_id = ?1";
        self.connection.execute(retire, params![account.as_str(), moment::to_text(now)])?;
        Ok(())
    }

    /// Stores the regions of an account. `whole` is false where the list is a guess: then none is marked as missing.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn put_regions(
        &mut self,
        account: &AccountId,
        regions: &[RegionRow],
        whole: bool,
        now: u64,
    ) -> Result<(), CatalogueError> {
        let now = moment::to_text(now);
        let transaction = self.connection.transaction()?;
        {
            let mut upsert = transaction.prepare_cached(
                "INSERT INTO regions (account_id, region, opt_status, reachable, last_seen) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (account_id, region) DO UPDATE SET opt_status = excluded.opt_status, reachable = excluded.reachable,
                   last_seen = excluded.last_seen, missing_since = NULL",
            )?;
            for RegionRow { region, enabled } in regions {
                let status = match (whole, enabled) {
                    (true, true) => "enabled",
                    (true, false) => "disabled",
                    (false, _) => "guessed",
                };
                upsert.execute(params![account.as_str(), region.as_str(), status, enabled, now])?;
            }
            if whole {
                transaction.execute(
                    "UPDATE regions SET missing_since = ?2, reachable = 0
                     WHERE account_id = ?1 AND last_seen <> ?2 AND missing_since IS NULL",
                    params![account.as_str(), now],
                )?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// All regions of all accounts, for the fate of each.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn known_regions(&self) -> Result<Vec<KnownRegion>, CatalogueError> {
        let mut query =
            self.connection.prepare_cached("SELECT account_id, region, reachable, missing_since FROM regions")?;
        let rows = query.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, Option<String>>(3)?))
        })?;
        let mut known = Vec::new();
        for row in rows {
            let (account, region, enabled, missing_since) = row?;
            if let (Ok(account), Ok(region)) = (AccountId::parse(&account), Region::parse(&region)) {
                let missing_since = missing_since.as_deref().and_then(moment::from_text);
                known.push(KnownRegion { account, region, enabled, missing_since });
            }
        }
        Ok(known)
    }
}
