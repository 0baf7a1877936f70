//! A receiver of webhooks, and what it has received.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::folders::{self, Scratch};
use crate::front::exchange;
use crate::server::Server;

/// The key that the receiver verifies with.
pub const SECRET: &str = "a-planted-webhook-secret-of-the-tests";

/// A receiver; `front/webhook.py` says what it does.
#[derive(Debug)]
pub struct Receiver {
    server: Server,
    _scratch: Scratch,
}

impl Default for Receiver {
    fn default() -> Self {
        Self::start(None)
    }
}

impl Receiver {
    /// Starts one, on a port of one that was stopped if that is given.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(port: Option<&str>) -> Self {
        let scratch = Scratch::new("receiver");
        let document = folders::workspace().join("docs/webhook.md").display().to_string();
        let arguments: Vec<&str> = [SECRET, &document].into_iter().chain(port).collect();
        let server = Server::start("webhook.py", &arguments, &scratch.file("webhook.log"));
        Self { server, _scratch: scratch }
    }

    /// The sink that it is.
    pub fn sink(&self) -> String {
        format!("webhook:{}/hook", self.server.url())
    }

    /// The port, to start another there.
    pub fn port(&self) -> String {
        self.server.url().rsplit(':').next().unwrap_or_default().to_owned()
    }

    /// Sets the rules and forgets the requests so far.
    pub fn rules(&self, rules: &Value) {
        self.control("POST", "/_rules", &rules.to_string());
    }

    /// Forgets the requests so far, and answers 200 from now on.
    pub fn forget(&self) {
        self.rules(&json!([]));
    }

    /// The requests since the rules were set. Each was signed rightly, and would not have passed with another body.
    ///
    /// # Panics
    /// When a request was not as the documentation says.
    pub fn requests(&self) -> Vec<Value> {
        let state = self.control("GET", "/", "");
        let requests = state["requests"].as_array().cloned().unwrap_or_default();
        for request in &requests {
            assert_eq!((&request["verified"], &request["forged"]), (&json!(true), &json!(false)), "{request}");
            assert_eq!(request["content_type"], "application/json");
            assert_eq!(request["schema"], "portolan.webhook/1");
            assert_eq!(request["path"], "/hook");
        }
        requests
    }

    /// The keys of the requests' upserts and deletions that were accepted, each time they came.
    pub fn accepted(&self) -> (Vec<String>, Vec<String>) {
        let requests = self.requests();
        let of = |name: &str| {
            let taken = requests.iter().filter(|request| request["status"].as_u64().is_some_and(|status| status < 300));
            let keys = taken.flat_map(|request| request[name].as_array().cloned().unwrap_or_default());
            keys.filter_map(|key| key.as_str().map(str::to_owned)).collect()
        };
        (of("upserts"), of("deletions"))
    }

    /// What it has, by key.
    pub fn store(&self) -> BTreeMap<String, Value> {
        let state = self.control("GET", "/", "");
        let store = state["store"].as_object().cloned().unwrap_or_default();
        store.into_iter().collect()
    }

    /// The keys of what it has.
    pub fn keys(&self) -> BTreeSet<String> {
        self.store().into_keys().collect()
    }

    fn control(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = exchange(self.server.url(), method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.server.log()));
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {head}\n{text}");
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{method} {path}: {error}: {text}"))
    }
}
