use rusqlite::{OptionalExtension, params};

use super::{Catalogue, CatalogueError, moment};

/// What CloudFormation said of a resource type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeRow {
    /// `aws`, `aws-cn`, …: each has a registry of its own.
    pub partition: String,
    /// `AWS::IoT::Thing`
    pub type_name: String,
    /// Which version of the type was described.
    pub version: String,
    /// What its handlers need, as JSON, for whoever reads the table.
    pub actions: String,
    /// The answer.
    pub answer: String,
    /// When.
    pub seen_at: u64,
}

impl Catalogue {
    /// The last answer about a type, if it came at `since` or later.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn find_type(&self, partition: &str, type_name: &str, since: u64) -> Result<Option<String>, CatalogueError> {
        let mut query = self.connection.prepare_cached(
            "SELECT answer FROM types WHERE partition = ?1 AND type_name = ?2 AND seen_at >= ?3 ORDER BY seen_at DESC LIMIT 1",
        )?;
        let found = query.query_row(params![partition, type_name, moment::to_text(since)], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// Keeps an answer about a type, in place of an older one about the same version.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn put_type(&mut self, row: &TypeRow) -> Result<(), CatalogueError> {
        let mut insert = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO types (partition, type_name, version, actions, answer, seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let seen_at = moment::to_text(row.seen_at);
        insert.execute(params![row.partition, row.type_name, row.version, row.actions, row.answer, seen_at])?;
        Ok(())
    }
}
