//! The mapping: the peer's `port-app-config.yml` as JSON, with its names and its leniency.
//!
//! What the peer ignores is a warning here: keys that it does not know, actions that there are not. What would give
//! nothing, or something else than is written, is refused.

use serde_json::{Map, Value};

use super::parse::Reader;
use super::{ChosenKind, Redaction, RegionPolicy};
use crate::catalog::Kind;
use crate::limits::MAPPING_LEVELS;
use crate::mapping::{Expression, Items, Mapping, Node, Parts, Wrong};
use crate::nearest::nearest;
use crate::pointer::pointer;

const AT: &str = "/mapping";

/// The keys of the file. What each means for a sink is the host's matter.
const KEYS: &[&str] = &[
    "resources",
    "deleteDependentEntities",
    "createMissingRelatedEntities",
    "enableMergeEntity",
    "entityDeletionThreshold",
];

const FLAGS: &[&str] = &["deleteDependentEntities", "createMissingRelatedEntities", "enableMergeEntity"];

const SELECTOR: &[&str] = &["query", "regionPolicy", "includeActions", "maxConcurrentAccounts", "exportEnvVariables"];

const PORT: &[&str] = &["entity", "itemsToParse", "itemsToParseName", "itemsToParseTopLevelTransform"];

const MEMBERS: &[&str] = &["identifier", "title", "icon", "blueprint", "team", "properties", "relations"];

/// The member by which expressions find an item, where nothing else is said.
const ITEM: &str = "item";

/// A resource of the mapping, before its kind is loaded.
pub(super) struct Draft {
    /// Its place.
    pub(super) at: String,
    /// The kind, by its right name.
    pub(super) kind: String,
    /// Null and empty policies say nothing.
    pub(super) regions: Option<RegionPolicy>,
    /// Each with its place.
    pub(super) actions: Vec<(String, String)>,
    index: usize,
    selector: Option<Expression>,
    items: Option<Items>,
    identifier: Option<Node>,
    blueprint: Option<Expression>,
    members: Vec<(String, Node)>,
}

impl Draft {
    pub(super) fn finish(self) -> Option<Mapping> {
        let Self { index, kind, regions, selector, items, identifier, blueprint, members, .. } = self;
        let parts = Parts { selector: selector?, items, identifier: identifier?, blueprint: blueprint?, members };
        Some(Mapping::new(index, kind, regions, parts))
    }
}

