//! What a run does to resources, by kind, with examples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Examples of each change of each kind; counts are of all. What is deleted or withheld is listed whole.
const EXAMPLES_MAX: usize = 5;

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is new, or there again.
    Create,
    /// Something of it differs.
    Change,
    /// It is proven gone, or another thing bears its name.
    Delete,
    /// It is proven gone, and a guard withholds its deletion.
    Withhold,
    /// It was not seen for the first time; it stays until another observation agrees.
    MarkMissing,
}

/// A resource, and what of it a plan tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its account.
    pub account: String,
    /// Its region, if it has one.
    pub region: Option<String>,
    /// Its identity in its unit.
    pub id: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Of a changed one: the paths of the properties that differ. Never their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
    /// Of a deleted or withheld one: on what the deletion rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounds: Option<String>,
    /// Of a withheld one: which guard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
}

/// One change of one kind: how many, and which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concerned {
    /// All of them.
    pub count: u64,
    /// The first by account, region and id; of what is deleted or withheld, all.
    pub items: Vec<Item>,
}

/// The changes of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindChanges {
    /// To be created.
    pub create: Concerned,
    /// To be changed.
    pub change: Concerned,
    /// To be deleted.
    pub delete: Concerned,
    /// Proven gone, and withheld by a guard.
    pub withhold: Concerned,
    /// Newly missing, and kept.
    pub mark_missing: Concerned,
}

/// What a run does, by kind; a kind of which nothing changes does not appear.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// By kind.
    pub kinds: BTreeMap<String, KindChanges>,
}

impl Changes {
    /// Adds a resource.
    pub fn add(&mut self, kind: &str, change: Change, item: Item) {
        let kind = self.kinds.entry(kind.to_owned()).or_default();
        let (concerned, whole) = match change {
            Change::Create => (&mut kind.create, false),
            Change::Change => (&mut kind.change, false),
            Change::Delete => (&mut kind.delete, true),
            Change::Withhold => (&mut kind.withhold, true),
            Change::MarkMissing => (&mut kind.mark_missing, false),
        };
        concerned.count += 1;
        if whole || concerned.items.len() < EXAMPLES_MAX {
            concerned.items.push(item);
        }
    }

    /// How many resources of all kinds a change concerns.
    #[must_use]
    pub fn count(&self, of: impl Fn(&KindChanges) -> &Concerned) -> u64 {
        self.kinds.values().map(|kind| of(kind).count).sum()
    }
}
