//! Whether an account that is no longer listed is still a member of the organization: one reading by id,
//! through the kind that lists accounts, so that it passes the same guard as everything else.

use std::collections::BTreeMap;

use portolan_names::AccountId;
use serde_json::Value;

use super::accounts::Listing;
use super::context::Context;
use super::retire::read_by_id;
use crate::deletion::Described;
use crate::unit::UnitKey;

/// The kind whose reading by id is `organizations:DescribeAccount`.
const ACCOUNTS: &str = "AWS::Organizations::Account";
/// Accounts that are asked about in one run. More are a listing that went wrong, which a guard looks at.
const ASKED_MAX: usize = 100;

/// What the organization says of `absent`; nothing of those that it does not answer about, or where the
/// configuration does not read the organization's accounts.
pub(super) async fn described(
    context: &Context,
    listing: &Listing,
    absent: &[AccountId],
) -> BTreeMap<AccountId, Described> {
    let mut said = BTreeMap::new();
    let management = listing.found.iter().find(|found| found.row.is_management);
    let (Some(management), Some(kind)) = (management, context.manifest.kind(ACCOUNTS)) else { return said };
    let unit = UnitKey { kind: ACCOUNTS.to_owned(), account: management.id.clone(), region: None };
    for ids in absent.get(..absent.len().min(ASKED_MAX)).unwrap_or_default().chunks(kind.batch.max(1)) {
        let asked: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let Ok(page) = read_by_id(context, &management.account, &unit, &asked).await else { continue };
        for id in ids {
            let line = page.resources.iter().find(|line| line.id == id.as_str());
            let state = line.and_then(|line| line.properties.get("State").or(line.properties.get("Status")));
            match (line, state.and_then(Value::as_str)) {
                (Some(_), Some("CLOSED")) => said.insert(id.clone(), Described::Closed),
                (Some(_), _) => said.insert(id.clone(), Described::Member),
                // Only a whole answer without any problem proves that there is no such account.
                (None, _) if page.whole && page.problems.is_empty() => said.insert(id.clone(), Described::NotFound),
                (None, _) => None,
            };
        }
    }
    said
}
