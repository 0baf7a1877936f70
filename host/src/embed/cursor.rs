use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::outcome::PagesSoFar;
use crate::unit::UnitKey;

/// Where the reading of a unit stands: for storing, as text, together with the pages that were taken.
///
/// It holds what earlier pages proved and did not prove, so that a unit that goes on cannot look more whole than it is. It is
/// good for the same unit, component and settings, within the hour: AWS forgets page tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub(super) fingerprint: String,
    account: String,
    kind: String,
    region: Option<String>,
    pub(super) next: String,
    /// Pages asked for so far: the limit of them holds however often a unit is gone on with.
    pub(super) pages: u32,
    pub(super) so_far: PagesSoFar,
}

impl Cursor {
    pub(super) fn new(fingerprint: &str, key: &UnitKey, next: &str, pages: u32, so_far: &PagesSoFar) -> Self {
        Self {
            fingerprint: fingerprint.to_owned(),
            account: key.account.to_string(),
            kind: key.kind.clone(),
            region: key.region.as_ref().map(ToString::to_string),
            next: next.to_owned(),
            pages,
            so_far: so_far.clone(),
        }
    }

    pub(super) fn is_of(&self, key: &UnitKey) -> bool {
        self.account == key.account.as_str()
            && self.kind == key.kind
            && self.region.as_deref() == key.region.as_ref().map(|region| region.as_str())
    }

    /// As text, which [`str::parse`] reads back. Opaque; at most some 70 KiB. It holds a page token of AWS.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        serde_json::from_str(text).map_err(|_| BadCursor("it is none".to_owned()))
    }
}

/// A cursor that leads nowhere: begin the unit again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is of no use: {0}; begin the unit again")]
pub struct BadCursor(pub(super) String);
