//! The table, for people and for programs.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::figure::{Figure, shown};
use crate::rows::Row;

/// A row with what was measured, or why it could not be.
pub type Measured = (&'static Row, Result<Vec<Figure>>);

/// Prints the table.
pub fn print(facts: &Map<String, Value>, rows: &[Measured]) {
    for (name, fact) in facts {
        println!("{name:<14} {}", fact.as_str().map_or_else(|| fact.to_string(), str::to_owned));
    }
    println!("\n{:<16} {:<58} {:>12} {:>12}  verdict", "row", "what", "must reach", "measured");
    for (row, figures) in rows {
        match figures {
            Ok(figures) => figures.iter().for_each(|figure| println!("{}", line(row.name, figure))),
            Err(error) => println!("{:<16} not measured: {error:#}", row.name),
        }
    }
}

fn line(row: &str, figure: &Figure) -> String {
    let with_unit = |value| format!("{} {}", shown(value), figure.unit).trim().to_owned();
    let limit = figure.limit.map(|limit| format!("≤ {}", with_unit(limit))).unwrap_or_default();
    let line =
        format!("{row:<16} {:<58} {limit:>12} {:>12}  {}", figure.name, with_unit(figure.value), figure.verdict());
    line.trim_end().to_owned()
}

/// The same as JSON: `{"facts": {…}, "rows": {"peer": [{"name", "value", "unit", "limit"}] or {"error"}}}`.
pub fn json(facts: &Map<String, Value>, rows: &[Measured]) -> String {
    let row = |(row, figures): &Measured| {
        let value = match figures {
            Ok(figures) => json!(figures),
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        (row.name.to_owned(), value)
    };
    let rows: Map<String, Value> = rows.iter().map(row).collect();
    format!("{:#}\n", json!({ "facts": facts, "rows": rows }))
}
