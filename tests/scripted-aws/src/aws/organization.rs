//! The organization: accounts in units of a hundred below the one root.

use portolan_scripted_aws::{Estate, Item, Unit, mix};

use super::operation::Source;
use super::request::Input;

/// Accounts of one unit. The management account is in none: it lies below the root.
const ACCOUNTS_OF_UNIT: u32 = 100;
const ROOT: &str = "r-scri";
const UNIT_PREFIX: &str = "ou-scri-";
/// The kind of what is no resource.
const NO_KIND: u16 = u16::MAX;
const NO_KIND_UNIT: u16 = u16::MAX - 1;

/// What an operation of Organizations tells about: a range of numbers, of accounts or of units.
pub(crate) struct Range {
    pub(crate) first: u32,
    pub(crate) count: u32,
    pub(crate) units: bool,
}

/// The range of a source. None: what is asked about does not exist.
pub(crate) fn range(source: Source, estate: &Estate, input: &Input) -> Option<Range> {
    let accounts = estate.accounts();
    let units = accounts.saturating_sub(1).div_ceil(ACCOUNTS_OF_UNIT);
    let of = |first: u32, count: u32, units: bool| Some(Range { first, count, units });
    let parent = input.get("ParentId").unwrap_or_default();
    match source {
        Source::Accounts => of(0, accounts, false),
        Source::AccountsOfUnit if parent == ROOT => of(0, accounts.min(1), false),
        Source::AccountsOfUnit => {
            let first = 1 + unit(parent, units)? * ACCOUNTS_OF_UNIT;
            of(first, ACCOUNTS_OF_UNIT.min(accounts - first), false)
        }
        Source::Units if parent == ROOT => of(0, units, true),
        Source::Units => unit(parent, units).and_then(|_| of(0, 0, true)),
        Source::Unit => of(unit(input.get("OrganizationalUnitId")?, units)?, 1, true),
        Source::Account => {
            let id = input.get("AccountId").or_else(|| input.get("ResourceId"))?;
            of(estate.account_number(id.parse().ok()?)?, 1, false)
        }
        Source::Parent => {
            let child = input.get("ChildId")?;
            match unit(child, units) {
                Some(unit) => of(unit, 1, true),
                None => of(estate.account_number(child.parse().ok()?)?, 1, false),
            }
        }
        _ => None,
    }
}

/// An account or a unit as what templates are filled with.
pub(crate) fn item(range: &Range, number: u32) -> Item {
    let kind = if range.units { NO_KIND_UNIT } else { NO_KIND };
    let unit = Unit { account: number, region: u16::MAX, kind };
    Item { unit, index: number, version: 0, bits: mix(u64::from(number) ^ u64::from(kind)) }
}

/// The id of what an account or a unit lies below.
pub(crate) fn parent(out: &mut Vec<u8>, item: &Item) {
    let text = match item.index.checked_sub(1) {
        Some(above) if item.unit.kind == NO_KIND => format!("{UNIT_PREFIX}{:08x}", above / ACCOUNTS_OF_UNIT),
        _ => ROOT.to_owned(),
    };
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn parent_type(item: &Item) -> &'static str {
    if item.unit.kind == NO_KIND && item.index > 0 { "ORGANIZATIONAL_UNIT" } else { "ROOT" }
}

fn unit(id: &str, units: u32) -> Option<u32> {
    let number = u32::from_str_radix(id.strip_prefix(UNIT_PREFIX)?, 16).ok()?;
    (number < units).then_some(number)
}
