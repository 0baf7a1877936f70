//! What a run works in: units, and the chain of parents below which a resource lies.

use std::fmt;

use portolan_names::{AccountId, Region};

/// One kind in one account in one region: the grain of work, of failure and of deletion.
///
/// Equal keys are the same unit for ever: rows stored by an earlier run are found again by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitKey {
    /// `AWS::S3::Bucket`
    pub kind: String,
    /// The account whose role reads it.
    pub account: AccountId,
    /// None for a kind that is global to its account or to the organization.
    pub region: Option<Region>,
}

impl fmt::Display for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.region.as_ref().map_or("global", Region::as_str);
        write!(f, "{} in {} {region}", self.kind, self.account)
    }
}

/// Ids of a resource's parents, the outermost first; empty for a resource that lies under none.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ParentChain(pub Vec<String>);

impl ParentChain {
    /// Whether there is no parent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The chain as JSON text, the form in which the catalogue stores it; none for the empty chain.
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        if self.is_empty() { None } else { Some(serde_json::Value::from(self.0.clone()).to_string()) }
    }

    /// Reads [`ParentChain::to_json`] back. Text that is no such list gives none: what cannot be read proves nothing.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
