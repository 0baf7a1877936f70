//! What Port says this integration wrote: the memory that is left when ours is lost.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::DestinationError;
use super::PortIntegration;

/// Entities of one page: what Port's own client asks for.
const PAGE: usize = 5_000;
/// Pages: twenty million entities. A search that does not end is given up here.
const PAGES_MAX: usize = 4_000;

#[derive(Deserialize)]
struct Page {
    entities: Vec<Named>,
    #[serde(default)]
    next: Value,
}

#[derive(Deserialize)]
struct Named {
    blueprint: String,
    identifier: String,
}

impl PortIntegration {
    /// Blueprint and identifier of every entity that this integration wrote last, each once.
    ///
    /// # Errors
    /// Port does not say, or not to the end: nothing is to be concluded then.
    pub async fn owned(&self) -> Result<BTreeSet<(String, String)>, DestinationError> {
        let (mut owned, mut next) = (BTreeSet::new(), Value::Null);
        let mut asked = BTreeSet::new();
        for _ in 0..PAGES_MAX {
            let mut body = json!({
                "datasource_prefix": self.origin().prefix, "datasource_suffix": self.origin().suffix, "limit": PAGE
            });
            if !next.is_null()
                && let Some(body) = body.as_object_mut()
            {
                body.insert("from".to_owned(), next);
            }
            let body = Bytes::from(body.to_string());
            let path = "/blueprints/entities/datasource-entities";
            let answer = self.client().ask(Method::POST, path, body).await?.success("searching our entities")?;
            let page: Page = answer.read()?;
            owned.extend(page.entities.into_iter().map(|named| (named.blueprint, named.identifier)));
            next = page.next;
            if next.is_null() {
                return Ok(owned);
            }
            if !asked.insert(next.to_string()) {
                return Err(DestinationError::Unavailable("Port's search names a page a second time".to_owned()));
            }
        }
        Err(DestinationError::Unavailable(format!("Port's search has more than {PAGES_MAX} pages")))
    }
}
