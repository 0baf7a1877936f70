//! Entities deleted, after a look at whose they are.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{DestinationError, Fate, Refusal};
use super::client::segment;
use super::{Entity, PortSink};

/// Entities whose origin is looked up at once, and which are then deleted at once: Port's own client asks for 50, and
/// deletes 100.
const AT_ONCE: usize = 50;
/// How often those that others lead to are tried again while some went: the depth of a chain of relations.
const ROUNDS_MAX: usize = 10;

#[derive(Deserialize)]
struct Found {
    entities: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    identifier: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deleted {
    deleted_entities: Option<Vec<String>>,
}

impl PortSink {
    /// Deletes those that are ours. What was answered for stands in `fates`, also where that ends early.
    pub(super) async fn remove(&self, entities: &[Entity<'_>], fates: &mut [Fate]) -> Result<(), DestinationError> {
        let mut by_blueprint: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
        for entity in entities {
            match entity.identifier.as_str() {
                Some(identifier) => by_blueprint.entry(entity.blueprint).or_default().push((entity.place, identifier)),
                None => {
                    let reason = "only Port knows the identifier of what a search query named".to_owned();
                    let refusal = Refusal { status: "no identifier".to_owned(), reason };
                    set(fates, entity.place, Fate::Refused(refusal));
                }
            }
        }
        let mut waiting = Vec::new();
        for (blueprint, all) in by_blueprint {
            for some in all.chunks(AT_ONCE) {
                let left = self.remove_some(blueprint, some, fates).await?;
                waiting.extend(left.into_iter().map(|entity| (blueprint, entity)));
            }
        }
        // What others lead to goes after them.
        for _ in 1..ROUNDS_MAX {
            let before = waiting.len();
            let mut left = Vec::new();
            for (blueprint, (place, identifier)) in waiting {
                match self.remove_one(blueprint, identifier).await? {
                    Fate::Later(refusal) => {
                        set(fates, place, Fate::Later(refusal));
                        left.push((blueprint, (place, identifier)));
                    }
                    fate => set(fates, place, fate),
                }
            }
            if left.is_empty() || left.len() == before {
                break;
            }
            waiting = left;
        }
        Ok(())
    }

    /// Those of one blueprint; gives those that Port did not delete together.
    async fn remove_some<'a>(
        &self,
        blueprint: &str,
        some: &[(usize, &'a str)],
        fates: &mut [Fate],
    ) -> Result<Vec<(usize, &'a str)>, DestinationError> {
        let ids: Vec<&str> = some.iter().map(|(_, identifier)| *identifier).collect();
        let ours = self.there(blueprint, &ids, true).await?;
        let others: Vec<&str> = ids.into_iter().filter(|id| !ours.contains(*id)).collect();
        // What is not ours is another's, or nobody has it any more.
        let theirs = if others.is_empty() { BTreeSet::new() } else { self.there(blueprint, &others, false).await? };
        for (place, identifier) in some {
            if theirs.contains(*identifier) {
                set(fates, *place, Fate::Released);
            } else if !ours.contains(*identifier) {
                set(fates, *place, Fate::Accepted);
            }
        }
        let mine: Vec<(usize, &str)> = some.iter().filter(|(_, id)| ours.contains(*id)).copied().collect();
        if mine.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = mine.iter().map(|(_, identifier)| *identifier).collect();
        let path = format!(
            "/blueprints/{}/bulk/entities/delete?delete_dependents={}",
            segment(blueprint),
            self.options.delete_dependent_entities
        );
        let body = Bytes::from(json!({"entities": names}).to_string());
        let answer = self.client.ask(Method::POST, &path, body).await?;
        if !answer.status().is_success() {
            return Ok(mine);
        }
        let deleted = answer.read::<Deleted>()?.deleted_entities;
        let is_gone = |id: &str| deleted.as_ref().is_none_or(|deleted| deleted.iter().any(|one| one == id));
        let (gone, left): (Vec<_>, Vec<_>) = mine.into_iter().partition(|(_, identifier)| is_gone(identifier));
        for (place, _) in gone {
            set(fates, place, Fate::Accepted);
        }
        Ok(left)
    }

    async fn remove_one(&self, blueprint: &str, identifier: &str) -> Result<Fate, DestinationError> {
        let path = format!(
            "/blueprints/{}/entities/{}?delete_dependents={}",
            segment(blueprint),
            segment(identifier),
            self.options.delete_dependent_entities
        );
        let answer = self.client.ask(Method::DELETE, &path, Bytes::new()).await?;
        Ok(match answer.status() {
            status if status.is_success() || status == StatusCode::NOT_FOUND => Fate::Accepted,
            _ => Fate::Later(answer.refusal()),
        })
    }

    /// Which of these are there; with `ours`, which of them this integration wrote last.
    async fn there(&self, blueprint: &str, ids: &[&str], ours: bool) -> Result<BTreeSet<String>, DestinationError> {
        let mut rules: Vec<Value> = vec![
            json!({"property": "$identifier", "operator": "in", "value": ids}),
            json!({"property": "$blueprint", "operator": "=", "value": blueprint}),
        ];
        if ours {
            let contains = |value: &str| json!({"property": "$datasource", "operator": "contains", "value": value});
            rules.extend([contains(&self.origin.prefix), contains(&self.origin.suffix)]);
        }
        let body = Bytes::from(json!({"combinator": "and", "rules": rules}).to_string());
        let path = "/entities/search?exclude_calculated_properties=true&include=blueprint&include=identifier";
        let answer = self.client.ask(Method::POST, path, body).await?.success("looking up entities")?;
        let found: Found = answer.read()?;
        Ok(found.entities.into_iter().map(|named| named.identifier).collect())
    }
}

fn set(fates: &mut [Fate], place: usize, fate: Fate) {
    if let Some(kept) = fates.get_mut(place) {
        *kept = fate;
    }
}
