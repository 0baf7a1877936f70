//! Entities written, in bulks of one blueprint each.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::answers::{is_passing, shown};
use super::super::{DestinationError, Fate, Refusal};
use super::client::segment;
use super::order::{Related, layers};
use super::{Entity, PortSink};
use crate::backoff::{Backoff, random};

/// Entities of one bulk: as many as Port's own client sends.
const BULK_MAX: usize = 20;
/// Bytes of one bulk: Port's own client keeps below 1 MiB, and the body has a frame of its own.
const BULK_BYTES_MAX: usize = 1024 * 1024 - 4 * 1024;
/// Bulks under way at the same time: what Port's own client means to allow itself.
const BULKS_AT_ONCE: usize = 5;
/// Bulks that are cut in halves in one run, so that an entity for which Port refuses the whole bulk is found.
const SPLITS_MAX: u32 = 64;
/// How often an entity is sent for which Port has no time while it takes the others.
const BACKOFF: Backoff = Backoff {
    attempts_max: 3,
    base_ms: 500.0,
    delay_max_ms: 5_000.0,
    retry_after_max_ms: 0,
    retry_after_jitter_ms: 0.0,
};

/// What Port says to a bulk.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    entities: Vec<Taken>,
    #[serde(default)]
    errors: Vec<Wrong>,
}

