//! The integration's record at Port: whose entities they are, which mapping is in force, whether somebody is at work.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::{DestinationError, Ending};
use super::client::{Client, segment};
use super::{Origin, PortOptions, PortSink};
use crate::catalogue::moment;
use crate::config::port::PortTarget;
use crate::http_client::{NetworkSettings, TlsError};

/// A resync that began longer ago is taken for one that was killed: nothing takes its state back. The largest estates
/// that the peer's users speak of take some hours.
const RESYNC_MS_MAX: u64 = 24 * 3_600 * 1_000;
/// For telling Port how the run ended, at its very end: not worth waiting for longer.
const FINISH: Duration = Duration::from_secs(10);
/// Organizations with both of these have their mapping done by Port itself.
const MAPPED_BY_PORT: &[&str] = &["LAKEHOUSE_ELIGIBLE", "DATA_SOURCE_PROCESSOR_ENABLED"];
/// Unless the integration's record says this under `processingMode`.
const MAPPED_BY_CLIENT: &str = "ocean-core";

/// Why Port is no sink of this run.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// It must not be written to: the run does not begin.
    #[error("{0}")]
    Refused(String),
    /// It cannot be reached, or refuses us.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The trusted certificates cannot be read.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// An integration at Port, looked at and not yet written to.
pub struct PortIntegration {
    client: Arc<Client>,
    origin: Origin,
    kind: String,
    identifier: String,
    name: String,
    /// None: Port has none of this identifier.
    record: Option<Value>,
}

impl PortIntegration {
    /// Looks at the organization and at the integration's record.
    ///
    /// # Errors
    /// Port cannot be reached; it refuses the client; the organization's mapping is done by Port itself; the identifier is
    /// an integration's of another type.
    pub async fn look(port: &PortTarget, network: &NetworkSettings) -> Result<Self, PortError> {
        let client = Client::new(port, network)?;
        let (kind, identifier) = (port.kind.as_str().to_owned(), port.identifier.as_str().to_owned());
        let organization: Value = get(&client, "/organization", "looking at the organization").await?;
        let path = format!("/integration/{}", segment(&identifier));
        let answer = client.ask(Method::GET, &path, Bytes::new()).await?;
        let record = if answer.status() == StatusCode::NOT_FOUND {
            None
        } else {
            let said: Value = answer.success("looking at the integration")?.read()?;
            said.get("integration").filter(|record| record.as_object().is_some_and(|o| !o.is_empty())).cloned()
        };
        let organization = organization.get("organization").unwrap_or(&Value::Null);
        refuse_mapped_by_port(organization, record.as_ref(), &identifier)?;
        let found = record.as_ref().and_then(|record| record.get("installationAppType")).and_then(Value::as_str);
        if let Some(found) = found.filter(|found| !found.eq_ignore_ascii_case(&kind)) {
            return Err(PortError::Refused(format!(
                "the integration {identifier} at Port is of the type {found}, not {kind}; choose another identifier, or \
                 that type if its entities are to be replaced"
            )));
        }
        // The organization is part of the name: what another one has was never sent to this one.
        let organization = organization.get("id").and_then(Value::as_str).unwrap_or("unknown");
        let name = format!("{}/{organization}/{identifier}", port.base_url);
        let origin = Origin { prefix: format!("port-ocean/{kind}/"), suffix: format!("/{identifier}/exporter") };
        Ok(Self { client: Arc::new(client), origin, kind, identifier, name, record })
    }

    /// Under which the catalogue remembers what Port has.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its identifier.
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The mapping in force; none where nobody has written one.
    #[must_use]
    pub fn mapping(&self) -> Option<&Value> {
        let config = self.record.as_ref()?.get("config")?;
        config.as_object().is_some_and(|config| !config.is_empty()).then_some(config)
    }

    /// Refuses while another agent's resync runs. `own` says of a moment, in milliseconds since 1970, whether a run of
    /// this catalogue began then: a run that was killed leaves its state behind, and must not keep itself out.
    ///
    /// # Errors
    /// Another one is at work.
    pub fn refuse_while_another_runs(&self, own: impl Fn(u64) -> bool, now_ms: u64) -> Result<(), PortError> {
        let Some(state) = self.record.as_ref().and_then(|record| record.get("resyncState")) else { return Ok(()) };
        if state.get("status").and_then(Value::as_str) != Some("running") {
            return Ok(());
        }
        let moment = |name: &str| state.get(name).and_then(Value::as_str).and_then(moment::from_text);
        let Some(began) = moment("lastResyncStart").or_else(|| moment("updatedAt")) else { return Ok(()) };
        if own(began) || now_ms.saturating_sub(began) > RESYNC_MS_MAX {
            return Ok(());
        }
        Err(PortError::Refused(format!(
            "a resync of the integration {} has been running at Port since {}, and it is not ours: two agents would \
             delete each other's entities. Stop the other one, and wait until its state at Port is no longer \"running\" \
             (a state that is older than a day is not heeded)",
            self.identifier,
            moment::to_text(began)
        )))
    }