/// A member by the peer's name of it, or by the same in snake case, which the peer reads as well.
fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Option<(String, &'v Value)> {
    let snake = snake(name);
    let key = [name, &snake].into_iter().find(|key| object.contains_key(*key))?.to_owned();
    let value = object.get(&key).filter(|value| !value.is_null())?;
    Some((key, value))
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

impl Reader {
    /// The mapping's resources.
    pub(super) fn drafts(&mut self, root: &Map<String, Value>, own: &mut Vec<Kind>) -> Vec<Draft> {
        let Some(mapping) = self.object(root, "", "mapping") else { return Vec::new() };
        self.odd_keys(mapping, AT, KEYS);
        for flag in FLAGS {
            if let Some((key, value)) = member(mapping, flag)
                && !value.is_boolean()
            {
                self.remark(&pointer(AT, &key), "`true` or `false`", None);
            }
        }
        if let Some((key, value)) = member(mapping, "entityDeletionThreshold")
            && !value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share))
        {
            self.remark(&pointer(AT, &key), "a number from 0 to 1 is expected", None);
        }
        let at = pointer(AT, "resources");
        let resources = match mapping.get("resources") {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(resources)) => resources,
            Some(_) => {
                self.remark(&at, "a list is expected", None);
                return Vec::new();
            }
        };
        let mut drafts = Vec::with_capacity(resources.len());
        for (index, resource) in resources.iter().enumerate() {
            let at = format!("{at}/{index}");
            match resource {
                Value::Object(resource) => drafts.extend(self.draft(index, at, resource, own)),
                _ => self.remark(&at, "an object is expected", None),
            }
        }
        drafts
    }

    fn draft(&mut self, index: usize, at: String, resource: &Map<String, Value>, own: &mut Vec<Kind>) -> Option<Draft> {
        self.odd_keys(resource, &at, &["kind", "selector", "port"]);
        let kind = match resource.get("kind").and_then(Value::as_str) {
            Some(name) => self.kind_named(&pointer(&at, "kind"), name, own),
            None => {
                self.remark(&at, "`kind` is missing", None);
                None
            }
        };
        let empty = Map::new();
        let at_selector = pointer(&at, "selector");
        let selector = self.object(resource, &at, "selector").unwrap_or(&empty);
        self.odd_keys(selector, &at_selector, SELECTOR);
        let (regions, actions) = self.selected(selector, &at_selector);
        let query = match selector.get("query") {
            None | Some(Value::Null) => {
                self.remark(&at_selector, "`query` is missing", Some("\"true\"".to_owned()));
                None
            }
            // YAML without its quotes.
            Some(Value::Bool(truth)) => self.expression(&pointer(&at_selector, "query"), &truth.to_string()),
            Some(query) => self.expression_of(&pointer(&at_selector, "query"), query),
        };
        let at_port = pointer(&at, "port");
        let port = self.object(resource, &at, "port").unwrap_or(&empty);
        self.odd_keys(port, &at_port, PORT);
        let items = self.items(port, &at_port);
        let at_entity = pointer(&at_port, "entity");
        let entity = self.object(port, &at_port, "entity").unwrap_or(&empty);
        self.odd_keys(entity, &at_entity, &["mappings"]);
        let at_mappings = pointer(&at_entity, "mappings");
        let Some(mappings) = self.object(entity, &at_entity, "mappings") else {
            self.remark(&at, "`port.entity.mappings` is missing", None);
            return None;
        };
        self.odd_keys(mappings, &at_mappings, MEMBERS);
        let mut identifier = None;
        let mut blueprint = None;
        let mut members = Vec::new();
        for name in MEMBERS {
            let at = pointer(&at_mappings, name);
            match (*name, mappings.get(*name).filter(|value| !value.is_null())) {
                ("identifier" | "blueprint", None) => {
                    self.remark(&at_mappings, &format!("`{name}` is missing"), None);
                }
                (_, None) => {}
                ("blueprint", Some(value)) => blueprint = self.expression_of(&at, value),
                ("identifier", Some(value)) => {
                    if !value.is_string() && !value.is_object() {
                        self.remark(&at, "an expression or a search query is expected", None);
                    } else {
                        identifier = self.node(&at, value, 0);
                    }
                }
                ("title" | "icon", Some(value)) => {
                    let expression = self.expression_of(&at, value).map(Node::Expression);
                    members.extend(expression.map(|node| ((*name).to_owned(), node)));
                }
                ("properties" | "relations", Some(value)) if !value.is_object() => {
                    self.remark(&at, "an object is expected", None);
                }
                (_, Some(value)) => members.extend(self.node(&at, value, 0).map(|node| ((*name).to_owned(), node))),
            }
        }
        Some(Draft { at, kind: kind?, regions, actions, index, selector: query, items, identifier, blueprint, members })
    }

    /// What a selector says about reading: regions and actions.
    fn selected(&mut self, selector: &Map<String, Value>, at: &str) -> (Option<RegionPolicy>, Vec<(String, String)>) {
        let regions = member(selector, "regionPolicy").and_then(|(key, value)| {
            let at = pointer(at, &key);
            let Value::Object(policy) = value else {
                self.remark(&at, "an object is expected", None);
                return None;
            };
            self.odd_keys(policy, &at, &["allow", "deny"]);
            Some(self.policy(policy, &at)).filter(|policy| *policy != RegionPolicy::default())
        });
        let actions = match member(selector, "includeActions") {
            Some((key, _)) => self.texts(selector, at, &key),
            None => Vec::new(),
        };
        for (name, why) in [
            ("maxConcurrentAccounts", "the host decides how much runs side by side"),
            ("exportEnvVariables", "expressions see no environment"),
        ] {
            if let Some((key, _)) = member(selector, name) {
                self.warn(&pointer(at, &key), &format!("has no effect: {why}"), None);
            }
        }
        (regions, actions)
    }

    fn items(&mut self, port: &Map<String, Value>, at: &str) -> Option<Items> {
        let (key, value) = member(port, "itemsToParse")?;
        let expression = self.expression_of(&pointer(at, &key), value);
        let name = match member(port, "itemsToParseName") {
            None => ITEM,
            Some((_, Value::String(name))) if !name.is_empty() => name,
            Some((key, _)) => {
                self.remark(&pointer(at, &key), "a name is expected", Some(ITEM.to_owned()));
                ITEM
            }
        };
        let transform = match member(port, "itemsToParseTopLevelTransform") {
            None => true,
            Some((_, Value::Bool(transform))) => *transform,
            Some((key, _)) => {
                self.remark(&pointer(at, &key), "`true` or `false`", Some("true".to_owned()));
                true
            }
        };
        Some(Items::new(expression?, name, transform))
    }

    /// A part of a mapping: an expression, or several.
    fn node(&mut self, at: &str, value: &Value, level: usize) -> Option<Node> {
        if level > MAPPING_LEVELS {
            self.remark(at, &format!("nested more than {MAPPING_LEVELS} deep"), None);
            return None;
        }
        match value {
            Value::String(text) => self.expression(at, text).map(Node::Expression),
            Value::Object(members) => {
                let members: Vec<_> = members
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), self.node(&pointer(at, name), value, level + 1)?)))
                    .collect();
                Some(Node::Object(members))
            }
            Value::Array(values) => {
                let nodes = values.iter().enumerate();
                let nodes = nodes.filter_map(|(index, value)| self.node(&format!("{at}/{index}"), value, level + 1));
                Some(Node::List(nodes.collect()))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(Node::Constant(value.clone())),
        }
    }

    fn expression_of(&mut self, at: &str, value: &Value) -> Option<Expression> {
        match value {
            Value::String(text) => self.expression(at, text),
            Value::Bool(_) | Value::Number(_) => self.expression(at, &value.to_string()),
            _ => {
                self.remark(at, "an expression is expected", None);
                None
            }
        }
    }

    fn expression(&mut self, at: &str, text: &str) -> Option<Expression> {
        let expression = match Expression::read(at, text) {
            Ok(expression) => expression,
            Err(wrong) => {
                for Wrong { offset, message, instead } in wrong {
                    self.remark_within(at, offset, &message, instead);
                }
                return None;
            }
        };
        if expression.reads_clock {
            self.warn(
                at,
                "`now` is when the run started: what it makes differs in every run, and is sent in every run",
                None,
            );
        }
        if expression.reads_environment {
            self.warn(at, "the environment is empty here", None);
        }
        Some(expression)
    }

    /// Warns of keys that nobody reads.
    fn odd_keys(&mut self, object: &Map<String, Value>, at: &str, keys: &[&str]) {
        for key in object.keys().filter(|key| !keys.iter().any(|known| known == key || snake(known) == **key)) {
            let instead = nearest(key, keys.iter().copied());
            self.warn(&pointer(at, key), &format!("nothing reads the key {key:?}"), instead);
        }
    }

    /// Warns of expressions that read what is redacted.
    pub(super) fn redacted(&mut self, mappings: &[Mapping], kinds: &[ChosenKind], redaction: &Redaction) {
        if *redaction == Redaction::Keep {
            return;
        }
        for mapping in mappings {
            let Some(chosen) = kinds.iter().find(|chosen| *chosen.kind.name == *mapping.kind) else { continue };
            for expression in mapping.expressions() {
                for path in &expression.paths {
                    if let Some(secret) = chosen.redacted(path) {
                        let message =
                            format!("reads {secret}, of which there is a digest only (`sensitive: keep` restores it)");
                        self.warn(&expression.at, &message, None);
                    }
                }
            }
        }
    }
}
