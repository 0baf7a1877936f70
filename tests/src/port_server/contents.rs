//! What the server has: to be looked at and changed by a test.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::{Map, Value, json};

/// What Port has.
#[derive(Debug)]
pub struct Port {
    /// `organization.id`.
    pub organization: String,
    /// `organization.featureFlags`.
    pub feature_flags: Vec<String>,
    /// Integrations, by their identifier.
    pub integrations: BTreeMap<String, Value>,
    /// Blueprints, by their identifier.
    pub blueprints: BTreeMap<String, Value>,
    /// Entities, by blueprint and identifier.
    pub entities: BTreeMap<(String, String), Entity>,
    /// How long a token is good for.
    pub token_s: u64,
    /// How many entities a page of a search has, at most.
    pub page: usize,
    /// How many tokens were given out.
    pub tokens_given: usize,
    pub(super) tokens: BTreeMap<String, Instant>,
}

/// An entity, and who wrote it last.
#[derive(Debug, Clone)]
pub struct Entity {
    /// As it was sent, merged.
    pub json: Value,
    /// The `User-Agent` of the last request that wrote it: Port's `$datasource`.
    pub datasource: String,
}

impl Default for Port {
    fn default() -> Self {
        Self {
            organization: "org_of_the_tests".to_owned(),
            feature_flags: Vec::new(),
            integrations: BTreeMap::new(),
            blueprints: BTreeMap::new(),
            entities: BTreeMap::new(),
            token_s: 3_600,
            page: 5_000,
            tokens_given: 0,
            tokens: BTreeMap::new(),
        }
    }
}

impl Port {
    /// A blueprint with these properties, all of this type, and these relations to others.
    pub fn blueprint(&mut self, identifier: &str, properties: &[(&str, &str)], relations: &[(&str, &str)]) {
        let properties: Map<String, Value> =
            properties.iter().map(|(name, kind)| ((*name).to_owned(), json!({"type": kind}))).collect();
        let relations: Map<String, Value> =
            relations.iter().map(|(name, target)| ((*name).to_owned(), json!({"target": target}))).collect();
        let blueprint = json!({"identifier": identifier, "title": identifier,
            "schema": {"properties": properties, "required": []}, "relations": relations});
        self.blueprints.insert(identifier.to_owned(), blueprint);
    }

    /// An entity that somebody wrote.
    pub fn entity(&mut self, blueprint: &str, identifier: &str, datasource: &str) {
        let json = json!({"identifier": identifier, "blueprint": blueprint});
        let entity = Entity { json, datasource: datasource.to_owned() };
        self.entities.insert((blueprint.to_owned(), identifier.to_owned()), entity);
    }

    /// The identifiers of a blueprint's entities.
    pub fn identifiers(&self, blueprint: &str) -> BTreeSet<String> {
        self.entities.keys().filter(|(of, _)| of == blueprint).map(|(_, identifier)| identifier.clone()).collect()
    }

    /// An entity's JSON; null where there is none.
    pub fn json(&self, blueprint: &str, identifier: &str) -> Value {
        self.entities
            .get(&(blueprint.to_owned(), identifier.to_owned()))
            .map_or(Value::Null, |found| found.json.clone())
    }

    /// Forgets the tokens that were given out.
    pub(super) fn forget_tokens(&mut self) {
        self.tokens.clear();
    }
}
