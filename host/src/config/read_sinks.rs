//! Where a run writes to: `to`.

use std::path::PathBuf;

use super::formats::Wrong;
use super::mistake::Mistake;
use super::node::{Node, Origin, child};
use super::port::{BASE_URL, IDENTIFIER, IntegrationName, KIND, PortTarget, PortUrl};
use super::read::Reader;
use super::references;
use super::sinks::{SinkUrl, WEBHOOK, port_url};
use super::variables::{
    OCEAN_IDENTIFIER, OCEAN_OF_PORT, OCEAN_PORT_BASE_URL, OCEAN_PORT_CLIENT_ID, OCEAN_PORT_CLIENT_SECRET, OCEAN_TYPE,
    PORT_CLIENT_SECRET_FILE, WEBHOOK_SECRET, WEBHOOK_SECRET_FILE,
};
use super::webhook::{Webhook, WebhookUrl, check_secret};
use crate::secret::Secret;

impl Reader<'_> {
    pub(super) fn sinks(&mut self) -> Vec<SinkUrl> {
        let items = self.tree.at("to").map(Node::items).unwrap_or_default();
        let mut sinks: Vec<SinkUrl> =
            items.iter().enumerate().filter_map(|(index, item)| self.sink(item, &format!("to[{index}]"))).collect();
        let is_port = |sink: &SinkUrl| matches!(sink, SinkUrl::Port(_));
        let unused: Vec<&str> =
            OCEAN_OF_PORT.iter().copied().filter(|name| self.sources.env.contains_key(*name)).collect();
        if !unused.is_empty() && !sinks.iter().any(is_port) {
            self.notices.push(format!("not used: {} (Port is written to with --to port:)", unused.join(", ")));
        }
        self.ledger(&mut sinks);
        sinks
    }

    /// The ledger is a catalogue: where none is among the sinks, `state` names one.
    fn ledger(&mut self, sinks: &mut Vec<SinkUrl>) {
        let Some(node) = self.tree.at("state") else { return };
        let Some(state) = node.text().map(PathBuf::from) else { return };
        let catalogue = sinks.iter().find_map(|sink| match sink {
            SinkUrl::Sqlite(file) => Some(file.clone()),
            _ => None,
        });
        match catalogue {
            None => sinks.push(SinkUrl::Sqlite(state)),
            Some(file) if file == state => {}
            Some(file) => {
                let message = format!("the ledger is in the catalogue, sqlite:{}", file.display());
                self.say(&node.origin, "state", message, "leave one of the two out");
            }
        }
    }

    fn sink(&mut self, item: &Node, key: &str) -> Option<SinkUrl> {
        if let Some(text) = item.text() {
            return match (text.strip_prefix(WEBHOOK), port_url(text)) {
                (Some(url), _) => self.webhook(url, item, None, item, key),
                (None, Some(url)) => self.port(Some(url).filter(|url| !url.is_empty()), item, key),
                (None, None) => SinkUrl::parse(text).ok(),
            };
        }
        if let Some(port) = item.get("port") {
            return self.port(port.at("base_url").and_then(Node::text), port, &child(key, "port"));
        }
        let Some(webhook) = item.get("webhook") else {
            // A null has been left out by the schema's check, and any other key refused.
            if item.entries().is_empty() && !self.mistakes.iter().any(|mistake| mistake.key.starts_with(key)) {
                self.say(&item.origin, key, "names no sink", "write sqlite:FILE, port:, or webhook: with a url");
            }
            return None;
        };
        let url = webhook.at("url")?.text()?;
        self.webhook(url, webhook, webhook.at("secret"), item, &child(key, "webhook"))
    }

    fn webhook(&mut self, url: &str, at: &Node, secret: Option<&Node>, item: &Node, key: &str) -> Option<SinkUrl> {
        let url = WebhookUrl::parse(url).ok()?;
        let secret = match secret {
            Some(node) => self.secret(Some(node), &child(key, "secret")),
            None => self.secret_of(at, key, WEBHOOK_SECRET, Some(WEBHOOK_SECRET_FILE), || {
                (
                    "there is no secret to sign with".to_owned(),
                    format!(
                        "set {WEBHOOK_SECRET} or {WEBHOOK_SECRET_FILE}, or write in the file `webhook: {{ url: …, \
                         secret: \"${{ENV:NAME}}\" }}`"
                    ),
                )
            }),
        }?;
        if let Err(message) = check_secret(&secret) {
            self.say(&item.origin, key, message, "make one with `openssl rand -hex 32`");
            return None;
        }
        let ranges = at.at("addresses").map(Node::items).unwrap_or_default();
        let addresses = ranges.iter().filter_map(Node::text).filter_map(|text| text.parse().ok()).collect();
        Some(SinkUrl::Webhook(Webhook { url, secret, addresses }))
    }

    /// What is not in the file is in the environment, by the peer's names; the rest are the peer's defaults.
    fn port(&mut self, url: Option<&str>, at: &Node, key: &str) -> Option<SinkUrl> {
        let env = self.sources.env;
        let said = |name: &str| env.get(name).map(String::as_str);
        let own = |name: &str| at.at(name).and_then(Node::text);
        let base_url = PortUrl::parse(url.or_else(|| said(OCEAN_PORT_BASE_URL)).unwrap_or(BASE_URL));
        let kind = IntegrationName::parse(own("type").or_else(|| said(OCEAN_TYPE)).unwrap_or(KIND));
        let identifier =
            IntegrationName::parse(own("identifier").or_else(|| said(OCEAN_IDENTIFIER)).unwrap_or(IDENTIFIER));
        // What stands in the file was reported by the schema's check; what a variable says is reported here.
        for (wrong, variable, in_file) in [
            (base_url.as_ref().err(), OCEAN_PORT_BASE_URL, url.is_some()),
            (kind.as_ref().err(), OCEAN_TYPE, own("type").is_some()),
            (identifier.as_ref().err(), OCEAN_IDENTIFIER, own("identifier").is_some()),
        ] {
            if let Some((message, advice)) = wrong.filter(|_| !in_file) {
                let mistake = Mistake::new(&Origin::Variable(variable.into()), key, message.clone());
                self.mistakes.push(Mistake { instead: advice.clone(), ..mistake });
            }
        }
        let missing = |what: &'static str, variables: &'static str, name: &'static str| {
            move || {
                (format!("there is no {what} of a client at Port"), {
                    format!("set {variables}, or write in the file `port: {{ {name}: \"${{ENV:NAME}}\" }}`")
                })
            }
        };
        let client_id = match at.at("client_id") {
            Some(node) => self.secret(Some(node), &child(key, "client_id")),
            None => {
                self.secret_of(at, key, OCEAN_PORT_CLIENT_ID, None, missing("id", OCEAN_PORT_CLIENT_ID, "client_id"))
            }
        };
        let client_secret = match at.at("client_secret") {
            Some(node) => self.secret(Some(node), &child(key, "client_secret")),
            None => {
                let missing = missing(
                    "secret",
                    "OCEAN__PORT__CLIENT_SECRET or PORTOLAN_PORT_CLIENT_SECRET_FILE",
                    "client_secret",
                );
                self.secret_of(at, key, OCEAN_PORT_CLIENT_SECRET, Some(PORT_CLIENT_SECRET_FILE), missing)
            }
        };
        let ranges = at.at("addresses").map(Node::items).unwrap_or_default();
        Some(SinkUrl::Port(PortTarget {
            base_url: base_url.ok()?,
            client_id: client_id?,
            client_secret: client_secret?,
            kind: kind.ok()?,
            identifier: identifier.ok()?,
            addresses: ranges.iter().filter_map(Node::text).filter_map(|text| text.parse().ok()).collect(),
        }))
    }

    /// A secret that is not written where it could be: from the variable, else from the file that the other one names.
    fn secret_of(
        &mut self,
        at: &Node,
        key: &str,
        variable: &str,
        variable_of_file: Option<&str>,
        missing: impl FnOnce() -> (String, String),
    ) -> Option<Secret> {
        let env = self.sources.env;
        let reference = match (env.get(variable), variable_of_file.and_then(|name| env.get(name))) {
            (Some(_), _) => format!("${{ENV:{variable}}}"),
            (None, Some(file)) => format!("${{FILE:{file}}}"),
            (None, None) => {
                let (message, advice) = missing();
                self.say(&at.origin, key, message, advice);
                return None;
            }
        };
        if let Err((message, _)) = references::parse(&reference) {
            let advice = "name a file without braces and dollar signs";
            self.mistakes.push(Mistake::new(&at.origin, key, message).instead(advice));
            return None;
        }
        let node = Node::new(super::node::Value::Text(reference), at.origin.clone());
        self.secret(Some(&node), key)
    }
}

/// Whether the one key of a sink's map is a sink that is written so.
///
/// # Errors
/// It is another sink, or none.
pub(super) fn check_map_key(name: &str) -> Result<(), Wrong> {
    match name {
        "webhook" | "port" => Ok(()),
        "sqlite" | "ndjson" => Err((format!("{name} is written as text"), Some(format!("write {name}:FILE")))),
        _ => Err(SinkUrl::parse(name).err().unwrap_or_else(|| (format!("{name:?} is not a sink"), None))),
    }
}
