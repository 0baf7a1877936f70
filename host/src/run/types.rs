//! What is known of resource types, kept in the catalogue from run to run.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use portolan_names::TypeName;

use super::context::Failed;
use crate::aws::{CACHE_DAYS, Described, TypeLedger};
use crate::catalogue::{Catalogue, TypeRow};
use crate::sink::Worker;

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The catalogue's table of types, by a run's own clock.
pub(super) struct TypesInCatalogue {
    pub(super) store: Arc<Worker<Catalogue>>,
    pub(super) partition: String,
    pub(super) started_ms: u64,
}

impl TypesInCatalogue {
    async fn read(&self, name: &TypeName) -> Result<Option<String>, Failed> {
        let since = self.started_ms.saturating_sub(u64::from(CACHE_DAYS) * DAY_MS);
        let (partition, name) = (self.partition.clone(), name.to_string());
        Ok(self.store.with(move |catalogue| catalogue.find_type(&partition, &name, since)).await??)
    }

    async fn write(&self, name: &TypeName, described: &Described, answer: &str) -> Result<(), Failed> {
        let handlers = &described.handlers;
        let row = TypeRow {
            partition: self.partition.clone(),
            type_name: name.to_string(),
            version: described.version.clone(),
            actions: serde_json::json!({ "list": handlers.list, "read": handlers.read }).to_string(),
            answer: answer.to_owned(),
            seen_at: self.started_ms,
        };
        Ok(self.store.with(move |catalogue| catalogue.put_type(&row)).await??)
    }
}

// A catalogue that cannot be read or written ends the run with its next page; that nothing is remembered costs a call.
impl TypeLedger for TypesInCatalogue {
    fn find<'a>(&'a self, name: &'a TypeName) -> BoxFuture<'a, Option<String>> {
        async move {
            self.read(name).await.unwrap_or_else(|error| {
                tracing::warn!(kind = %name, %error, "what is known of the type could not be read");
                None
            })
        }
        .boxed()
    }

    fn keep<'a>(&'a self, name: &'a TypeName, described: &'a Described, answer: &'a str) -> BoxFuture<'a, ()> {
        async move {
            if let Err(error) = self.write(name, described, answer).await {
                tracing::warn!(kind = %name, %error, "what is known of the type could not be kept");
            }
        }
        .boxed()
    }
}
