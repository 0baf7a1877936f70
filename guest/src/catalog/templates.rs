//! All templates of a definition: what it fills from the items, and what from where they were found.

use serde_json::{Map, Value};

use super::Definition;
use crate::template;

/// Every template of a definition.
pub(crate) fn of(definition: &Definition) -> Vec<&str> {
    let mut all: Vec<&str> = of_items(definition);
    for parent in definition.parents.iter().filter_map(|parent| parent.call()) {
        all.push(&parent.id);
        inputs(&parent.input, &mut all);
    }
    if let Some(list) = &definition.list {
        inputs(&list.input, &mut all);
    }
    if let Some(since) = &definition.since {
        inputs(&since.input, &mut all);
    }
    if let Some(read) = &definition.read {
        inputs(&read.input, &mut all);
        all.extend(read.parents.iter().chain(&read.batch_of).map(String::as_str));
    }
    all.extend(definition.made.iter().flat_map(|made| made.values()).map(String::as_str));
    all
}

/// Those that are filled from an item.
pub(crate) fn of_items(definition: &Definition) -> Vec<&str> {
    let mut all = vec![definition.id.as_str()];
    let several = definition.arn.0.iter().chain(&definition.name.0).chain(&definition.region.0);
    let single = definition.generation.iter().chain(&definition.owner);
    let made = definition.set.values().chain(definition.context.add.values());
    all.extend(several.chain(single).chain(made).map(String::as_str));
    for action in &definition.actions {
        inputs(&action.input, &mut all);
        all.extend(action.identity.iter().map(|identity| identity.of.as_str()));
    }
    let unless = definition.default.iter().filter_map(|default| default.unless.as_ref());
    unless.for_each(|unless| inputs(&unless.input, &mut all));
    all
}

/// The templates in a call's input.
pub(crate) fn inputs<'d>(input: &'d Map<String, Value>, all: &mut Vec<&'d str>) {
    input.values().for_each(|value| walk(value, all));
}

fn walk<'d>(value: &'d Value, all: &mut Vec<&'d str>) {
    match value {
        Value::String(text) => all.push(text),
        Value::Array(items) => items.iter().for_each(|item| walk(item, all)),
        Value::Object(members) => inputs(members, all),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the walk must keep of an answer because a template names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// `{$answer.…}`
    pub(crate) answer: bool,
    /// `{$index}`
    pub(crate) index: bool,
    /// `{$digest}`
    pub(crate) digest: bool,
}

impl Uses {
    pub(crate) fn of(definition: &Definition) -> Self {
        let all = of(definition);
        let names = |wanted: &dyn Fn(&str) -> bool| all.iter().any(|text| template::names(text).any(wanted));
        Self {
            answer: names(&|name| name.starts_with("$answer.")),
            index: names(&|name| name == "$index"),
            digest: names(&|name| name == "$digest"),
        }
    }
}
