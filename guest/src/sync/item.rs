//! A resource on its way from the listing's answer to its line.

use serde_json::{Map, Value};

use super::Reading;
use crate::catalog::Reach;
use crate::template::{self, Scope};

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
    pub(crate) outer: Option<Map<String, Value>>,
    /// The actions that failed for it.
    pub(crate) gaps: Vec<String>,
    /// AWS says that it is not there any more.
    pub(crate) gone: bool,
}

impl Item {
    /// Makes an item of what a listing gave. None where it has no identity.
    pub(crate) fn new(
        reading: &Reading<'_>,
        parents: &[String],
        value: Value,
        outer: Option<Map<String, Value>>,
    ) -> Option<Self> {
        let id = identify(reading, parents, &value, outer.as_ref())?;
        let mut item = Self {
            id,
            arn: String::new(),
            region: None,
            parents: parents.to_vec(),
            value,
            outer,
            gaps: Vec::new(),
            gone: false,
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
            outer: self.outer.as_ref(),
            ..reading.scope(&self.parents)
        }
    }

    /// Where its detail calls go.
    pub(crate) fn region<'s>(&'s self, reading: &'s Reading<'_>) -> &'s str {
        self.region.as_deref().unwrap_or(&reading.region)
    }

    /// Whether the definition says that it is deleted or not the account's.
    pub(crate) fn dropped(&self, reading: &Reading<'_>) -> bool {
        reading.definition().drop.iter().any(|condition| {
            let value = crate::path::get(&self.value, &condition.at).and_then(Value::as_str);
            value.is_some_and(|value| condition.values.iter().any(|known| known == value))
        })
    }
}

/// The identity of what a listing gave.
pub(crate) fn identify(
    reading: &Reading<'_>,
    parents: &[String],
    value: &Value,
    outer: Option<&Map<String, Value>>,
) -> Option<String> {
    template::fill(&reading.definition().id, &Scope { item: Some(value), outer, ..reading.scope(parents) })
}
