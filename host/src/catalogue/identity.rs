use portolan_names::{AccountId, Arn};

use crate::page_lines::ResourceLine;
use crate::unit::UnitKey;

/// Whose a resource is: the account in its ARN, else the account that listed it.
pub(crate) fn owner(unit: &UnitKey, line: &ResourceLine) -> AccountId {
    let named = line.arn.as_deref().and_then(|arn| AccountId::parse(Arn::parse(arn).ok()?.account).ok());
    named.unwrap_or_else(|| unit.account.clone())
}

/// A resource's identity: partition, owning account, region or `global`, kind, primary id (last, as it may hold slashes).
///
/// The region is the unit's, not the resource's: a bucket is global, wherever it lies.
pub(crate) fn resource_key(partition: &str, owner: &AccountId, unit: &UnitKey, id: &str) -> String {
    let region = unit.region.as_ref().map_or("global", |region| region.as_str());
    format!("{partition}/{owner}/{region}/{}/{id}", unit.kind)
}

/// The key under which a closed row stands aside when its name is borne by another thing.
pub(crate) fn closed_key(key: &str, row: i64) -> String {
    format!("{key}#{row}")
}
