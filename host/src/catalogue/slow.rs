//! Which units took long in the last run.

use portolan_names::{AccountId, Region};
use rusqlite::params;

use super::{Catalogue, CatalogueError};
use crate::unit::UnitKey;

impl Catalogue {
    /// The units that took long, with milliseconds.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn slow_units(&self) -> Result<Vec<(UnitKey, u64)>, CatalogueError> {
        let mut query = self.connection.prepare("SELECT kind, account_id, region, took_ms FROM _slow_units")?;
        let rows = query.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
        })?;
        let mut slow = Vec::new();
        for row in rows {
            let (kind, account, region, took_ms) = row?;
            // What another hand has written there and is no unit is no hint.
            let Ok(account) = AccountId::parse(&account) else { continue };
            let region = if region.is_empty() { None } else { Region::parse(&region).ok() };
            slow.push((UnitKey { kind, account, region }, took_ms.try_into().unwrap_or(0)));
        }
        Ok(slow)
    }

    /// Keeps what was slow in a run in place of what was in the last.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn put_slow_units(&mut self, slow: &[(UnitKey, u64)]) -> Result<(), CatalogueError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM _slow_units", [])?;
        let mut insert = transaction.prepare("INSERT OR REPLACE INTO _slow_units VALUES (?1, ?2, ?3, ?4)")?;
        for (unit, took_ms) in slow {
            let region = unit.region.as_ref().map_or("", Region::as_str);
            insert.execute(params![
                unit.kind,
                unit.account.as_str(),
                region,
                i64::try_from(*took_ms).unwrap_or(i64::MAX)
            ])?;
        }
        drop(insert);
        Ok(transaction.commit()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_runs_slow_units_take_the_place_of_the_last_ones() {
        let mut catalogue = Catalogue::in_memory().unwrap();
        let unit = |region: Option<&str>| UnitKey {
            kind: "AWS::EC2::Volume".to_owned(),
            account: AccountId::parse("111122223333").unwrap(),
            region: region.map(|region| Region::parse(region).unwrap()),
        };
        catalogue.put_slow_units(&[(unit(None), 5)]).unwrap();
        catalogue.put_slow_units(&[(unit(Some("eu-west-1")), 1_234)]).unwrap();
        assert_eq!(catalogue.slow_units().unwrap(), [(unit(Some("eu-west-1")), 1_234)]);
    }
}
