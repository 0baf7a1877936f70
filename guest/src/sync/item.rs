//! A resource on its way from the listing's answer to its line.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Reading;
use super::listing::Place;
use crate::catalog::{Reach, property_name};
use crate::json;
use crate::redact::{hex, redact};
use crate::template::{self, Scope};

/// Bytes of an id that is a digest: no two items of an estate have the same.
const DIGEST_BYTES: usize = 16;

/// What a listing gave of a resource, and what its detail calls added.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) arn: String,
    /// Where it is, for a kind that is not regional.
    pub(crate) region: Option<String>,
    pub(crate) parents: Vec<String>,
    /// An object: the members, by AWS's names.
    pub(crate) value: Value,
    pub(crate) place: Place,
    /// The actions that failed for it.
    pub(crate) gaps: Vec<String>,
    /// AWS says that it is not there any more.
    pub(crate) gone: bool,
    /// It is none of the kind's, or not asked for.
    pub(crate) outside: bool,
    /// Something uses it, or may.
    pub(crate) used: bool,
}

impl Item {
    /// Makes an item of what a listing gave. None where it has no identity.
    pub(crate) fn new(reading: &Reading<'_>, parents: &[String], value: Value, place: Place) -> Option<Self> {
        let id = identify(reading, parents, &value, &place)?;
        let mut item = Self {
            id,
            arn: String::new(),
            region: None,
            parents: parents.to_vec(),
            value,
            place,
            gaps: Vec::new(),
            gone: false,
            outside: false,
            used: false,
        };
        item.locate(reading);
        Some(item)
    }

    /// Finds ARN and region again, after the item learnt more.
    pub(crate) fn locate(&mut self, reading: &Reading<'_>) {
        let definition = reading.definition();
        if definition.scope != Reach::Region {
            self.region = template::fill_first(&definition.region.0, &self.scope(reading));
        }
        self.arn = template::fill_first(&definition.arn.0, &self.scope(reading)).unwrap_or_default();
    }

    pub(crate) fn scope<'s>(&'s self, reading: &'s Reading<'_>) -> Scope<'s> {
        Scope {
            id: &self.id,
            arn: &self.arn,
            region: self.region(reading),
            item: Some(&self.value),
            outer: self.place.outer.as_deref(),
            answer: self.place.answer.as_deref(),
            index: Some(self.place.index),
            ..reading.scope(&self.parents)
        }
    }

    /// Whether it belongs into the listing, as far as is known.
    pub(crate) fn is_present(&self) -> bool {
        !self.gone && !self.outside
    }

    /// Where its detail calls go.
    pub(crate) fn region<'s>(&'s self, reading: &'s Reading<'_>) -> &'s str {
        self.region.as_deref().unwrap_or(&reading.region)
    }
}

/// The identity of what a listing gave.
pub(crate) fn identify(reading: &Reading<'_>, parents: &[String], value: &Value, place: &Place) -> Option<String> {
    let digest = reading.chosen.kind.uses.digest.then(|| digest(reading, value));
    let scope = Scope {
        item: Some(value),
        outer: place.outer.as_deref(),
        answer: place.answer.as_deref(),
        index: Some(place.index),
        digest: digest.as_deref(),
        ..reading.scope(parents)
    };
    template::fill(&reading.definition().id, &scope)
}

/// Digest of an item as it is shown, whatever the order of its members. Secrets are replaced before: from the digest of
/// an item that is otherwise known, a short one could be guessed.
fn digest(reading: &Reading<'_>, value: &Value) -> String {
    let mut shown = Value::Object(shown(reading, value));
    shown.sort_all_objects();
    hex(Sha256::digest(json::text(&shown).as_bytes()).get(..DIGEST_BYTES).unwrap_or_default())
}

/// The members of an item by their names in the output, without its secrets.
fn shown(reading: &Reading<'_>, value: &Value) -> Map<String, Value> {
    let definition = reading.definition();
    let members = value.as_object().into_iter().flatten();
    let mut shown = members.map(|(name, value)| (property_name(definition, name), value.clone())).collect();
    redact(&mut shown, definition, &reading.config.redaction);
    shown
}
