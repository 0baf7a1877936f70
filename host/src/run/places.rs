//! Where a run writes: its catalogue, the sinks beside it, its recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clock::RunStart;
use super::setup::{Reach, StartError};
use super::streams::Streams;
use super::task::Task;
use crate::aws::{Exchange, Header, Recorder};
use crate::catalogue::file::beside;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::config::settings::Settings;
use crate::config::sinks::SinkUrl;
use crate::credentials::Environment;
use crate::http_client::NetworkSettings;
use crate::sink::{Destination, NdjsonSink, NdjsonTarget, Sink, SinkError, WebhookSink};

/// The catalogue that the run writes to, and whether it keeps rows.
pub(super) fn open_catalogue(settings: &Settings, task: &Task) -> Result<(Catalogue, bool), StartError> {
    let mut files = settings.sinks.iter().filter_map(|sink| match sink {
        SinkUrl::Sqlite(file) => Some(file),
        _ => None,
    });
    let file: Option<&PathBuf> = files.next();
    if let Some(second) = files.next() {
        return Err(StartError::Usage(format!(
            "sqlite:{}: a run keeps one catalogue; copy the file afterwards, or run twice",
            second.display()
        )));
    }
    match (file, task) {
        (None, Task::Plan { .. } | Task::Apply(_)) => Err(StartError::Usage(
            "a plan is about a catalogue, and none is among the sinks: name it with --to sqlite:FILE".to_owned(),
        )),
        (None, Task::Resume) => Err(StartError::Usage(
            "only a catalogue remembers where a run stood, and none is among the sinks: name it with --to sqlite:FILE"
                .to_owned(),
        )),
        (Some(_), Task::Resume) if settings.sinks.iter().any(SinkUrl::is_stream) => Err(StartError::Usage(
            "nothing is resumed: a stream would lack what was written to it before the run was killed; leave \
             the stream out, or run without --resume"
                .to_owned(),
        )),
        (Some(file), Task::Resume) if !file.exists() => {
            Err(StartError::Usage(format!("nothing is resumed: there is no {}; run without --resume", file.display())))
        }
        (Some(file), Task::Plan { .. }) => Ok((Catalogue::rehearsal(file).map_err(|error| sink_failed(&error))?, true)),
        (Some(file), _) => Ok((Catalogue::open(file).map_err(|error| sink_failed(&error))?, true)),
        (None, _) => Ok((Catalogue::in_memory().map_err(|error| sink_failed(&error))?, false)),
    }
}

/// The sinks beside the catalogue. Whoever only looks writes to none.
pub(super) fn open_streams(settings: &Settings, environment: &Environment, task: &Task) -> Result<Streams, StartError> {
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    let mut destinations: Vec<Box<dyn Destination>> = Vec::new();
    if matches!(task, Task::Plan { .. }) {
        return Ok(Streams::new(sinks));
    }
    for sink in &settings.sinks {
        let target = match sink {
            // Port is opened when the mapping is known, by `run/port.rs`.
            SinkUrl::Sqlite(_) | SinkUrl::Port(_) => continue,
            SinkUrl::NdjsonFile(file) => NdjsonTarget::File(file.clone()),
            SinkUrl::NdjsonStdout => NdjsonTarget::Stdout,
            SinkUrl::Webhook(webhook) => {
                let usage = |error: &dyn std::fmt::Display| StartError::Usage(error.to_string());
                let network = NetworkSettings::from_environment(environment).map_err(|error| usage(&error))?;
                destinations.push(Box::new(WebhookSink::new(webhook, &network).map_err(|error| usage(&error))?));
                continue;
            }
        };
        let open = NdjsonSink::open(&target).map_err(|error: SinkError| StartError::Sink(error.to_string()))?;
        sinks.push(Box::new(open));
    }
    Ok(Streams::new(sinks).with_destinations(destinations))
}

/// The place of a plan's recording until the plan is made: beside it, and made anew, so that its mode is ours.
pub(super) fn fresh_recording(plan: &Path) -> Result<PathBuf, StartError> {
    let file = beside(plan, ".part");
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StartError::Sink(format!("{}: {error}", file.display())))
        }
        _ => Ok(file),
    }
}

/// The exchange to use, and the recorder in it where the run is recorded.
pub(super) type Recorded = (Arc<dyn Exchange>, Option<Arc<Recorder>>);

pub(super) fn record(
    file: Option<&Path>,
    start: &RunStart,
    reach: &Reach,
    redaction_key: &str,
) -> Result<Recorded, StartError> {
    let Some(file) = file else { return Ok((Arc::clone(&reach.exchange), None)) };
    let (portolan_recording, notice) = Header::form_and_notice();
    let header = Header {
        portolan_recording,
        notice,
        run_id: start.id.clone(),
        started_at_ms: start.at_ms,
        source_arn: reach.source.arn.clone(),
        source_account: reach.source.account.clone(),
        source_why: reach.source.why.clone(),
        redaction_key: redaction_key.to_owned(),
        partition: reach.partition.clone(),
        home_region: reach.home_region.clone(),
    };
    let recorder = Recorder::create(file, &header, Arc::clone(&reach.exchange));
    let recorder = Arc::new(recorder.map_err(|error| StartError::Sink(error.to_string()))?);
    Ok((Arc::clone(&recorder) as Arc<dyn Exchange>, Some(recorder)))
}

pub(super) fn sink_failed(error: &CatalogueError) -> StartError {
    match error {
        CatalogueError::Locked { .. } => StartError::Locked(error.to_string()),
        _ => StartError::Sink(error.to_string()),
    }
}
