//! Detail calls, conditions, and the members that they know.

use portolan_tables::Shape;

use super::{Checker, Known, lookup};
use crate::catalog::{Action, Condition, shapes};

impl Checker<'_> {
    pub(super) fn actions(&mut self) {
        let definition = &self.kind.definition;
        for (index, action) in definition.actions.iter().enumerate() {
            let at = format!("/actions/{index}");
            for (number, condition) in action.when.iter().enumerate() {
                let at = format!("{at}/when/{number}/at");
                if !self.gives(&condition.at, |other| action.then && !other.then) {
                    self.say(&at, format!("nothing gives {:?} before this is asked", condition.at));
                }
            }
            if let Some(known) = &action.known
                && !self.gives(known, |other| other.name != action.name)
            {
                self.say(&format!("{at}/known"), format!("nothing gives {known:?}"));
            }
            let Some(known) = self.known(&at, action.service.as_deref(), &action.operation) else { continue };
            self.call(&at, known, &action.operation, &action.input, action.batch.is_some());
            self.answer(&at, known, action);
        }
        self.conditions("/drop", &definition.drop);
        self.conditions("/keep", &definition.keep);
        let Some(default) = &definition.default else { return };
        self.conditions("/default/when", &default.when);
        let Some(unless) = &default.unless else { return };
        if let Some(known) = self.known("/default/unless", None, &unless.operation) {
            self.call("/default/unless", known, &unless.operation, &unless.input, false);
            self.shape("/default/unless/items", known.service, known.output, &unless.items);
        }
    }

    fn answer(&mut self, at: &str, known: Known, action: &Action) {
        let service = known.service;
        if action.batch.is_none() && (action.gather || action.pick.is_some() || action.left_out.is_some()) {
            self.say(at, "`gather`, `pick` and `left_out` are of batches");
        }
        if action.batch.is_some() && action.identity.is_none() {
            self.say(at, "a batch is matched by `identity`");
        }
        if action.gather && action.into.is_none() {
            self.say(at, "what is gathered is a list and needs `into`");
        }
        for path in &action.take.0 {
            let Some(taken) = self.shape(&format!("{at}/take"), service, known.output, path) else { continue };
            let mut value = taken;
            if action.batch.is_some() {
                if !matches!(taken, Shape::List { .. }) && !path.ends_with(']') {
                    self.say(&format!("{at}/take"), format!("{path:?} is no list of answers"));
                }
                value = shapes::element(service, taken);
                self.identity(at, known, value, action);
                if let Some(pick) = &action.pick {
                    let Some(picked) = self.shape(&format!("{at}/pick"), service, value, pick) else { continue };
                    value = picked;
                }
            }
            let structured = matches!(value, Shape::Structure(_) | Shape::Map { .. } | Shape::Document);
            if !structured && (action.into.is_none() || action.take.0.len() > 1 && action.batch.is_none()) {
                self.say(&format!("{at}/take"), format!("{path:?} is no structure: it needs an `into` of its own"));
            }
        }
        if action.batch.is_none() {
            self.identity(at, known, known.output, action);
        }
        if let Some(missing) = &action.missing
            && let Some(list) = self.shape(&format!("{at}/missing/items"), service, known.output, &missing.items)
        {
            let entry = shapes::element(service, list);
            self.shape(&format!("{at}/missing/id"), service, entry, &missing.id);
            self.shape(&format!("{at}/missing/at"), service, entry, &missing.at);
        }
    }

    /// That one of the paths of the identity is there; of several takes not every one needs to have each.
    fn identity(&mut self, at: &str, known: Known, from: &'static Shape, action: &Action) {
        let Some(identity) = &action.identity else { return };
        if !identity.at.0.iter().any(|path| shapes::at(known.service, from, path).is_some()) {
            let path = identity.at.0.first().map_or("", String::as_str);
            self.shape(&format!("{at}/identity/at"), known.service, from, path);
        }
    }

    fn conditions(&mut self, at: &str, conditions: &[Condition]) {
        for (index, condition) in conditions.iter().enumerate() {
            let at = format!("{at}/{index}/at");
            if !self.gives(&condition.at, |_| true) {
                self.say(&at, format!("neither the listing nor an action gives {:?}", condition.at));
            } else if !self.gives(&condition.at, |action| !action.optional) {
                // Where it does not run, the member is missing, and an item must not be judged by that.
                self.say(&at, format!("only an optional action gives {:?}", condition.at));
            }
        }
    }

    /// Whether the listing or one of these actions gives a member.
    pub(super) fn gives(&self, member: &str, of: impl Fn(&Action) -> bool) -> bool {
        let first = member.split(['.', '[']).next().unwrap_or(member);
        let definition = &self.kind.definition;
        self.lists(member)
            || definition.actions.iter().filter(|action| of(action)).any(|action| {
                // Of an attribute map the tables know no keys: what the definition says it fills is all there is to know.
                let filled = action.fills.iter().any(|name| name == first);
                match &action.into {
                    Some(into) => into == first || filled,
                    None => filled || self.merges(action, member),
                }
            })
    }

    /// Whether the listing alone gives a member.
    pub(super) fn lists(&self, member: &str) -> bool {
        let first = member.split(['.', '[']).next().unwrap_or(member);
        let definition = &self.kind.definition;
        if definition.made.as_ref().is_some_and(|made| made.contains_key(first)) {
            return true;
        }
        let Some(list) = &definition.list else { return false };
        if list.wrap.as_deref() == Some(first) {
            return true;
        }
        let known = portolan_tables::service(&self.kind.service).and_then(|table| lookup(table, &list.operation));
        // What cannot be looked up is said elsewhere.
        known.is_none_or(|known| {
            self.listed(known).into_iter().any(|shape| shapes::at(known.service, shape, member).is_some())
        })
    }

    fn merges(&self, action: &Action, member: &str) -> bool {
        let table = portolan_tables::service(self.kind.service_of(action));
        let Some(known) = table.and_then(|table| lookup(table, &action.operation)) else { return true };
        merged(action, known).into_iter().any(|shape| shapes::at(known.service, shape, member).is_some())
    }
}

/// What an action merges into the item, or puts there under a name of its own.
pub(super) fn merged(action: &Action, known: Known) -> Vec<&'static Shape> {
    let taken = action.take.0.iter().filter_map(|path| known.at(path));
    let values = taken.map(|shape| shapes::element(known.service, shape));
    values
        .filter_map(|shape| match &action.pick {
            Some(pick) => shapes::at(known.service, shape, pick).map(|shape| shapes::element(known.service, shape)),
            None => Some(shape),
        })
        .collect()
}
