//! What the scheduler knows of a kind.

use std::collections::HashMap;
use std::sync::Arc;

use crate::aws::Client;
use crate::manifest::{Kind, Manifest};

/// A kind, as units of it are put in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KindFacts {
    pub(super) name: String,
    /// The service that it is listed by, as the tables name it.
    pub(super) service: String,
    /// Of the operations by which it is read, those that have rate buckets of their own.
    pub(super) operations: Vec<String>,
    /// Which of the sessions of an account it is read with, where they are bounded by policies of several services each.
    pub(super) group: usize,
}

impl KindFacts {
    /// A kind of which the manifest says nothing.
    pub(super) fn unknown(name: &str) -> Self {
        Self { name: name.to_owned(), service: String::new(), operations: Vec::new(), group: 0 }
    }

    #[cfg(test)]
    pub(super) fn of_service(self, service: &str) -> Self {
        Self { service: service.to_owned(), ..self }
    }

    fn of(kind: &Kind, client: &Client) -> Self {
        let calls: Vec<(&str, &str)> = kind.calls.iter().filter_map(|call| call.operation.split_once(':')).collect();
        let group = client
            .policies()
            .and_then(|policies| calls.iter().find_map(|(service, name)| policies.group(service, name)));
        let own = calls
            .iter()
            .filter(|(service, name)| *service == kind.service && client.rates().has_own_bucket(service, name));
        Self {
            name: kind.kind.clone(),
            service: kind.service.clone(),
            operations: own.map(|(_, operation)| (*operation).to_owned()).collect(),
            group: group.unwrap_or(0),
        }
    }
}

/// The kinds of a run, by name.
#[derive(Debug)]
pub(super) struct Kinds(HashMap<String, Arc<KindFacts>>);

impl Kinds {
    pub(super) fn new(manifest: &Manifest, client: &Client) -> Self {
        let facts = manifest.kinds.iter().map(|kind| Arc::new(KindFacts::of(kind, client)));
        Self(facts.map(|facts| (facts.name.clone(), facts)).collect())
    }

    pub(super) fn get(&self, name: &str) -> Arc<KindFacts> {
        self.0.get(name).map_or_else(|| Arc::new(KindFacts::unknown(name)), Arc::clone)
    }
}
