//! Port, where it is a sink: looked at before the run begins, since the mapping may be there and another may be at work.

use super::clock::now_ms;
use super::setup::StartError;
use super::streams::Streams;
use crate::catalogue::Catalogue;
use crate::config::mapping::MappingFile;
use crate::config::settings::Settings;
use crate::config::sinks::SinkUrl;
use crate::credentials::Environment;
use crate::http_client::TlsSettings;
use crate::sink::port::{PortError, PortOptions};
use crate::sink::{Destination, PortIntegration};

/// What a look at Port came to.
pub(super) enum AtPort {
    /// It is no sink.
    NoSink,
    /// It takes nothing in this run; its URL, and why.
    Away(String, String),
    /// It may be written to.
    There(Box<PortIntegration>),
}

/// Looks at Port, and takes the mapping from there where the settings say so. Nothing is written.
///
/// # Errors
/// It must not be written to, or the mapping is there and cannot be had.
pub(super) async fn look(
    settings: &mut Settings,
    environment: &Environment,
    catalogue: &Catalogue,
    is_plan: bool,
) -> Result<AtPort, StartError> {
    let targets = settings.sinks.iter().filter_map(|sink| match sink {
        SinkUrl::Port(target) => Some(target),
        _ => None,
    });
    let Some(target) = targets.clone().next() else { return Ok(AtPort::NoSink) };
    if targets.count() > 1 {
        let message = "a run writes to one Port: what there is to delete is told by one mapping; run twice";
        return Err(StartError::Usage(message.to_owned()));
    }
    let url = target.base_url.to_string();
    let usage = |error: &dyn std::fmt::Display| StartError::Usage(format!("{url}: {error}"));
    let tls = TlsSettings::from_environment(environment).map_err(|error| usage(&error))?;
    let integration = match PortIntegration::look(target, &tls).await {
        Ok(integration) => integration,
        Err(PortError::Destination(error)) if !settings.mapping_from_port => {
            return Ok(AtPort::Away(url, error.to_string()));
        }
        Err(PortError::Destination(error)) => {
            let advice = "the mapping is there; give it with --mapping FILE to run without Port";
            return Err(StartError::Sink(format!("{url}: {error}; {advice}")));
        }
        Err(error) => return Err(usage(&error)),
    };
    if !is_plan {
        // A moment at which a run of this catalogue began: what Port says of it is then about ourselves.
        let is_ours = |moment| catalogue.began(moment).unwrap_or(false);
        integration.refuse_while_another_runs(is_ours, now_ms()).map_err(|error| usage(&error))?;
    }
    if settings.mapping_from_port {
        let found = integration.mapping().ok_or_else(|| {
            usage(&"no mapping is in force there; give one with --mapping FILE, and write it there with --push-mapping")
        })?;
        let mapping = MappingFile::of_port(found, integration.identifier()).map_err(|error| usage(&error))?;
        tracing::info!("the mapping is that of {} at Port", integration.identifier());
        settings.adopt_mapping(mapping);
    }
    Ok(AtPort::There(Box::new(integration)))
}

/// Writes the integration's record, and makes Port a sink of the run; a plan writes to none.
pub(super) async fn open(at_port: AtPort, settings: &Settings, is_plan: bool, streams: Streams) -> Streams {
    let (mut integration, mapping) = match (at_port, &settings.mapping) {
        (AtPort::Away(url, why), _) => {
            // A plan has no sinks that could fail.
            if is_plan {
                return streams;
            }
            streams.fail(&url, &why);
            return streams;
        }
        (AtPort::There(integration), Some(mapping)) if !is_plan => (integration, mapping.json()),
        _ => return streams,
    };
    if let Err(error) = integration.keep_record(settings.push_mapping.then_some(&mapping)).await {
        streams.fail(integration.name(), &error.to_string());
    }
    let sink: Box<dyn Destination> = Box::new(integration.sink(PortOptions::of_mapping(&mapping)));
    streams.and_destination(sink)
}
