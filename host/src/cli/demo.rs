//! `portolan demo`: a recorded organization, replayed into a catalogue; no account and no network needed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, types::Value};

use super::args::{DemoArgs, EstateArgs, SyncArgs};
use crate::aws::{RecordingError, Replay};

/// An organization with nested units, six accounts, three regions and some hundred resources; one account
/// whose role is refused, one region that a service control policy denies. Made from moto.
const RECORDING: &[u8] = include_bytes!("../../demo/organization.jsonl.gz");

/// Questions to put to the catalogue, with what they are about.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "What runs where?",
        "SELECT kind, resources, accounts, stale FROM by_kind ORDER BY resources DESC LIMIT 5",
    ),
    (
        "Which volumes are not encrypted?",
        "SELECT account_id, region, id, Size, State FROM aws_ec2_volume
  WHERE NOT Encrypted ORDER BY Size DESC, id LIMIT 5",
    ),
    (
        "What did we not see, and why?",
        "SELECT account, coalesce(region, '-') AS region, code, count(*) AS times, max(operation) AS operation FROM denied
  GROUP BY account, region, code ORDER BY times DESC LIMIT 5",
    ),
];

/// The recording inside.
///
/// # Errors
/// When it cannot be read, which would be a defect of the build.
pub fn recording() -> Result<Replay, RecordingError> {
    Replay::read(flate2::read::GzDecoder::new(RECORDING), Path::new("the demo's recording"))
}

/// Removes the catalogue of an earlier demo, so that another look shows the same. One with any other run in it stays: a
/// recording that is in a catalogue already finds nothing new there, and to remove somebody's catalogue is not ours.
///
/// # Errors
/// The file holds the recording and other runs, or it cannot be removed.
pub fn start_anew(file: &Path, run_id: &str) -> Result<(), String> {
    let Ok(catalogue) = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY) else { return Ok(()) };
    let count = "SELECT count(*), count(*) FILTER (WHERE run_id = ?1) FROM runs";
    let runs: rusqlite::Result<(i64, i64)> = catalogue.query_row(count, [run_id], |row| Ok((row.get(0)?, row.get(1)?)));
    drop(catalogue);
    match runs {
        Ok((all, of_demo)) if of_demo > 0 && all == of_demo => {
            let name = file.as_os_str().to_owned();
            for end in ["-wal", "-shm", ""] {
                let mut part = name.clone();
                part.push(end);
                match std::fs::remove_file(&part) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(format!("{}: the catalogue of an earlier demo stays: {error}", file.display()));
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        Ok((_, of_demo)) if of_demo > 0 => {
            Err(format!("{} holds the demo and other runs: name another file with --to sqlite:FILE", file.display()))
        }
        // No catalogue, or one without the demo: the run itself says what it thinks of the file.
        _ => Ok(()),
    }
}

/// The command line that the recording was made with, as far as a replay needs it.
#[must_use]
pub fn sync_args(args: &DemoArgs) -> SyncArgs {
    SyncArgs {
        estate: EstateArgs {
            account_role_arn: Some(LISTING_ROLE.to_owned()),
            cache_dir: args.cache_dir.clone(),
            ..EstateArgs::default()
        },
        to: vec![args.to.clone()],
        kinds: Some(KINDS.join(",")),
        include_actions: Some("all".to_owned()),
        ..SyncArgs::default()
    }
}

/// What the recorded organization has: more would ask what was not recorded.
pub const KINDS: &[&str] = &[
    "AWS::Account::Info",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Instance",
    "AWS::EC2::Volume",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::EKS::Cluster",
    "AWS::Lambda::Function",
    "AWS::Organizations::Account",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
];

/// The role in the recorded management account.
const LISTING_ROLE: &str = include_str!("../../demo/listing-role.txt");

/// Three questions with their answers, to go on from.
///
/// # Errors
/// When the catalogue cannot be read.
pub fn questions(file: &PathBuf) -> rusqlite::Result<String> {
    let catalogue = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut out = format!("\nThe catalogue is {}. Three questions to try with any SQLite tool:\n", file.display());
    for (about, sql) in QUESTIONS {
        let _ = writeln!(out, "\n-- {about}\n{sql};\n");
        out.push_str(&answer(&catalogue, sql)?);
    }
    Ok(out)
}

fn answer(catalogue: &Connection, sql: &str) -> rusqlite::Result<String> {
    let mut statement = catalogue.prepare(sql)?;
    let mut lines = vec![statement.column_names().map(str::to_owned).collect::<Vec<_>>()];
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        lines
            .push((0..columns).map(|at| row.get::<_, Value>(at).map(|value| shown(&value))).collect::<Result<_, _>>()?);
    }
    let width =
        |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let _ = writeln!(out, "   {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    Ok(out)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}
