//! From settings to the sinks beside the catalogue.

use super::setup::StartError;
use super::streams::Streams;
use crate::config::settings::Settings;
use crate::config::sinks::SinkUrl;
use crate::credentials::Environment;
use crate::http_client::TlsSettings;
use crate::sink::{Destination, NdjsonSink, NdjsonTarget, Sink, SinkError, WebhookSink};

/// Opens them. Nothing is sent yet.
pub(super) fn open_streams(settings: &Settings, environment: &Environment) -> Result<Streams, StartError> {
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    let mut destinations: Vec<Box<dyn Destination>> = Vec::new();
    for sink in &settings.sinks {
        let target = match sink {
            SinkUrl::Sqlite(_) => continue,
            SinkUrl::NdjsonFile(file) => NdjsonTarget::File(file.clone()),
            SinkUrl::NdjsonStdout => NdjsonTarget::Stdout,
            SinkUrl::Webhook(webhook) => {
                let usage = |error: &dyn std::fmt::Display| StartError::Usage(error.to_string());
                let tls = TlsSettings::from_environment(environment).map_err(|error| usage(&error))?;
                destinations.push(Box::new(WebhookSink::new(webhook, &tls).map_err(|error| usage(&error))?));
                continue;
            }
        };
        let open = NdjsonSink::open(&target).map_err(|error: SinkError| StartError::Sink(error.to_string()))?;
        sinks.push(Box::new(open));
    }
    Ok(Streams::new(sinks).with_destinations(destinations))
}
