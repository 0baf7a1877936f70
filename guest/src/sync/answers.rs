//! What the answer of a detail call says, of one item or of a batch.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use portolan_tables::Paging;
use serde_json::{Map, Value};

use super::listing::parsed;
use crate::catalog::{Action, Missing};
use crate::path;
use crate::template::text;

/// The value of an answer, over all its pages. Of several paths the structures are merged.
pub(crate) fn value(action: &Action, answers: &[Value], paging: Option<&Paging>) -> Option<Value> {
    let mut whole: Option<Value> = None;
    for path in &action.take.0 {
        match (&mut whole, joined(answers, path, paging)) {
            (_, None) => {}
            (Some(Value::Object(members)), Some(Value::Object(more))) => members.extend(more),
            (Some(_), Some(_)) => {}
            (None, part) => whole = part,
        }
    }
    let whole = if action.text { whole.map(parsed) } else { whole };
    whole.or_else(|| action.otherwise.clone()).map(|value| translated(action, value))
}

/// What stands at a path of all pages, as one: the lists that go on from page to page are put together.
fn joined(answers: &[Value], path: &str, paging: Option<&Paging>) -> Option<Value> {
    let goes_on = |member: &str| {
        let at = if path == "." { member.to_owned() } else { format!("{path}.{member}") };
        paging.is_some_and(|paging| paging.result.contains(&at))
    };
    let mut value: Option<Value> = None;
    for part in answers.iter().filter_map(|answer| path::get(answer, path)) {
        match (&mut value, part) {
            (_, Value::Null) => {}
            (None, part) => value = Some(part.clone()),
            (Some(Value::Array(items)), Value::Array(more)) => items.extend(more.iter().cloned()),
            (Some(Value::Object(members)), Value::Object(more)) => join(members, more, &goes_on),
            (Some(_), _) => {}
        }
    }
    if let (".", Some(paging), Some(Value::Object(members))) = (path, paging, &mut value) {
        // Page tokens are no properties of anything.
        for name in paging.output_token.iter().flat_map(|token| token.split("||")).chain(paging.more.as_deref()) {
            members.shift_remove(name.trim());
        }
    }
    value
}

fn join(members: &mut Map<String, Value>, more: &Map<String, Value>, goes_on: &dyn Fn(&str) -> bool) {
    for (name, value) in more {
        match (members.get_mut(name), value) {
            (Some(Value::Array(items)), Value::Array(further)) if goes_on(name) => {
                items.extend(further.iter().cloned());
            }
            _ => drop(members.insert(name.clone(), value.clone())),
        }
    }
}

/// Values that AWS writes in two ways.
pub(crate) fn translated(action: &Action, value: Value) -> Value {
    match value.as_str().and_then(|text| action.translate.get(text)) {
        Some(text) => Value::from(text.as_str()),
        None => value,
    }
}

/// The identity that an answer, or a batch's element, gives at one of these paths.
pub(crate) fn identity(answer: &Value, at: &[String]) -> Option<String> {
    at.iter().find_map(|path| text(path::get(answer, path)?))
}

/// What a batch's answer has for an item.
pub(crate) enum Element {
    Value(Value),
    /// It has the item, and of it no value.
    Nothing,
    LeftOut,
}

/// The elements of a batch's answer, by identity.
pub(crate) struct Elements<'a> {
    by_id: BTreeMap<String, Vec<&'a Value>>,
    /// Each element's identities: one that is gathered may belong to several items.
    ids: Vec<Vec<String>>,
}

impl<'a> Elements<'a> {
    pub(crate) fn of(action: &Action, at: &[String], answers: &'a [Value]) -> Self {
        let mut elements = Self { by_id: BTreeMap::new(), ids: Vec::new() };
        for path in &action.take.0 {
            for answer in answers {
                path::collect(answer, path, &mut |found, _| match found {
                    Value::Array(list) => list.iter().for_each(|element| elements.add(action, at, element)),
                    Value::Null => {}
                    one => elements.add(action, at, one),
                });
            }
        }
        elements
    }

    fn add(&mut self, action: &Action, at: &[String], element: &'a Value) {
        let mut ids: Vec<String> = Vec::new();
        if action.gather {
            for path in at {
                path::collect(element, path, &mut |value, _| ids.extend(text(value)));
            }
            ids.dedup();
        } else {
            ids.extend(identity(element, at));
        }
        for id in &ids {
            self.by_id.entry(id.clone()).or_default().push(element);
        }
        if !ids.is_empty() {
            self.ids.push(ids);
        }
    }

    /// What the answer has for an item.
    pub(crate) fn of_item(&self, action: &Action, id: &str) -> Element {
        let picked = |element: &Value| match &action.pick {
            Some(pick) => path::get(element, pick).filter(|value| !value.is_null()).cloned(),
            None => Some(element.clone()),
        };
        let found = self.by_id.get(id).map(Vec::as_slice).unwrap_or_default();
        if action.gather {
            return Element::Value(Value::Array(found.iter().filter_map(|element| picked(element)).collect()));
        }
        // Of several with one identity the last counts, as in a map.
        let Some(element) = found.last() else { return Element::LeftOut };
        match picked(element).or_else(|| action.otherwise.clone()) {
            Some(value) => Element::Value(translated(action, value)),
            None => Element::Nothing,
        }
    }

    /// An identity that was not asked for, of an element that belongs to nothing else.
    pub(crate) fn foreign(&self, asked: &[String]) -> Option<&str> {
        let foreign = self.ids.iter().find(|ids| !ids.iter().any(|id| asked.contains(id)))?;
        foreign.first().map(String::as_str)
    }
}

/// What a batch's answer says of something that it could not read.
pub(crate) enum Reported {
    Gone,
    Failed(String),
}

/// Looks an id up in the part of the answers that lists what could not be read.
pub(crate) fn reported(answers: &[impl Borrow<Value>], missing: &Missing, id: &str) -> Option<Reported> {
    let entry = answers
        .iter()
        .filter_map(|answer| path::get(answer.borrow(), &missing.items)?.as_array())
        .flatten()
        .find(|entry| path::get(entry, &missing.id).and_then(Value::as_str) == Some(id))?;
    let reason = path::get(entry, &missing.at).and_then(Value::as_str).unwrap_or_default();
    Some(if missing.values.iter().any(|value| value == reason) {
        Reported::Gone
    } else {
        Reported::Failed(reason.to_owned())
    })
}