    /// Writes the record: made where there is none, its version ours, and its mapping where one is given.
    ///
    /// # Errors
    /// Port refuses it.
    pub async fn keep_record(&mut self, mapping: Option<&Value>) -> Result<(), DestinationError> {
        let version = Client::version();
        let (method, path, body, what) = match &self.record {
            None => {
                let body = json!({
                    "installationId": self.identifier, "installationAppType": self.kind, "version": version,
                    "changelogDestination": {}, "config": mapping.unwrap_or(&json!({})),
                });
                (Method::POST, "/integration".to_owned(), body, "making the integration")
            }
            Some(record) => {
                let mut body = json!({ "version": version });
                if let Some(mapping) = mapping {
                    body = json!({ "version": version, "config": mapping });
                } else if record.get("version").and_then(Value::as_str) == Some(version) {
                    return Ok(());
                }
                let path = format!("/integration/{}", segment(&self.identifier));
                (Method::PATCH, path, body, "writing the integration's record")
            }
        };
        let answer = self.client.ask(method, &path, Bytes::from(body.to_string())).await?.success(what)?;
        let said: Value = answer.read()?;
        self.record = said.get("integration").cloned().or(self.record.take());
        Ok(())
    }

    /// The sink that writes in this integration's name.
    #[must_use]
    pub fn sink(&self, options: PortOptions) -> PortSink {
        PortSink {
            name: self.name.clone(),
            client: Arc::clone(&self.client),
            origin: self.origin.clone(),
            identifier: self.identifier.clone(),
            options,
            splits: AtomicU32::new(0),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) const fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl PortSink {
    pub(super) async fn resync_begins(&self, started_ms: u64) -> Result<(), DestinationError> {
        // As the peer writes it, its slip of the pen included.
        let state = json!({
            "status": "running", "lastResyncStart": moment::to_text(started_ms), "lastResyncEnd": null,
            "nextResync": null, "intervalInMinuets": null,
        });
        self.resync_state(&state).await
    }

    pub(super) async fn resync_ends(&self, ending: Ending) -> Result<(), DestinationError> {
        let status = match ending {
            Ending::Completed => "completed",
            Ending::Failed => "failed",
            Ending::Aborted => "aborted",
        };
        let now = moment::to_text(crate::run::now_ms());
        let state = json!({"status": status, "lastResyncEnd": now, "nextResync": null, "intervalInMinuets": null});
        let sent = tokio::time::timeout(FINISH, self.resync_state(&state)).await;
        sent.unwrap_or_else(|_| Err(DestinationError::Unavailable("Port did not hear how the run ended".to_owned())))
    }

    async fn resync_state(&self, state: &Value) -> Result<(), DestinationError> {
        let path = format!("/integration/{}/resync-state", segment(&self.identifier));
        let answer = self.client.ask(Method::PATCH, &path, Bytes::from(state.to_string())).await?;
        answer.success("writing the resync's state").map(drop)
    }
}

fn refuse_mapped_by_port(organization: &Value, record: Option<&Value>, identifier: &str) -> Result<(), PortError> {
    let flags = organization.get("featureFlags").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let by_port = MAPPED_BY_PORT.iter().all(|flag| flags.iter().any(|known| known == flag));
    let mode = record.and_then(|record| record.get("processingMode")).and_then(Value::as_str);
    if !by_port || mode == Some(MAPPED_BY_CLIENT) {
        return Ok(());
    }
    Err(PortError::Refused(format!(
        "in this organization Port itself applies the mapping ({}): it expects what the cloud answered, from its own \
         integrations only, and would take entities that are sent to it for another's. Set processingMode of the \
         integration {identifier} to {MAPPED_BY_CLIENT} at Port (the peer does so with OCEAN__PROCESSING_MODE), or ask \
         Port to turn this off",
        MAPPED_BY_PORT.join(", ")
    )))
}

async fn get(client: &Client, path: &str, what: &str) -> Result<Value, PortError> {
    Ok(client.ask(Method::GET, path, Bytes::new()).await?.success(what)?.read()?)
}
