//! Where the catalogue goes: whether each place could be written to. Nothing is.

use std::path::Path;
use std::time::Duration;

use super::case::Case;
use super::cause::Cause;
use super::finding::{Answer, Finding};
use super::mend::Mend;
use super::reach;
use super::stage::Stage;
use crate::catalogue::{Catalogue, CatalogueError, folder_takes_files};
use crate::config::port::PortTarget;
use crate::config::sinks::SinkUrl;
use crate::config::webhook::Webhook;
use crate::http_client::{HttpClient, NetworkSettings};
use crate::sink::port::PortError;
use crate::sink::{DestinationError, PortIntegration};

const STAGE: Stage = Stage::Sinks;
/// For a look at Port, its client's patience included.
const PORT_WAIT: Duration = Duration::from_secs(30);

pub(super) async fn examine(case: &Case) -> Finding {
    let mut below = Vec::new();
    for sink in &case.settings.sinks {
        let finding = match sink {
            SinkUrl::Sqlite(file) => catalogue(file),
            SinkUrl::NdjsonFile(file) => lines(file),
            SinkUrl::NdjsonStdout => Finding::works(STAGE, "standard output takes it"),
            SinkUrl::Webhook(hook) => webhook(case, hook).await,
            SinkUrl::Port(target) => port(case, target).await,
        };
        below.push(finding.about(sink.to_string()));
    }
    Finding::works(STAGE, format!("{} configured", below.len())).over(below)
}

fn catalogue(file: &Path) -> Finding {
    match Catalogue::glance(file) {
        Ok(true) => Finding::works(STAGE, "a catalogue, and no run holds it"),
        Ok(false) => Finding::works(STAGE, "not there yet; it can be made"),
        Err(error) => {
            let (cause, mend) = match &error {
                CatalogueError::Locked { .. } => (
                    Cause::Held,
                    Mend::run(format!(
                        "fuser -v {}.lock   # the run that holds it: wait for it, or stop it",
                        file.display()
                    )),
                ),
                CatalogueError::NotACatalogue { .. } | CatalogueError::TooNew { .. } => (
                    Cause::NotACatalogue,
                    Mend::act("name another file with --to sqlite:FILE, or use the newer portolan"),
                ),
                _ => (Cause::File, writable(file)),
            };
            Finding::fails(STAGE, "a run could not open it")
                .answered(Answer::of_text(error))
                .because(vec![cause])
                .mended_by(vec![mend])
        }
    }
}

fn lines(file: &Path) -> Finding {
    match folder_takes_files(file) {
        Ok(()) => Finding::works(STAGE, "its folder takes files"),
        Err(error) => Finding::fails(STAGE, "its folder takes no files")
            .answered(Answer::of_text(error))
            .because(vec![Cause::File])
            .mended_by(vec![writable(file)]),
    }
}

fn writable(file: &Path) -> Mend {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Mend::run(format!("mkdir -p {0} && chown \"$(id -u)\" {0}   # or name another file with --to", folder.display()))
}

/// The receiver is there; what it makes of a batch only a run shows, since nothing is sent here.
async fn webhook(case: &Case, hook: &Webhook) -> Finding {
    let client = NetworkSettings::from_environment(&case.environment)
        .map_err(|error| error.to_string())
        .and_then(|network| HttpClient::guarded(&network, &hook.addresses).map_err(|error| error.to_string()));
    let client = match client {
        Ok(client) => client,
        Err(why) => return certificates(&why),
    };
    match reach::reach(&client, hook.url.address()).await {
        Ok(reached) => {
            let says = format!(
                "it resolves and answers (HTTP {} to a GET, {} ms); no batch was sent",
                reached.status, reached.ms
            );
            Finding::works(STAGE, says)
        }
        Err(error) => {
            let causes = Cause::of_http(&error, case.is_proxied(hook.url.address()));
            let mends = if causes.contains(&Cause::NotPublic) {
                vec![Mend::act("if that address is meant, name it in the sink's `addresses`")]
            } else {
                reach::mends(&causes, hook.url.address())
            };
            Finding::fails(STAGE, "no answer").answered(Answer::of_text(error)).because(causes).mended_by(mends)
        }
    }
}

async fn port(case: &Case, target: &PortTarget) -> Finding {
    let network = match NetworkSettings::from_environment(&case.environment) {
        Ok(network) => network,
        Err(error) => return certificates(&error.to_string()),
    };
    let fails = |says: &str, why: String, cause: Cause, mend: &str| {
        let finding = Finding::fails(STAGE, says).answered(Answer::of_text(why));
        finding.because(vec![cause]).mended_by(vec![Mend::act(mend)])
    };
    match tokio::time::timeout(PORT_WAIT, PortIntegration::look(target, &network)).await {
        Err(_) => {
            let why = format!("no answer within {} s", PORT_WAIT.as_secs());
            fails("Port does not answer", why, Cause::Network, "check the URL after port:, and the way there")
        }
        Ok(Ok(integration)) => {
            let mapping = if integration.mapping().is_some() {
                "a mapping is in force there"
            } else {
                "no mapping is in force there"
            };
            Finding::works(
                STAGE,
                format!("its API takes the credentials; integration {}, {mapping}", integration.identifier()),
            )
        }
        Ok(Err(PortError::Destination(DestinationError::Closed(refusal)))) => fails(
            "Port refuses us",
            refusal.reason,
            Cause::SinkRefuses,
            "give the client id and secret of Port's organization, and its region's URL (port:https://api.us.getport.io)",
        ),
        Ok(Err(PortError::Destination(error))) => fails(
            "Port does not answer",
            error.to_string(),
            Cause::Network,
            "check the URL after port:, and the way there",
        ),
        Ok(Err(PortError::Refused(why))) => {
            fails("Port must not be written to", why, Cause::SinkRefuses, "the message says what stands in the way")
        }
        Ok(Err(PortError::Tls(error))) => certificates(&error.to_string()),
    }
}

fn certificates(why: &str) -> Finding {
    Finding::fails(STAGE, "the trusted certificates cannot be read")
        .answered(Answer::of_text(why))
        .because(vec![Cause::Certificate])
        .mended_by(vec![Mend::act("let AWS_CA_BUNDLE name a file of PEM certificates, or unset it")])
}
