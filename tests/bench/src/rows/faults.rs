//! The same catalogue through bad weather, and how many calls more that takes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use portolan_scripted_aws::{Fault, Options, Weather};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};

use super::scripted::{Told, read_with, regional_kinds};
use crate::bench::Bench;
use crate::figure::{Figure, number};

const CALLS_RATIO: f64 = 1.3;
/// What a resource is, without when it was seen and by which run.
const CONTENTS: &str = "SELECT resource_key, kind, account_id, region, scope_region, id, arn, name, properties, tags, \
    owner_account_id, parent_key, created_at, missing_since IS NULL, deleted_at IS NULL, stale_since IS NULL, \
    stale_actions, context FROM resources ORDER BY resource_key";

/// The weather of the row: the share of all answers that each hits.
pub fn weather() -> Vec<Fault> {
    let shares =
        [(Weather::Throttled, 0.05), (Weather::Internal, 0.02), (Weather::Reset, 0.01), (Weather::Truncated, 0.005)];
    let fault = |(seed, (weather, share))| Fault { seed, ..Fault::of(weather, share) };
    (1_u64..).zip(shares).map(fault).collect()
}

/// Measures it.
pub fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let options = Options { accounts: 10, regions: 5, resources: 4, latency_ms: 2.0, ..Options::default() };
    let fair = read(bench, &options)?;
    fair.ran.tell("without faults");
    let foul = read(bench, &Options { faults: weather(), ..options })?;
    foul.ran.tell("with faults");
    let (there, also) = (contents(&fair.ran.catalogue())?, contents(&foul.ran.catalogue())?);
    let differ: Vec<&String> = there.keys().filter(|kind| there.get(*kind) != also.get(*kind)).collect();
    ensure!(there.len() == also.len() && differ.is_empty(), "the catalogues differ in {differ:?}");
    let rows: u64 = there.values().map(|(rows, _)| rows).sum();
    let hits: f64 = foul.usage["faults"].as_object().into_iter().flatten().filter_map(|(_, hits)| hits.as_f64()).sum();
    Ok(vec![
        Figure::seen("resources, the same with faults and without", number(rows), ""),
        Figure::seen("answers that something was wrong with", hits * 100.0 / foul.used("total").max(1.0), "%"),
        Figure::at_most(CALLS_RATIO, "calls ÷ calls without faults", foul.ran.calls() / fair.ran.calls(), ""),
        Figure::seen("wall clock ÷ that without faults", foul.ran.wall_s() / fair.ran.wall_s(), ""),
    ])
}

fn read(bench: &Bench, options: &Options) -> Result<Told> {
    read_with(bench, options, &regional_kinds(), &[], |sync| {
        // What is redacted is digested under a key of the catalogue's own, and so is another in each.
        sync.environment.push(("PORTOLAN__SENSITIVE".to_owned(), "keep".to_owned()));
        Ok(())
    })
}

/// How many resources of each kind a catalogue has, and a digest of what they are.
fn contents(catalogue: &Path) -> Result<BTreeMap<String, (u64, Vec<u8>)>> {
    let open = Connection::open_with_flags(catalogue, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let connection = open.with_context(|| catalogue.display().to_string())?;
    let mut statement = connection.prepare(CONTENTS)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut kinds: BTreeMap<String, (u64, Sha256)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (count, digest) = kinds.entry(row.get("kind")?).or_default();
        *count += 1;
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Text(text) => digest.update(text),
                other => digest.update(format!("{other:?}")),
            }
            digest.update([0]);
        }
    }
    Ok(kinds.into_iter().map(|(kind, (count, digest))| (kind, (count, digest.finalize().to_vec()))).collect())
}
