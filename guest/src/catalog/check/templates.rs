//! Templates: every name in them is one that has a value.

use serde_json::Map;

use super::{Checker, lookup};
use crate::catalog::{Outer, Parent, shapes, templates};
use crate::template::{self, ID_SEPARATOR};

impl Checker<'_> {
    pub(super) fn templates(&mut self) {
        let definition = &self.kind.definition;
        self.identity_template();
        let several = [("/arn", &definition.arn.0), ("/name", &definition.name.0), ("/region", &definition.region.0)];
        for (at, list) in several {
            for text in list {
                self.names(at, text, &|checker, name| checker.gives(name, |_| true));
            }
        }
        let single = [("/generation", &definition.generation), ("/owner", &definition.owner)];
        for (at, text) in single {
            if let Some(text) = text {
                self.names(at, text, &|checker, name| checker.gives(name, |_| true));
            }
        }
        for (at, map) in [("/set", &definition.set), ("/context/add", &definition.context.add)] {
            for (key, text) in map {
                self.names(&format!("{at}/{key}"), text, &|checker, name| checker.gives(name, |_| true));
            }
        }
        for (index, action) in definition.actions.iter().enumerate() {
            let at = format!("/actions/{index}");
            let before = |checker: &Self, name: &str| checker.gives(name, |other| action.then && !other.then);
            self.input_names(&at, &action.input, &before);
            if let Some(identity) = &action.identity {
                self.names(&format!("{at}/identity/of"), &identity.of, &before);
            }
        }
        if let Some(unless) = definition.default.as_ref().and_then(|default| default.unless.as_ref()) {
            let known = |checker: &Self, name: &str| checker.gives(name, |action| !action.then);
            self.input_names("/default/unless", &unless.input, &known);
        }
        for member in
            definition.rename.keys().filter(|member| !self.gives(member, |_| true)).cloned().collect::<Vec<_>>()
        {
            self.say(&format!("/rename/{member}"), format!("nothing gives {member:?}"));
        }
        self.listing_templates();
    }

    /// The identity is from the listing alone: a detail call that fails must not change it.
    fn identity_template(&mut self) {
        let definition = &self.kind.definition;
        // What an item's digest is made of needs no name.
        self.names("/id", &definition.id.replace("{$digest}", ""), &|checker, name| checker.lists(name));
        for name in template::names(&definition.id) {
            let own = name == "$arn" || name == "$id" || name.starts_with("$id.");
            if own {
                self.say("/id", format!("{{{name}}} is made from the id"));
            }
            let Some(read) = &definition.read else { continue };
            if name == "$index" {
                self.say("/id", "a place in the list is no id to read by: `confirm: second-run`");
            }
            if name == "$digest" {
                self.say("/id", "nothing is read by its digest: `confirm: second-run`");
            }
            if name.starts_with("$outer.") && read.outer == Outer::Ignore {
                self.say("/read/outer", format!("the id needs {{{name}}}: `keep`"));
            }
        }
    }

    fn listing_templates(&mut self) {
        let definition = &self.kind.definition;
        let none = |_: &Self, _: &str| false;
        for (index, parent) in definition.parents.iter().enumerate() {
            let Parent::Call(parent) = parent else { continue };
            let at = format!("/parents/{index}");
            self.input_names(&at, &parent.input, &none);
            self.levels(&format!("{at}/input"), &texts(&parent.input), index);
            let table = portolan_tables::service(parent.service.as_deref().unwrap_or(&self.kind.service));
            let known = table.and_then(|table| lookup(table, &parent.operation));
            self.names(&format!("{at}/id"), &parent.id, &|_, name| {
                parent.wrap.as_deref() == Some(name)
                    || known.is_none_or(|known| {
                        let items = parent.items.0.iter().filter_map(|path| known.at(path));
                        let mut items = items.map(|shape| shapes::element(known.service, shape));
                        items.any(|shape| shapes::at(known.service, shape, name).is_some())
                    })
            });
        }
        if let Some(list) = &definition.list {
            self.input_names("/list", &list.input, &none);
            let last = definition.parents.len().saturating_sub(1);
            let below = format!("$parent.{last}");
            if list.recurse && !texts(&list.input).iter().any(|text| template::names(text).any(|name| name == below)) {
                self.say("/list/input", format!("a tree is listed below {{{below}}}"));
            }
        }
        if let Some(since) = &definition.since {
            self.input_names("/since", &since.input, &none);
        }
        if let Some(read) = &definition.read {
            self.input_names("/read", &read.input, &none);
            for text in read.parents.iter().chain(&read.batch_of) {
                self.names("/read", text, &none);
            }
        }
        let levels = definition.parents.len();
        self.levels("", &templates::of(definition), levels);
    }

    fn input_names(&mut self, at: &str, input: &Map<String, serde_json::Value>, known: &dyn Fn(&Self, &str) -> bool) {
        for text in texts(input) {
            self.names(&format!("{at}/input"), text, known);
        }
    }

    /// Parents of levels that there are not.
    fn levels(&mut self, at: &str, texts: &[&str], levels: usize) {
        for name in texts.iter().flat_map(|text| template::names(text)) {
            let level = name.strip_prefix("$parent.").and_then(|level| level.parse::<usize>().ok());
            if level.is_some_and(|level| level >= levels) {
                self.say(at, format!("{{{name}}} has no value here"));
            }
        }
    }

    /// The names of one template: `known` says which members an item has.
    fn names(&mut self, at: &str, text: &str, known: &dyn Fn(&Self, &str) -> bool) {
        for name in template::names(text) {
            let has_value = match name.strip_prefix('$') {
                None => known(self, name),
                Some(name) => self.has_context(name),
            };
            if !has_value {
                self.say(at, format!("{{{name}}} has no value here"));
            }
        }
    }

    fn has_context(&self, name: &str) -> bool {
        let definition = &self.kind.definition;
        let parts = definition.id.split(ID_SEPARATOR).count();
        match name.split_once('.').unwrap_or((name, "")) {
            ("partition" | "account" | "region" | "id" | "arn" | "batch" | "index", "") | ("account", "name") => true,
            ("since", "") => definition.since.is_some(),
            ("id", part) => part.parse::<usize>().is_ok_and(|part| part < parts),
            ("parent", level) => level.parse::<usize>().is_ok(),
            ("outer", member) => self.beside(member),
            ("answer", path) => self.answers(path),
            _ => false,
        }
    }

    fn answers(&self, path: &str) -> bool {
        let list = self.kind.definition.list.as_ref();
        let table = portolan_tables::service(&self.kind.service);
        let known = list.zip(table).and_then(|(list, table)| lookup(table, &list.operation));
        known.is_some_and(|known| known.at(path).is_some())
    }

    /// Whether a member stands beside the list.
    fn beside(&self, member: &str) -> bool {
        let Some(list) = self.kind.definition.list.as_ref().filter(|list| list.outer != Outer::Ignore) else {
            return false;
        };
        list.items.0.iter().any(|path| {
            let holder = path.rsplit_once('.').map_or("", |(holder, _)| holder);
            self.answers(&if holder.is_empty() { member.to_owned() } else { format!("{holder}.{member}") })
        })
    }
}

fn texts(input: &Map<String, serde_json::Value>) -> Vec<&str> {
    let mut all = Vec::new();
    templates::inputs(input, &mut all);
    all
}
