//! Whether what a listing gave is the kind's, as far as that is known.
//!
//! Leaving an item out of a listing that claims to be whole says that it is gone. So it takes evidence: where a detail
//! call that failed, or has not answered yet, could have told, nothing is known, and the item is present.

use serde_json::Value;

use super::Reading;
use super::item::Item;
use crate::catalog::{Action, Condition, Partial};
use crate::path;
use crate::template::text;
use crate::wire::timestamp;

/// What an item must be, told by the members that it has.
pub(crate) struct Known<'a> {
    item: &'a Item,
    /// Actions whose values it lacks: they failed, or have not been asked yet.
    open: Vec<&'a Action>,
}

impl<'a> Known<'a> {
    /// With these actions still to be asked.
    pub(crate) fn of(reading: &'a Reading<'_>, item: &'a Item, pending: &[&'a Action]) -> Self {
        let failed = reading.definition().actions.iter().filter(|action| item.gaps.contains(&action.name));
        Self { item, open: pending.iter().copied().chain(failed).collect() }
    }

    /// Whether all of this holds; none where nobody knows.
    pub(crate) fn all(&self, conditions: &[Condition]) -> Option<bool> {
        let mut doubtful = false;
        for condition in conditions {
            match self.holds(condition) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => doubtful = true,
            }
        }
        (!doubtful).then_some(true)
    }

    fn holds(&self, condition: &Condition) -> Option<bool> {
        let mut values: Vec<&Value> = Vec::new();
        path::collect(&self.item.value, &condition.at, &mut |value, _| values.push(value));
        values.retain(|value| !value.is_null());
        if values.is_empty() && self.may_come(&condition.at) {
            return None;
        }
        let texts: Vec<String> = values.iter().filter_map(|value| text(value)).collect();
        let among = |list: &Vec<String>| texts.iter().any(|text| list.contains(text));
        let begins = |list: &Vec<String>| texts.iter().any(|text| list.iter().any(|start| text.starts_with(start)));
        let absent = values.iter().all(|value| is_empty(value));
        let tests = [
            condition.among.as_ref().map(among),
            condition.not_in.as_ref().map(|list| !among(list)),
            condition.starts_with.as_ref().map(begins),
            condition.absent.map(|wanted| absent == wanted),
        ];
        Some(tests.into_iter().flatten().all(|held| held))
    }

    /// Whether an action that has not answered could have given this member.
    fn may_come(&self, path: &str) -> bool {
        let first = path.split(['.', '[']).next().unwrap_or(path);
        self.open.iter().any(|action| action.into.as_deref().is_none_or(|into| into == first))
    }

    /// Whether it is surely none of the kind's: dropped, not kept, or older than what is asked for.
    pub(crate) fn is_outside(&self, reading: &Reading<'_>) -> bool {
        let definition = reading.definition();
        definition.drop.iter().any(|condition| self.holds(condition) == Some(true))
            || self.all(&definition.keep) == Some(false)
            || is_before(reading, &self.item.value) == Some(true)
    }

    /// Whether it is surely what every account has.
    pub(crate) fn is_default(&self, reading: &Reading<'_>) -> bool {
        let left_out = reading.definition().default.as_ref().filter(|_| !reading.config.include_defaults);
        left_out.is_some_and(|default| self.all(&default.when) == Some(true))
    }
}

/// Whether an item is older than what is asked for; none where it does not say, or where no time is configured.
pub(crate) fn is_before(reading: &Reading<'_>, value: &Value) -> Option<bool> {
    let (since, definition) = reading.chosen.since.as_ref().zip(reading.definition().since.as_ref())?;
    let at = timestamp::moment(path::get(value, &definition.at)?.as_str()?)?;
    Some(at < since.at)
}

/// Whether a listing gave less of an item than there is.
pub(crate) fn is_partial(partial: &Partial, value: &Value) -> bool {
    let lacks = partial.expected.iter().any(|path| path::get(value, path).is_none());
    let mut members = value.as_object().into_iter().flatten();
    lacks || !partial.identifiers.is_empty() && members.all(|(name, _)| partial.identifiers.contains(name))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
