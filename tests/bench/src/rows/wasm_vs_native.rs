//! The guest in WebAssembly against the same code natively: what `cargo bench --bench guest` measures, in this table.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::bench::Bench;
use crate::binary;
use crate::figure::Figure;

/// The bench's cases by their names, and how many times the native code's processor time they may take.
const LIMITS: &[(&str, f64)] = &[("JSON", 1.3), ("XML", 1.8), ("full jq", 1.8)];

/// Measures it.
pub fn measure(_: &Bench) -> Result<Vec<Figure>> {
    let printed = binary::cargo(&["bench", "--quiet", "--workspace", "--bench", "guest", "--", "--json"])?;
    let line = printed.lines().find(|line| line.starts_with('[')).context("the bench printed no figures")?;
    let cases: Vec<Value> = serde_json::from_str(line)?;
    let mut figures = Vec::new();
    for case in &cases {
        let [name, group] = ["name", "group"].map(|member| case[member].as_str().unwrap_or_default());
        let native = case["native_us"].as_f64().context("native_us")?;
        let component = case["component_us"].as_f64().context("component_us")?;
        let limit = LIMITS.iter().find(|(known, _)| *known == group).map(|(_, limit)| *limit);
        figures.push(Figure::seen(format!("{name}: a resource, natively"), native, "µs"));
        figures.push(Figure {
            limit,
            ..Figure::seen(format!("{name}: in WebAssembly, times that"), component / native, "")
        });
    }
    Ok(figures)
}
