//! Port: entities kept in step with it by its API. What is assumed of Port stands in docs/port.md, inferred from Port's
//! public client, and as a server in the tests.

mod blueprints;
mod client;
mod integration;
mod order;
mod owned;
mod remove;
mod token;
mod upsert;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use futures::future::BoxFuture;
use serde_json::Value;

use super::{Answer, Destination, DestinationError, Ending, Fate, Refusal};
use crate::catalogue::{Action, BatchLimits, Change, Delivered};
use client::Client;
pub use integration::{PortError, PortIntegration};

/// Changes in one batch: several bulks at once, and a durable note for each batch.
const CHANGES_MAX: usize = 500;
/// Bytes of changes in one batch, which is in memory a few times over.
const CHANGES_BYTES_MAX: usize = 8 << 20;

/// What a mapping says at its top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortOptions {
    /// `enableMergeEntity`: what an entity has besides what is sent stays.
    pub merge: bool,
    /// `createMissingRelatedEntities`: what a relation leads to is made, where it is not there.
    pub create_missing_related_entities: bool,
    /// `deleteDependentEntities`: what leads to a deleted entity goes with it.
    pub delete_dependent_entities: bool,
}

impl PortOptions {
    /// Reads them; each is true where the mapping says nothing, as at the peer.
    #[must_use]
    pub fn of_mapping(mapping: &Value) -> Self {
        let says = |camel: &str, snake: &str| {
            mapping.get(camel).or_else(|| mapping.get(snake)).and_then(Value::as_bool).unwrap_or(true)
        };
        Self {
            merge: says("enableMergeEntity", "enable_merge_entity"),
            create_missing_related_entities: says("createMissingRelatedEntities", "create_missing_related_entities"),
            delete_dependent_entities: says("deleteDependentEntities", "delete_dependent_entities"),
        }
    }
}

/// By what Port knows an entity's origin: the `User-Agent` of whoever wrote it last. The version between is anybody's.
#[derive(Debug, Clone)]
struct Origin {
    prefix: String,
    suffix: String,
}

/// Port's entities of one integration.
pub struct PortSink {
    name: String,
    client: Arc<Client>,
    origin: Origin,
    identifier: String,
    options: PortOptions,
    /// Bulks that were cut in halves so far.
    splits: AtomicU32,
}

/// A change, read as far as sending it needs.
struct Entity<'a> {
    /// In the batch.
    place: usize,
    blueprint: &'a str,
    /// Text, but for what a search query names.
    identifier: Value,
    json: &'a str,
}

#[derive(serde::Deserialize)]
struct Said {
    identifier: Value,
}

impl PortSink {
    async fn deliver(&self, changes: &[Change]) -> Answer {
        let mut fates = vec![Fate::Unknown; changes.len()];
        let keys: Vec<Option<(String, Value)>> =
            changes.iter().map(|change| serde_json::from_str(&change.key).ok()).collect();
        let (mut upserts, mut deletions) = (Vec::new(), Vec::new());
        for (place, ((change, key), fate)) in changes.iter().zip(&keys).zip(&mut fates).enumerate() {
            let Some((blueprint, identifier)) = key else {
                let reason = "its key is not [blueprint, identifier]".to_owned();
                *fate = Fate::Refused(Refusal { status: "no entity".to_owned(), reason });
                continue;
            };
            // The key has a search query as text; the change itself says what it is.
            let said = serde_json::from_str::<Said>(&change.json).map(|said| said.identifier);
            let identifier = said.unwrap_or_else(|_| identifier.clone());
            let entity = Entity { place, blueprint, identifier, json: &change.json };
            match change.action {
                Action::Upsert => upserts.push(entity),
                Action::Delete => deletions.push(entity),
            }
        }
        let mut stopped = self.upsert(&upserts, &mut fates).await.err();
        if stopped.is_none() {
            stopped = self.remove(&deletions, &mut fates).await.err();
        }
        Answer::Each { fates, stopped }
    }
}

impl Destination for PortSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn takes(&self) -> Delivered {
        Delivered::Entities
    }

    fn limits(&self) -> BatchLimits {
        BatchLimits { changes: CHANGES_MAX, bytes: CHANGES_BYTES_MAX }
    }

    fn send<'a>(&'a self, _: &'a str, changes: &'a [Change]) -> BoxFuture<'a, Result<Answer, DestinationError>> {
        Box::pin(async move { Ok(self.deliver(changes).await) })
    }

    fn begin(&self, started_ms: u64) -> BoxFuture<'_, Result<(), DestinationError>> {
        Box::pin(self.resync_begins(started_ms))
    }

    fn finish(&self, ending: Ending) -> BoxFuture<'_, Result<(), DestinationError>> {
        Box::pin(self.resync_ends(ending))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::PortOptions;

    #[test]
    fn options_are_true_unless_the_mapping_says_otherwise() {
        let all = PortOptions { merge: true, create_missing_related_entities: true, delete_dependent_entities: true };
        assert_eq!(PortOptions::of_mapping(&json!({"resources": []})), all);
        let said = json!({"enableMergeEntity": false, "delete_dependent_entities": false, "createMissingRelatedEntities": true});
        let options = PortOptions::of_mapping(&said);
        assert_eq!(options, PortOptions { merge: false, delete_dependent_entities: false, ..all });
    }
}
