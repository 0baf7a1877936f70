//! Questions that ship as SQL, each with an answer and with whether what it rests on was whole.
//!
//! A file holds two statements, divided by the line `-- scope`: `sqlite3 portolan.db < FILE` prints both. Zero rows of a
//! scope that was not whole is not *none*. Of the ten questions those are here that the kinds of this version can
//! answer; open security groups and load balancers without targets need kinds to come.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, Statement};

use super::CatalogueError;

/// Rows of one answer that are kept: what a terminal or a report can show. Who needs more asks SQLite.
pub const ANSWER_ROWS_MAX: usize = 10_000;

/// A question and its SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The name of its file.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// The file: both statements.
    pub sql: &'static str,
}

macro_rules! questions {
    ($($name:literal: $title:literal,)+) => {
        /// All questions.
        pub const QUESTIONS: &[Question] = &[$(
            Question { name: $name, title: $title, sql: include_str!(concat!("questions/", $name, ".sql")) },
        )+];
    };
}

questions! {
    "instances_by_type_and_account": "Which instance types run in which accounts?",
    "untagged_by_key": "What lacks a required tag?",
    "unencrypted_volumes_and_databases": "Which volumes and databases are not encrypted?",
    "public_buckets": "Which buckets may be public?",
    "functions_by_runtime": "Which runtimes do functions use?",
    "unattached_volumes": "Which volumes are attached to nothing?",
    "roles_assumable_from_outside": "Which roles can be assumed from outside their account?",
    "changed_since": "What changed?",
    "not_seen": "What was not seen, and why?",
}

/// What the catalogue knows about a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, at most [`ANSWER_ROWS_MAX`].
    pub rows: Vec<Vec<Value>>,
    /// Each kind that the answer rests on, with `whole`, or what is not.
    pub scope: Vec<(String, String)>,
}

impl Answer {
    /// Whether every kind that the answer rests on was read whole in the last run, everywhere: then no rows means none.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.scope.is_empty() && self.scope.iter().all(|(_, answer)| answer.starts_with("whole"))
    }
}

impl Question {
    /// The question of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        QUESTIONS.iter().find(|question| question.name == name)
    }

    /// Asks a catalogue. `parameters` are names without colon (`key`, `since`); those not given have their defaults.
    ///
    /// # Errors
    /// The file is no catalogue, or cannot be read.
    pub fn ask(&self, connection: &Connection, parameters: &[(&str, &str)]) -> Result<Answer, CatalogueError> {
        let (answer, scope) =
            self.sql.split_once("\n-- scope\n").unwrap_or((self.sql, "SELECT kind, answer FROM scope"));
        let mut statement = connection.prepare(answer)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let rows =
            fetch(&mut statement, parameters, |row| (0..columns.len()).map(|column| cell(row, column)).collect())?;
        let scope = fetch(&mut connection.prepare(scope)?, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Answer { columns, rows, scope })
    }
}

fn fetch<T>(
    statement: &mut Statement<'_>,
    parameters: &[(&str, &str)],
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    for (name, value) in parameters {
        if let Some(index) = statement.parameter_index(&format!(":{name}"))? {
            statement.raw_bind_parameter(index, value)?;
        }
    }
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        if out.len() == ANSWER_ROWS_MAX {
            break;
        }
        out.push(read(row)?);
    }
    Ok(out)
}

fn cell(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(column)? {
        // A text that is no UTF-8 can only have come from another hand.
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        other => other.try_into()?,
    })
}
