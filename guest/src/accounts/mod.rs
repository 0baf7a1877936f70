//! Which accounts there are: the organization, walked unit by unit.
//!
//! Every account of the organization that can be seen is given, with its state: one that is suspended, or that the
//! configuration leaves out, is not read, but the host must know that it still exists. Those that are left out carry
//! the state [`OUT_OF_SCOPE`], which AWS does not have, and with that are not attempted by any host.

mod scope;
mod walk;

use portolan_names::Arn;
use serde_json::{Map, Value, json};

pub(crate) use walk::discover;

use crate::interface::{Account, AccountRole};

/// The state of an account that is in the organization and that the configuration leaves out.
pub(crate) const OUT_OF_SCOPE: &str = "OUT_OF_SCOPE";

/// Where an account lies: its organizational units, outermost first.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    #[serde(rename = "i")]
    pub(crate) ids: Vec<String>,
    #[serde(rename = "n")]
    pub(crate) names: Vec<String>,
}

impl Place {
    fn below(&self, id: &str, name: &str) -> Self {
        let mut below = self.clone();
        below.ids.push(id.to_owned());
        below.names.push(name.to_owned());
        below
    }
}

/// An account from what Organizations says of it. None where it has no id.
fn account(listed: &Map<String, Value>, place: Option<&Place>, in_scope: bool) -> Option<Account> {
    let text = |name: &str| listed.get(name).and_then(Value::as_str);
    let id = text("Id")?.to_owned();
    // The ARN of every account names the one that owns the organization.
    let owner = text("Arn").and_then(|arn| Arn::parse(arn).ok()).map(|arn| arn.account == id);
    let role = if owner == Some(true) { AccountRole::Management } else { AccountRole::Member };
    let mut details = listed.clone();
    if let Some(place) = place {
        details.insert("OuPath".to_owned(), json!(place.names.join("/")));
        details.insert("OuIds".to_owned(), json!(place.ids));
    }
    if !in_scope {
        details.insert("State".to_owned(), json!(OUT_OF_SCOPE));
    }
    let name = text("Name").unwrap_or(&id).to_owned();
    Some(Account { id, name, role, details: Value::Object(details).to_string() })
}

/// Whether the configuration leaves an account out.
pub(crate) fn is_out_of_scope(account: &Account) -> bool {
    let details: Value = serde_json::from_str(&account.details).unwrap_or_default();
    details.get("State").and_then(Value::as_str) == Some(OUT_OF_SCOPE)
}
