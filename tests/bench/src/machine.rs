//! On what it was measured, and when.

use std::process::Command;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::bench::Bench;
use crate::binary;

/// Named facts, in the order in which they are shown.
pub fn facts(bench: &Bench) -> Map<String, Value> {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let day = OffsetDateTime::now_utc().format(format_description!("[year]-[month]-[day] [hour]:[minute]"));
    let facts = [
        ("processor", json!(cpu.trim_start_matches([' ', '\t', ':']))),
        ("cores", json!(bench.cores())),
        ("system", json!(read("/proc/sys/kernel/osrelease").trim())),
        ("load before", json!(read("/proc/loadavg").split(' ').next().unwrap_or_default())),
        ("date", json!(format!("{} UTC", day.unwrap_or_default()))),
        ("portolan", json!(said(Command::new(&bench.portolan).arg("--version")))),
        ("commit", json!(said(Command::new("git").args(["describe", "--always", "--dirty"])))),
        ("rustc", json!(said(Command::new("rustc").arg("--version")))),
        ("profile", json!(profile())),
    ];
    facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}

/// By the folder that this lies in: `release`, `debug`.
pub fn profile() -> String {
    let folder = binary::profile().ok();
    folder.as_deref().and_then(|folder| folder.file_name()).unwrap_or_default().to_string_lossy().into_owned()
}

fn said(command: &mut Command) -> String {
    let ended = command.current_dir(binary::workspace()).output();
    ended.map(|ended| String::from_utf8_lossy(&ended.stdout).trim().to_owned()).unwrap_or_default()
}
