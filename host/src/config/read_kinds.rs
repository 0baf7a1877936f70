//! Which kinds a run reads, and what was chosen for each.

use std::collections::{BTreeMap, BTreeSet};

use super::age;
use super::kinds::KnownKind;
use super::mistake::nearest;
use super::node::{Node, Origin, Value, child};
use super::read::{Reader, region_choice};
use super::settings::{Actions, KindChoice, KindSettings};

impl Reader<'_> {
    pub(super) fn kinds(&mut self) -> KindSettings {
        let mut selected = self.select();
        if selected.is_empty() && !self.mistakes.iter().any(|mistake| mistake.key.starts_with("kinds.")) {
            let origin = self.tree.at("kinds.default").map_or(Origin::Default, |node| node.origin.clone());
            self.say(&origin, "kinds", "no kind is left to read", "include some, or write default: core");
        }
        let none = KnownKind::default();
        for entry in self.tree.at("kinds.settings").map(Node::entries).unwrap_or_default() {
            let known = self.sources.kinds.get(&entry.key).unwrap_or(&none);
            let at = child("kinds.settings", &entry.key);
            let actions =
                entry.node.at("actions").map(|node| self.actions(node, &child(&at, "actions"), &entry.key, known));
            let regions = entry.node.at("regions").map(region_choice);
            let since_s =
                entry.node.at("since").and_then(|node| self.since(node, &child(&at, "since"), &entry.key, known));
            if let Some(choice) = selected.get_mut(self.sources.kinds.resolve(&entry.key)) {
                *choice = KindChoice { actions: actions.unwrap_or_default(), regions, since_s };
            } else {
                let line = format!("{}: settings for {}, which is not read", entry.key_origin, entry.key);
                self.notices.push(line);
            }
        }
        self.include_actions(&mut selected);
        let include_defaults =
            self.tree.at("kinds.include_defaults").is_some_and(|node| node.value == Value::Bool(true));
        let chosen = ["kinds.default", "kinds.include", "kinds.exclude", "kinds.settings"].iter().any(|key| {
            let node = self.tree.at(key);
            node.is_some_and(|node| node.origin != Origin::Default)
        });
        KindSettings { selected, chosen, include_defaults, definitions: Vec::new() }
    }

    fn since(&mut self, node: &Node, key: &str, kind: &str, known: &KnownKind) -> Option<u64> {
        let seconds = node.text().and_then(|text| age::seconds(text).ok())?;
        if known.since {
            return Some(seconds);
        }
        self.say(&node.origin, key, format!("{kind} is no history"), "`portolan kinds` shows those that take it");
        None
    }

    fn select(&self) -> BTreeMap<String, KindChoice> {
        let known = self.sources.kinds;
        let names = |key: &str| -> BTreeSet<&str> {
            let items = self.tree.at(key).map(Node::items).unwrap_or_default().iter();
            items.filter_map(Node::text).map(|name| known.resolve(name)).collect()
        };
        let (include, exclude) = (names("kinds.include"), names("kinds.exclude"));
        let start = self.text("kinds.default").unwrap_or("core");
        let starts = |tier: &str| match start {
            "none" => false,
            // Heavy kinds are large, volatile or paid: they come by name only.
            "all" => tier != "heavy",
            _ => tier == "core",
        };
        let by_tier = known.names().filter(|name| known.get(name).is_some_and(|kind| starts(&kind.tier)));
        // What is included by name may be none of the known kinds: an operation, a type of CloudFormation's.
        by_tier
            .chain(include.iter().copied())
            .filter(|name| !exclude.contains(name))
            .map(|name| (name.to_owned(), KindChoice::default()))
            .collect()
    }

    fn actions(&mut self, node: &Node, key: &str, kind: &str, known: &KnownKind) -> Actions {
        if matches!(node.value, Value::Text(_)) {
            return Actions::All;
        }
        let mut named = BTreeSet::new();
        for item in node.items() {
            let Some(name) = item.text() else { continue };
            if known.actions.contains_key(name) {
                named.insert(name.to_owned());
            } else {
                let has = known.actions.keys().map(String::as_str).collect::<Vec<_>>();
                let advice = match (nearest(name, has.iter().copied()), has.is_empty()) {
                    (Some(near), _) => format!("did you mean {near}?"),
                    (None, true) => "it has none".to_owned(),
                    (None, false) => format!("it has {}", has.join(", ")),
                };
                self.say(&item.origin, key, format!("{kind} has no action {name:?}"), advice);
            }
        }
        Actions::Named(named)
    }

    /// `--include-actions`: added to what the file chose for each kind.
    fn include_actions(&mut self, selected: &mut BTreeMap<String, KindChoice>) {
        let Some(node) = &self.sources.flags.include_actions else { return };
        if node.text() == Some("all") {
            for choice in selected.values_mut() {
                choice.actions = Actions::All;
            }
            return;
        }
        if node.items().is_empty() {
            self.say(&node.origin, "", "an empty string is not a value", "write all, or names");
        }
        let offered = |kind: &str| self.sources.kinds.get(kind).map(|known| &known.actions);
        let all: Vec<&str> =
            selected.keys().filter_map(|kind| offered(kind)).flat_map(BTreeMap::keys).map(String::as_str).collect();
        let mut wrong = Vec::new();
        for name in node.items().iter().filter_map(Node::text) {
            if !all.contains(&name) {
                let advice = nearest(name, all.iter().copied())
                    .map_or_else(|| "`portolan kinds` lists them".to_owned(), |near| format!("did you mean {near}?"));
                wrong.push((format!("no chosen kind has an action {name:?}"), advice));
            }
            for (kind, choice) in &mut *selected {
                if let Actions::Named(named) = &mut choice.actions
                    && offered(kind).is_some_and(|actions| actions.contains_key(name))
                {
                    named.insert(name.to_owned());
                }
            }
        }
        for (message, advice) in wrong {
            self.say(&node.origin, "", message, advice);
        }
    }
}
