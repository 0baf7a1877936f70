//! Asks the component whether it takes a configuration: it alone judges mappings and definitions of kinds.

use std::sync::Arc;

use serde_json::json;

use crate::config::definitions::DefinitionFile;
use crate::config::mapping::MappingFile;
use crate::config::settings::Settings;
use crate::engine::Engine;
use crate::imports::Nowhere;
use crate::instance::Instances;
use crate::manifest::Manifest;
use crate::run::{RunStart, guest_config, refused, remarked, run_facts};

/// What stands for the facts of a run where only the form of the configuration is in question.
const ANY_PARTITION: &str = "aws";
const ANY_REGION: &str = "us-east-1";
const ANY_KEY: &str = "00000000000000000000000000000000";

/// Whether the component takes the settings.
///
/// # Errors
/// What it says against them, a line for each remark.
pub(super) async fn settings(engine: Engine, settings: &Settings) -> Result<(), String> {
    manifest(engine, settings).await.map(drop)
}

/// What the component reads and calls with these settings.
///
/// # Errors
/// What it says against them, a line for each remark.
pub(super) async fn manifest(engine: Engine, settings: &Settings) -> Result<Manifest, String> {
    let config = guest_config(settings, &RunStart::now(), ANY_REGION, ANY_KEY);
    let made = Instances::new(engine, Arc::new(Nowhere), config, run_facts(&RunStart::now(), ANY_PARTITION)).await;
    let (_, configured) =
        made.map_err(|error| refused(&error, &settings.kinds.definitions, settings.mapping.as_ref()))?;
    Manifest::parse(&configured.manifest).map_err(|error| error.to_string())
}

/// Instances that map by a mapping, and what the component warns of.
///
/// # Errors
/// What it says against the mapping, a line for each remark.
pub(super) async fn mapping(
    engine: Engine,
    mapping: &MappingFile,
    definitions: &[DefinitionFile],
) -> Result<(Instances, Vec<String>), String> {
    let config = json!({
        "version": 1, "redaction_key": ANY_KEY, "home_region": ANY_REGION, "mapping": mapping.json(),
        "definitions": definitions.iter().map(DefinitionFile::json).collect::<Vec<_>>(),
    });
    let facts = run_facts(&RunStart::now(), ANY_PARTITION);
    let made = Instances::new(engine, Arc::new(Nowhere), config.to_string(), facts).await;
    let (instances, configured) = made.map_err(|error| refused(&error, definitions, Some(mapping)))?;
    let warnings = configured.warnings.iter().map(|warning| remarked(warning, definitions, Some(mapping)));
    Ok((instances, warnings.collect()))
}
