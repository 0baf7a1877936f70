//! Reads the catalogue file that a run wrote, with SQLite itself and nothing of the product.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};

/// The rows of a query, each an object by column name; text that holds JSON stays text.
///
/// # Panics
/// When the file is no catalogue or the query is wrong.
pub fn rows(file: &Path, query: &str) -> Vec<Value> {
    let read = || -> rusqlite::Result<Vec<Value>> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut statement = connection.prepare(query)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut object = Map::new();
            for (index, name) in names.iter().enumerate() {
                object.insert(name.clone(), value(row.get_ref(index)?));
            }
            found.push(Value::Object(object));
        }
        Ok(found)
    };
    read().unwrap_or_else(|error| panic!("{}: {error}: {query}", file.display()))
}

/// The only value of a query's only row, as a number.
///
/// # Panics
/// As [`rows`], and when there is no such value.
pub fn number(file: &Path, query: &str) -> i64 {
    let rows = rows(file, query);
    let first = rows.first().and_then(Value::as_object).and_then(|row| row.values().next()).and_then(Value::as_i64);
    first.unwrap_or_else(|| panic!("{query} gave {rows:?}"))
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned().into(),
    }
}
