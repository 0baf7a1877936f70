//! What runs have been told of places that service control policies close.

use portolan_names::{AccountId, Region};
use rusqlite::params;

use super::{Catalogue, CatalogueError, moment};
use crate::denials::{Lesson, Remembered, Said};

/// What was said longer ago is asked anew. Every run asks one service of a closed region, so that a month of daily runs
/// comes round to all of them.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

impl Catalogue {
    /// What services said in the last weeks.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn denials(&self, now: u64) -> Result<Vec<Remembered>, CatalogueError> {
        let mut query = self
            .connection
            .prepare("SELECT account_id, region, service, said, kind, asked_at FROM _denials WHERE asked_at >= ?1")?;
        let since = moment::to_text(now.saturating_sub(KEPT_MS));
        let rows = query.query_map([since], |row| {
            let (account, region, said): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
            let region = (!region.is_empty()).then(|| Region::parse(&region)).transpose();
            let asked_at: String = row.get(5)?;
            // Another hand can have written what is no account or region: then nothing is known.
            let (Ok(account), Ok(region)) = (AccountId::parse(&account), region) else { return Ok(None) };
            Ok(Some(Remembered {
                account,
                region,
                service: row.get(2)?,
                said: if said == "closed" { Said::Closed } else { Said::Open },
                kind: row.get(4)?,
                asked_at: moment::from_text(&asked_at).unwrap_or(0),
            }))
        })?;
        rows.filter_map(|row| row.map_err(CatalogueError::from).transpose()).collect()
    }

    /// Keeps what a run was told, in place of what was known of the same accounts and regions.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn put_denials(&mut self, lessons: &[Lesson], now: u64) -> Result<(), CatalogueError> {
        let transaction = self.connection.transaction()?;
        let since = moment::to_text(now.saturating_sub(KEPT_MS));
        transaction.execute("DELETE FROM _denials WHERE asked_at < ?1", [since])?;
        for Lesson { account, region, services } in lessons {
            let region = region.as_ref().map_or("", Region::as_str);
            let mut forget =
                transaction.prepare_cached("DELETE FROM _denials WHERE account_id = ?1 AND region = ?2")?;
            forget.execute(params![account.as_str(), region])?;
            let mut insert =
                transaction.prepare_cached("INSERT OR REPLACE INTO _denials VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            for Remembered { service, said, kind, asked_at, .. } in services {
                let said = if *said == Said::Closed { "closed" } else { "open" };
                let asked_at = moment::to_text(*asked_at);
                insert.execute(params![account.as_str(), region, service, said, kind, asked_at])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Forgets all of it (`--retry-denied`).
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn forget_denials(&mut self) -> Result<(), CatalogueError> {
        self.connection.execute("DELETE FROM _denials", [])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(region: Option<&str>, said: &[(&str, Said, u64)]) -> Lesson {
        let account = AccountId::parse("111122223333").unwrap();
        let region = region.map(|region| Region::parse(region).unwrap());
        let service = |(service, said, asked_at): &(&str, Said, u64)| Remembered {
            account: account.clone(),
            region: region.clone(),
            service: (*service).to_owned(),
            said: *said,
            kind: "K".to_owned(),
            asked_at: *asked_at,
        };
        let services = said.iter().map(service).collect();
        Lesson { account, region: region.clone(), services }
    }

    #[test]
    fn what_was_said_is_known_for_a_month_or_until_it_is_said_anew() {
        let mut catalogue = Catalogue::in_memory().unwrap();
        let closed = lesson(Some("eu-west-1"), &[("ec2", Said::Closed, 5), ("kms", Said::Open, 6)]);
        let global = lesson(None, &[("iam", Said::Closed, 7)]);
        catalogue.put_denials(&[closed.clone(), global.clone()], 7).unwrap();
        let all: Vec<Remembered> = [&global, &closed].iter().flat_map(|lesson| lesson.services.clone()).collect();
        assert_eq!(catalogue.denials(7).unwrap(), all);
        assert_eq!(catalogue.denials(7 + KEPT_MS).unwrap(), global.services);
        // A run that did not ask there leaves it as it was.
        catalogue.put_denials(&[lesson(Some("us-east-1"), &[])], 8).unwrap();
        assert_eq!(catalogue.denials(7).unwrap(), all);
        catalogue.put_denials(&[lesson(Some("eu-west-1"), &[])], 9).unwrap();
        assert_eq!(catalogue.denials(9).unwrap(), global.services);
        catalogue.forget_denials().unwrap();
        assert_eq!(catalogue.denials(9).unwrap(), []);
    }
}
