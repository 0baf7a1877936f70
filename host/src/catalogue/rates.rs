//! What runs have learned about how fast AWS may be asked.

use portolan_names::AccountId;
use rusqlite::params;

use super::{Catalogue, CatalogueError, moment};
use crate::aws::{Learned, RatePlace};
use crate::credentials::Identity;

/// What was learned longer ago is found out anew: quotas are raised, and whoever else was calling has ended.
const KEPT_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

impl Catalogue {
    /// What was learned in the last days.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn rates(&self, now: u64) -> Result<Vec<Learned>, CatalogueError> {
        let mut query = self
            .connection
            .prepare("SELECT account_id, region, service, operation, per_second FROM _rates WHERE seen_at >= ?1")?;
        let since = moment::to_text(now.saturating_sub(KEPT_MS));
        let rows = query.query_map([since], |row| {
            let (account, operation): (String, String) = (row.get(0)?, row.get(3)?);
            let identity = AccountId::parse(&account).map_or(Identity::Management, Identity::Account);
            let place = RatePlace { identity, region: row.get(1)?, service: row.get(2)? };
            let operation = (!operation.is_empty()).then_some(operation);
            Ok(Learned { place, operation, per_second: row.get(4)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps what a run has learned in place of what was known.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn put_rates(&mut self, learned: &[Learned], now: u64) -> Result<(), CatalogueError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM _rates", [])?;
        let mut insert = transaction.prepare("INSERT OR REPLACE INTO _rates VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let seen_at = moment::to_text(now);
        for Learned { place, operation, per_second } in learned {
            let account = match &place.identity {
                Identity::Management => "",
                Identity::Account(account) => account.as_str(),
            };
            let operation = operation.as_deref().unwrap_or_default();
            insert.execute(params![account, place.region, place.service, operation, per_second, seen_at])?;
        }
        drop(insert);
        Ok(transaction.commit()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_known_for_a_week() {
        let mut catalogue = Catalogue::in_memory().unwrap();
        let learned = |identity, operation: Option<&str>, per_second| Learned {
            place: RatePlace { identity, region: "eu-west-1".to_owned(), service: "ec2".to_owned() },
            operation: operation.map(str::to_owned),
            per_second,
        };
        let account = Identity::Account(AccountId::parse("111122223333").unwrap());
        let all = [learned(Identity::Management, None, 3.5), learned(account, Some("DescribeVpcs"), 12.0)];
        catalogue.put_rates(&[learned(Identity::Management, Some("gone"), 1.0)], 5).unwrap();
        catalogue.put_rates(&all, 1_000).unwrap();
        assert_eq!(catalogue.rates(1_000).unwrap(), all);
        assert_eq!(catalogue.rates(1_001 + KEPT_MS).unwrap(), []);
    }
}
