//! `portolan restore`: puts back what a run deleted, or lists the runs that deleted something.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::args::RestoreArgs;
use super::validate::Printed;
use crate::catalogue::{Catalogue, CatalogueError, DeletedResource, DeletingRun, Restoration};
use crate::config::settings::Settings;
use crate::config::sinks::SinkUrl;
use crate::run::{ExitStatus, now_ms};

/// Resources of one kind and outcome that are named; the catalogue's table `deletions` has all.
const NAMED_MAX: usize = 20;

/// Does it, in the catalogue of the settings.
#[must_use]
pub fn restore(args: &RestoreArgs, settings: &Settings) -> Printed {
    let file = settings.sinks.iter().find_map(|sink| match sink {
        SinkUrl::Sqlite(file) => Some(file.as_path()),
        _ => None,
    });
    let refused =
        |status: ExitStatus, why: String| Printed { out: String::new(), err: why + "\n", status: status.code() };
    let Some(file) = file else {
        let why = "only a catalogue remembers what went, and none is among the sinks: name it with --to sqlite:FILE";
        return refused(ExitStatus::Usage, why.to_owned());
    };
    if !file.exists() {
        let why = format!("{}: there is no such catalogue; name it with --to sqlite:FILE", file.display());
        return refused(ExitStatus::Usage, why);
    }
    match in_catalogue(args, file) {
        Ok(text) => Printed::done(text),
        Err(error) => {
            let status = match error {
                CatalogueError::Locked { .. } => ExitStatus::Locked,
                CatalogueError::NothingToRestore { .. } => ExitStatus::Usage,
                _ => ExitStatus::Sink,
            };
            refused(status, error.to_string())
        }
    }
}

fn in_catalogue(args: &RestoreArgs, file: &Path) -> Result<String, CatalogueError> {
    let mut catalogue = Catalogue::open(file)?;
    match &args.run {
        None => Ok(list(&catalogue.deleting_runs()?)),
        Some(run_id) => Ok(account(run_id, &catalogue.restore(run_id, args.kind.as_deref(), now_ms())?)),
    }
}

fn list(runs: &[DeletingRun]) -> String {
    if runs.is_empty() {
        return "no run deleted anything that is still kept (deleted rows are kept for 30 days)\n".to_owned();
    }
    let width = runs.iter().map(|run| run.run_id.len()).max().unwrap_or(0).max("run".len());
    // Writing to a String cannot fail.
    let mut text = format!("{:<width$}  {:<20}  {:>7} {:>5} {:>8}\n", "run", "began", "deleted", "kinds", "restored");
    for run in runs {
        let began: String = run.started_at.as_deref().unwrap_or("-").chars().take(19).collect();
        let _ = writeln!(
            text,
            "{:<width$}  {began:<20}  {:>7} {:>5} {:>8}",
            run.run_id, run.deleted, run.kinds, run.restored
        );
    }
    text.push_str("\nPut back what one of them deleted with\n  portolan restore --run RUN [--kind KIND]\n");
    text
}

fn account(run_id: &str, restored: &[(DeletedResource, Restoration)]) -> String {
    let mut by_outcome: BTreeMap<Restoration, BTreeMap<&str, Vec<&DeletedResource>>> = BTreeMap::new();
    for (resource, became) in restored {
        by_outcome.entry(*became).or_default().entry(&resource.kind).or_default().push(resource);
    }
    let back = restored.iter().filter(|(_, became)| *became == Restoration::Back).count();
    let mut text = format!("Run {run_id}: {back} of {} put back.\n", restored.len());
    for (became, kinds) in &by_outcome {
        let _ = writeln!(text, "\n{became}:");
        for (kind, resources) in kinds {
            for resource in resources.iter().take(NAMED_MAX) {
                let region = resource.region.as_ref().map(|region| format!(" {region}")).unwrap_or_default();
                let line = format!("{kind}  {}{region} {}", resource.account, resource.id);
                let _ = writeln!(text, "  {}", crate::imports::printable(&line, LINE_BYTES_MAX));
            }
            if resources.len() > NAMED_MAX {
                let _ = writeln!(text, "  {kind}  … and {} more", resources.len() - NAMED_MAX);
            }
        }
    }
    if back > 0 {
        text.push_str(
            "\nWhat is really gone goes again once two more runs agree that it is; what is seen before that stays.\n",
        );
    }
    text
}

/// One line of the account: ids come from AWS, up to 2 KiB in an ARN.
const LINE_BYTES_MAX: usize = 4 << 10;