#[derive(Deserialize)]
struct Taken {
    index: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wrong {
    index: usize,
    #[serde(default)]
    status_code: u16,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    message: Value,
}

impl Wrong {
    fn refusal(&self) -> Refusal {
        let words: Vec<&str> = [&self.error, &self.message].into_iter().filter_map(Value::as_str).collect();
        // Its words may repeat a property's value: they are for the catalogue, not for logs.
        Refusal {
            status: format!("status {}", self.status_code),
            reason: shown(&format!("{}: {}", self.status_code, words.join(": "))),
        }
    }
}

/// What became of entities, by their place in the batch. None that is not in it was answered for.
type Fates = Vec<(usize, Fate)>;

impl PortSink {
    /// Writes them. What was answered for stands in `fates`, also where that ends early.
    pub(super) async fn upsert(&self, entities: &[Entity<'_>], fates: &mut [Fate]) -> Result<(), DestinationError> {
        let layers = if self.options.create_missing_related_entities {
            vec![(0..entities.len()).collect()]
        } else {
            layers(&entities.iter().map(related).collect::<Vec<_>>())
        };
        for layer in layers {
            let bulks = bulks(entities, &layer);
            let is_stopped = AtomicBool::new(false);
            let mut sending = futures::stream::iter(bulks)
                .map(async |bulk| {
                    if is_stopped.load(Ordering::Relaxed) {
                        return (Fates::new(), Ok(()));
                    }
                    self.bulk(entities, bulk).await
                })
                .buffer_unordered(BULKS_AT_ONCE);
            let mut stopped = Ok(());
            // Those under way are waited for, so that it is known what they did; no others begin.
            while let Some((done, ended)) = sending.next().await {
                for (place, fate) in done {
                    if let Some(kept) = entities.get(place).and_then(|entity| fates.get_mut(entity.place)) {
                        *kept = fate;
                    }
                }
                if ended.is_err() {
                    is_stopped.store(true, Ordering::Relaxed);
                    stopped = stopped.and(ended);
                }
            }
            stopped?;
        }
        Ok(())
    }

    /// One bulk, in parts where Port does not take it whole.
    async fn bulk(&self, entities: &[Entity<'_>], bulk: Vec<usize>) -> (Fates, Result<(), DestinationError>) {
        let mut fates = Fates::new();
        let mut parts = vec![(bulk, 1)];
        while let Some((part, attempt)) = parts.pop() {
            let said = match self.send_bulk(entities, &part).await {
                Ok(said) => said,
                Err(error) => return (fates, Err(error)),
            };
            match said {
                Ok(said) => {
                    let again = settle(&part, said, &mut fates);
                    if again.is_empty() {
                        continue;
                    }
                    match BACKOFF.delay_ms(attempt, None, random()) {
                        Some(wait_ms) => {
                            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                            parts.push((again.into_iter().map(|(place, _)| place).collect(), attempt + 1));
                        }
                        None => fates.extend(again.into_iter().map(|(place, refusal)| (place, Fate::Later(refusal)))),
                    }
                }
                Err((status, refusal)) => {
                    let cut = part.len() > 1
                        && (status == StatusCode::PAYLOAD_TOO_LARGE
                            || status != StatusCode::NOT_FOUND
                                && self.splits.fetch_add(1, Ordering::Relaxed) < SPLITS_MAX);
                    if cut {
                        let (first, second) = part.split_at(part.len() / 2);
                        parts.extend([(second.to_vec(), attempt), (first.to_vec(), attempt)]);
                    } else {
                        fates.extend(part.into_iter().map(|place| (place, Fate::Refused(refusal.clone()))));
                    }
                }
            }
        }
        (fates, Ok(()))
    }

    /// Sends entities; what Port says of each, or of all.
    async fn send_bulk(
        &self,
        entities: &[Entity<'_>],
        part: &[usize],
    ) -> Result<Result<Said, (StatusCode, Refusal)>, DestinationError> {
        let blueprint = part.first().and_then(|place| entities.get(*place)).map_or("", |entity| entity.blueprint);
        let texts: Vec<&str> = part.iter().filter_map(|place| Some(entities.get(*place)?.json)).collect();
        let body = Bytes::from(format!(r#"{{"entities":[{}]}}"#, texts.join(",")));
        let path = format!(
            "/blueprints/{}/entities/bulk?upsert=true&merge={}&create_missing_related_entities={}&validation_only=false",
            segment(blueprint),
            self.options.merge,
            self.options.create_missing_related_entities,
        );
        let answer = self.client.ask(Method::POST, &path, body).await?;
        if answer.status().is_success() {
            return Ok(Ok(answer.read()?));
        }
        Ok(Err((answer.status(), answer.refusal())))
    }
}

/// Writes down what was said of each, and gives those that may fare better at once.
fn settle(part: &[usize], said: Said, fates: &mut Fates) -> Vec<(usize, Refusal)> {
    let taken: std::collections::BTreeSet<usize> = said.entities.iter().map(|taken| taken.index).collect();
    let wrong: BTreeMap<usize, &Wrong> = said.errors.iter().map(|wrong| (wrong.index, wrong)).collect();
    let mut again = Vec::new();
    for (index, place) in part.iter().enumerate() {
        match wrong.get(&index) {
            None if taken.contains(&index) => fates.push((*place, Fate::Accepted)),
            None => {
                let reason = "Port said nothing of it".to_owned();
                fates.push((*place, Fate::Later(Refusal { status: "no answer".to_owned(), reason })));
            }
            Some(wrong) => match StatusCode::from_u16(wrong.status_code) {
                Ok(status) if is_passing(status) => again.push((*place, wrong.refusal())),
                // What a relation leads to may come later in this run.
                Ok(StatusCode::NOT_FOUND) => fates.push((*place, Fate::Later(wrong.refusal()))),
                _ => fates.push((*place, Fate::Refused(wrong.refusal()))),
            },
        }
    }
    again
}

/// Entities of one blueprint each, in their order, cut by number and bytes.
fn bulks(entities: &[Entity<'_>], layer: &[usize]) -> Vec<Vec<usize>> {
    let mut bulks: Vec<Vec<usize>> = Vec::new();
    let mut open: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for place in layer {
        let Some(entity) = entities.get(*place) else { continue };
        let bytes = entity.json.len() + 1;
        let fits = open.get_mut(entity.blueprint).filter(|(_, filled)| *filled + bytes <= BULK_BYTES_MAX);
        let bulk = fits.and_then(|(at, filled)| {
            *filled += bytes;
            bulks.get_mut(*at).filter(|bulk| bulk.len() < BULK_MAX)
        });
        match bulk {
            Some(bulk) => bulk.push(*place),
            None => {
                open.insert(entity.blueprint, (bulks.len(), bytes));
                bulks.push(vec![*place]);
            }
        }
    }
    bulks
}

/// Where an entity's relations lead, as far as they say identifiers.
fn related(entity: &Entity<'_>) -> Related {
    #[derive(Deserialize)]
    struct Relations {
        #[serde(default)]
        relations: Map<String, Value>,
    }
    let relations = serde_json::from_str::<Relations>(entity.json).map(|read| read.relations).unwrap_or_default();
    let mut targets = Vec::new();
    for value in relations.values() {
        match value {
            Value::String(one) => targets.push(one.clone()),
            Value::Array(many) => targets.extend(many.iter().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        }
    }
    Related { identifier: entity.identifier.as_str().unwrap_or_default().to_owned(), targets }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{BULK_BYTES_MAX, BULK_MAX, Entity, Fate, bulks, settle};

    fn entity<'a>(place: usize, blueprint: &'a str, json: &'a str) -> Entity<'a> {
        Entity { place, blueprint, identifier: json!("x"), json }
    }

    #[test]
    fn bulks_are_of_one_blueprint_and_cut_by_number_and_bytes() {
        let large = format!(r#"{{"identifier":"{}"}}"#, "x".repeat(BULK_BYTES_MAX / 3));
        let entities: Vec<_> =
            (0..50).map(|place| entity(place, if place % 2 == 0 { "a" } else { "b" }, "{}")).collect();
        let all: Vec<usize> = (0..50).collect();
        let sizes: Vec<_> =
            bulks(&entities, &all).iter().map(|bulk| (entities[bulk[0]].blueprint, bulk.len())).collect();
        assert_eq!(sizes, [("a", BULK_MAX), ("b", BULK_MAX), ("a", 5), ("b", 5)]);
        let entities: Vec<_> = (0..5).map(|place| entity(place, "a", &large)).collect();
        let sizes: Vec<_> = bulks(&entities, &[0, 1, 2, 3, 4]).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2, 1]);
    }

    #[test]
    fn each_entity_has_its_own_fate() {
        let said = json!({"ok": false, "entities": [{"index": 0, "identifier": "a", "created": true}], "errors": [
            {"index": 1, "identifier": "b", "statusCode": 422, "error": "invalid_request", "message": "no\nproperty"},
            {"index": 2, "identifier": "c", "statusCode": 404, "error": "not_found", "message": "no target"},
            {"index": 3, "identifier": "d", "statusCode": 503, "error": "unavailable", "message": ""}]});
        let mut fates = Vec::new();
        let again = settle(&[10, 11, 12, 13, 14], serde_json::from_value(said).unwrap(), &mut fates);
        assert_eq!(again.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [13]);
        assert_eq!(fates[0], (10, Fate::Accepted));
        assert!(
            matches!(&fates[1], (11, Fate::Refused(refusal)) if refusal.reason == "422: invalid_request: noproperty")
        );
        assert!(matches!(&fates[2], (12, Fate::Later(refusal)) if refusal.reason.contains("no target")));
        assert!(matches!(&fates[3], (14, Fate::Later(_))), "nothing was said");
    }
}
