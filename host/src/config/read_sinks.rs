//! Where a run writes to: `to`.

use std::path::PathBuf;

use super::formats::Wrong;
use super::mistake::Mistake;
use super::node::{Node, child};
use super::read::Reader;
use super::references;
use super::sinks::{SinkUrl, WEBHOOK};
use super::variables::{WEBHOOK_SECRET, WEBHOOK_SECRET_FILE};
use super::webhook::{Webhook, WebhookUrl, check_secret};
use crate::secret::Secret;

impl Reader<'_> {
    pub(super) fn sinks(&mut self) -> Vec<SinkUrl> {
        let items = self.tree.at("to").map(Node::items).unwrap_or_default();
        let mut sinks: Vec<SinkUrl> =
            items.iter().enumerate().filter_map(|(index, item)| self.sink(item, &format!("to[{index}]"))).collect();
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
            return match text.strip_prefix(WEBHOOK) {
                Some(url) => self.webhook(url, item, None, item, key),
                None => SinkUrl::parse(text).ok(),
            };
        }
        let Some(webhook) = item.get("webhook") else {
            // A null has been left out by the schema's check, and any other key refused.
            if item.entries().is_empty() && !self.mistakes.iter().any(|mistake| mistake.key.starts_with(key)) {
                self.say(&item.origin, key, "names no sink", "write sqlite:FILE, or webhook: with a url");
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
            None => self.webhook_secret(at, key),
        }?;
        if let Err(message) = check_secret(&secret) {
            self.say(&item.origin, key, message, "make one with `openssl rand -hex 32`");
            return None;
        }
        let ranges = at.at("addresses").map(Node::items).unwrap_or_default();
        let addresses = ranges.iter().filter_map(Node::text).filter_map(|text| text.parse().ok()).collect();
        Some(SinkUrl::Webhook(Webhook { url, secret, addresses }))
    }

    /// Where none is written: from the variable, else from the file that the other variable names.
    fn webhook_secret(&mut self, at: &Node, key: &str) -> Option<Secret> {
        let env = self.sources.env;
        let reference = match (env.get(WEBHOOK_SECRET), env.get(WEBHOOK_SECRET_FILE)) {
            (Some(_), _) => format!("${{ENV:{WEBHOOK_SECRET}}}"),
            (None, Some(file)) => format!("${{FILE:{file}}}"),
            (None, None) => {
                let advice = format!(
                    "set {WEBHOOK_SECRET} or {WEBHOOK_SECRET_FILE}, or write in the file `webhook: {{ url: …, secret: \
                     \"${{ENV:NAME}}\" }}`"
                );
                self.say(&at.origin, key, "there is no secret to sign with", advice);
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
        "webhook" => Ok(()),
        "sqlite" | "ndjson" => Err((format!("{name} is written as text"), Some(format!("write {name}:FILE")))),
        _ => Err(SinkUrl::parse(name).err().unwrap_or_else(|| (format!("{name:?} is not a sink"), None))),
    }
}
