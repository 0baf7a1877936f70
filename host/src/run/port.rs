//! Port, where it is a sink: looked at before the run begins, since the mapping may be there and another may be at work.

use super::clock::now_ms;
use super::setup::StartError;
use super::streams::Streams;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::config::mapping::MappingFile;
use crate::config::settings::Settings;
use crate::config::sinks::SinkUrl;
use crate::credentials::Environment;
use crate::defaults::blueprints;
use crate::http_client::NetworkSettings;
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
    let network = NetworkSettings::from_environment(environment).map_err(|error| usage(&error))?;
    let integration = match PortIntegration::look(target, &network).await {
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

/// Learns, once, which entities there are ours and unknown to this catalogue: what a lost ledger or the peer has left there.
///
/// # Errors
/// The catalogue cannot be written.
pub(super) async fn adopt(at_port: &AtPort, catalogue: &mut Catalogue) -> Result<(), StartError> {
    let failed = |error: CatalogueError| StartError::Sink(error.to_string());
    let AtPort::There(integration) = at_port else { return Ok(()) };
    if catalogue.has_adopted(integration.name()).map_err(failed)? {
        return Ok(());
    }
    match integration.owned().await {
        Ok(owned) => {
            tracing::info!(sink = integration.name(), entities = owned.len(), "what was written there before is known");
            catalogue.adopt(integration.name(), &owned).map_err(failed)
        }
        Err(error) => {
            let what =
                "what was written there before is not known, and nothing of it is deleted; the next run asks again";
            tracing::warn!(sink = integration.name(), "{error}: {what}");
            Ok(())
        }
    }
}

/// Makes the blueprints of the mapping that Port lacks and that come with the kinds.
async fn make_blueprints(integration: &PortIntegration, mapping: &MappingFile) -> Result<(), String> {
    let named = mapping.blueprints();
    let blueprints = blueprints(&named.iter().map(String::as_str).collect()).map_err(|error| error.to_string())?;
    let made = integration.make_missing_blueprints(&blueprints).await.map_err(|error| error.to_string())?;
    if !made.is_empty() {
        tracing::info!(sink = integration.name(), "blueprints made: {}", made.join(", "));
    }
    Ok(())
}

/// Writes the integration's record, and makes Port a sink of the run; a plan writes to none.
pub(super) async fn open(at_port: AtPort, settings: &Settings, is_plan: bool, streams: Streams) -> Streams {
    let (mut integration, file) = match (at_port, &settings.mapping) {
        (AtPort::Away(url, why), _) => {
            // A plan has no sinks that could fail.
            if is_plan {
                return streams;
            }
            streams.fail(&url, &why);
            return streams;
        }
        (AtPort::There(integration), Some(mapping)) if !is_plan => (integration, mapping),
        _ => return streams,
    };
    let mapping = file.json();
    if let Err(why) = make_blueprints(&integration, file).await {
        streams.fail(integration.name(), &why);
    }
    if let Err(error) = integration.keep_record(settings.push_mapping.then_some(&mapping)).await {
        streams.fail(integration.name(), &error.to_string());
    }
    let sink: Box<dyn Destination> = Box::new(integration.sink(PortOptions::of_mapping(&mapping)));
    streams.and_destination(sink)
}
