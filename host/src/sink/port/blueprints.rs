//! Blueprints made where they are missing. One that is there is somebody's, and stays as it is.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::Value;

use super::super::DestinationError;
use super::PortIntegration;
use super::client::segment;

/// What a blueprint says about others: it is added once they are there.
const ABOUT_OTHERS: &[&str] =
    &["relations", "mirrorProperties", "calculationProperties", "aggregationProperties", "ownership"];

impl PortIntegration {
    /// Makes those of these blueprints that Port does not have, and gives their identifiers.
    ///
    /// # Errors
    /// Port does not say, or refuses one: entities of it would be refused as well.
    pub async fn make_missing_blueprints(&self, blueprints: &[Value]) -> Result<Vec<String>, DestinationError> {
        let mut missing = Vec::new();
        for blueprint in blueprints {
            let Some(identifier) = blueprint.get("identifier").and_then(Value::as_str) else { continue };
            let path = format!("/blueprints/{}", segment(identifier));
            let answer = self.client().ask(Method::GET, &path, Bytes::new()).await?;
            if answer.status() == StatusCode::NOT_FOUND {
                missing.push((identifier, blueprint));
            } else {
                answer.success("looking for a blueprint")?;
            }
        }
        for (identifier, blueprint) in &missing {
            let mut bare = (*blueprint).clone();
            if let Some(members) = bare.as_object_mut() {
                members.retain(|name, _| !ABOUT_OTHERS.contains(&name.as_str()));
            }
            let answer = self.client().ask(Method::POST, "/blueprints", Bytes::from(bare.to_string())).await?;
            // Somebody else was faster.
            if answer.status() != StatusCode::CONFLICT {
                answer.success(&format!("making the blueprint {identifier}"))?;
            }
        }
        // Relations first: the rest may look along them, on either side.
        for names in [&["relations"][..], ABOUT_OTHERS] {
            for (identifier, blueprint) in &missing {
                let members = blueprint.as_object().into_iter().flatten();
                let about: serde_json::Map<String, Value> = members
                    .filter(|(name, value)| names.contains(&name.as_str()) && !is_empty(value))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                if about.is_empty() || names.len() > 1 && about.keys().all(|name| name == "relations") {
                    continue;
                }
                let path = format!("/blueprints/{}", segment(identifier));
                let body = Bytes::from(Value::Object(about).to_string());
                let answer = self.client().ask(Method::PATCH, &path, body).await?;
                answer.success(&format!("completing the blueprint {identifier}"))?;
            }
        }
        Ok(missing.into_iter().map(|(identifier, _)| identifier.to_owned()).collect())
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}
