//! All that is assumed of Port, in one place.
//!
//! INFERRED: none of this was compared with the real Port. It is what Port's public client (`port_ocean`, the framework of
//! its integrations) sends, reads and does with the answers; where that client looks at nothing, the strictest answer that
//! it would survive was chosen. docs/port.md has the same list in words. Left out: what Portolan does not call.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::contents::{Entity, Port};
use super::wire::{Answer, Request};
use super::{CLIENT_ID, CLIENT_SECRET};

/// Entities of one bulk. The client's own setting; more are refused here.
pub const BULK_MAX: usize = 20;
/// Bytes of one request: the client's own setting, and 413 is what it expects beyond it.
pub const BYTES_MAX: usize = 1 << 20;
/// Entities of one bulk deletion.
pub const DELETIONS_MAX: usize = 100;

/// What a scripted fault does to some entities of a bulk: text that their identifier has, status, message.
type Refused<'a> = Option<(&'a str, u16, &'a str)>;
type Outcome = Result<Answer, Answer>;

fn error(status: u16, name: &str, message: &str) -> Answer {
    Answer::new(status, json!({"ok": false, "error": name, "message": message}))
}

fn ok(name: &str, value: &Value) -> Answer {
    Answer::new(200, json!({"ok": true, name: value}))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The members of one in place of those of the other; a null stays as a null.
fn overlay(old: &mut Value, new: &Value) {
    if let (Value::Object(old), Value::Object(new)) = (&mut *old, new) {
        old.extend(new.clone());
    }
}

impl Port {
    /// Does what is asked for, and says what came of it.
    pub(super) fn answer(&mut self, request: &Request, refused: Refused<'_>) -> Answer {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        let done = match (request.method.as_str(), segments.as_slice()) {
            ("POST", ["v1", "auth", "access_token"]) => self.token(&request.body),
            (method, ["v1", path @ ..]) => self.known(request).and_then(|()| match (method, path) {
                ("GET", ["organization"]) => Ok(ok(
                    "organization",
                    &json!({"id": self.organization, "name": "Tests", "featureFlags": self.feature_flags}),
                )),
                ("GET", ["integration", id]) => self.integration(id).map(|found| ok("integration", found)),
                ("POST", ["integration"]) => self.create_integration(&request.body),
                ("PATCH", ["integration", id]) => self.patch_integration(id, &request.body),
                ("PATCH", ["integration", id, "resync-state"]) => self.resync_state(id, &request.body),
                ("GET", ["blueprints", id]) => self.get_blueprint(id).map(|found| ok("blueprint", found)),
                ("POST", ["blueprints"]) => self.create_blueprint(&request.body),
                ("PATCH", ["blueprints", id]) => self.patch_blueprint(id, &request.body),
                ("POST", ["blueprints", "entities", "datasource-entities"]) => Ok(self.of_datasource(&request.body)),
                ("POST", ["entities", "search"]) => Ok(self.search(&request.body)),
                ("POST", ["blueprints", id, "entities", "bulk"]) => self.bulk(id, request, refused),
                ("POST", ["blueprints", id, "bulk", "entities", "delete"]) => self.bulk_delete(id, request),
                ("DELETE", ["blueprints", blueprint, "entities", id]) => self.delete(blueprint, id, request),
                _ => Err(error(404, "not_found", "the tests' server has no such route")),
            }),
            _ => Err(error(404, "not_found", "the tests' server has no such route")),
        };
        done.unwrap_or_else(|answer| answer)
    }

    // Tokens.

    fn token(&mut self, body: &Value) -> Outcome {
        if text(body, "clientId") != CLIENT_ID || text(body, "clientSecret") != CLIENT_SECRET {
            return Err(error(401, "invalid_credentials", "Client ID or Secret is invalid"));
        }
        self.tokens_given += 1;
        let token = format!("a-planted-token-{}", self.tokens_given);
        self.tokens.insert(token.clone(), Instant::now() + Duration::from_secs(self.token_s));
        let body = json!({"ok": true, "accessToken": token, "expiresIn": self.token_s, "tokenType": "Bearer"});
        Ok(Answer::new(200, body))
    }

    fn known(&self, request: &Request) -> Result<(), Answer> {
        let token = request.header("authorization").strip_prefix("Bearer ");
        let good = token.and_then(|token| self.tokens.get(token)).is_some_and(|until| *until > Instant::now());
        if good { Ok(()) } else { Err(error(401, "unauthorized", "the token is unknown or has expired")) }
    }

    // The integration's record.

    fn integration(&self, id: &str) -> Result<&Value, Answer> {
        self.integrations.get(id).ok_or_else(|| error(404, "not_found", "Integration was not found"))
    }

    fn create_integration(&mut self, body: &Value) -> Outcome {
        let id = text(body, "installationId").to_owned();
        if id.is_empty() || text(body, "installationAppType").is_empty() || text(body, "version").is_empty() {
            return Err(error(422, "invalid_request", "installationId, installationAppType and version are needed"));
        }
        if self.integrations.contains_key(&id) {
            return Err(error(409, "integration_exists", "there is one of this identifier"));
        }
        let mut integration = json!({"config": {}, "resyncState": {}});
        overlay(&mut integration, body);
        self.integrations.insert(id, integration.clone());
        Ok(ok("integration", &integration))
    }

    fn patch_integration(&mut self, id: &str, body: &Value) -> Outcome {
        self.integration(id)?;
        let integration = self.integrations.entry(id.to_owned()).or_default();
        overlay(integration, body);
        Ok(ok("integration", integration))
    }

    fn resync_state(&mut self, id: &str, body: &Value) -> Outcome {
        self.integration(id)?;
        if !["running", "completed", "failed", "aborted"].contains(&text(body, "status")) {
            return Err(error(422, "invalid_request", "status is none of the four"));
        }
        let integration = self.integrations.entry(id.to_owned()).or_default();
        if !integration["resyncState"].is_object() {
            integration["resyncState"] = json!({});
        }
        overlay(&mut integration["resyncState"], body);
        Ok(ok("integration", integration))
    }

    // Blueprints.

    fn get_blueprint(&self, id: &str) -> Result<&Value, Answer> {
        self.blueprints
            .get(id)
            .ok_or_else(|| error(404, "not_found", &format!("Blueprint with identifier \"{id}\" was not found")))
    }

    /// A relation's target has to be there.
    fn check_blueprint(&self, id: &str, blueprint: &Value) -> Result<(), Answer> {
        let relations = blueprint["relations"].as_object();
        for target in relations.into_iter().flat_map(Map::values).map(|relation| text(relation, "target")) {
            if target != id && !self.blueprints.contains_key(target) {
                return Err(error(
                    422,
                    "invalid_request",
                    &format!("relation to the blueprint {target}, which is not there"),
                ));
            }
        }
        Ok(())
    }

    fn create_blueprint(&mut self, body: &Value) -> Outcome {
        let id = text(body, "identifier").to_owned();
        if id.is_empty() || !body["schema"]["properties"].is_object() {
            return Err(error(422, "invalid_request", "identifier and schema.properties are needed"));
        }
        if self.blueprints.contains_key(&id) {
            return Err(error(409, "blueprint_exists", "there is one of this identifier"));
        }
        self.check_blueprint(&id, body)?;
        self.blueprints.insert(id, body.clone());
        Ok(ok("blueprint", body))
    }

    fn patch_blueprint(&mut self, id: &str, body: &Value) -> Outcome {
        let mut blueprint = self.get_blueprint(id)?.clone();
        self.check_blueprint(id, body)?;
        overlay(&mut blueprint, body);
        self.blueprints.insert(id.to_owned(), blueprint.clone());
        Ok(ok("blueprint", &blueprint))
    }

    // Entities: written.

    /// Each entity for itself: what is wrong with one does not keep the others out.
    fn bulk(&mut self, blueprint: &str, request: &Request, refused: Refused<'_>) -> Outcome {
        if request.bytes > BYTES_MAX {
            return Err(error(413, "payload_too_large", "the body is too large"));
        }
        let schema = self.get_blueprint(blueprint)?.clone();
        let Some(entities) = request.body["entities"].as_array().filter(|entities| entities.len() <= BULK_MAX) else {
            return Err(error(422, "invalid_request", "entities has to be a list of at most 20"));
        };
        if !request.says("upsert") {
            return Err(error(422, "invalid_request", "the tests' server only upserts"));
        }
        let (mut taken, mut errors) = (Vec::new(), Vec::new());
        for (index, entity) in entities.iter().enumerate() {
            let identifier = text(entity, "identifier");
            let scripted = refused.filter(|(holds, ..)| identifier.contains(holds));
            let done = match scripted {
                Some((_, status, message)) => Err(error(status, "scripted", message)),
                None => self.upsert(blueprint, &schema, entity, request),
            };
            match done {
                Ok(created) => taken.push(json!({"identifier": identifier, "index": index, "created": created})),
                Err(answer) => errors.push(json!({"index": index, "identifier": identifier,
                    "statusCode": answer.status, "error": answer.body["error"], "message": answer.body["message"]})),
            }
        }
        let status = if errors.is_empty() { 200 } else { 207 };
        Ok(Answer::new(status, json!({"ok": errors.is_empty(), "entities": taken, "errors": errors})))
    }

    fn upsert(&mut self, blueprint: &str, schema: &Value, entity: &Value, request: &Request) -> Result<bool, Answer> {
        let wrong = |message: &str| Err(error(422, "invalid_request", message));
        let identifier = text(entity, "identifier");
        if identifier.is_empty() {
            return wrong("identifier must be a string of at least one character");
        }
        for (name, value) in entity["properties"].as_object().into_iter().flatten() {
            let fits = match schema["schema"]["properties"][name]["type"].as_str() {
                None => return wrong(&format!("the blueprint has no property {name}")),
                _ if value.is_null() => true,
                Some("string") => value.is_string(),
                Some("number") => value.is_number(),
                Some("boolean") => value.is_boolean(),
                Some("array") => value.is_array(),
                Some(_) => value.is_object(),
            };
            if !fits {
                return wrong(&format!("the property {name} has another type in the blueprint"));
            }
        }
        let mut missing = Vec::new();
        for (name, value) in entity["relations"].as_object().into_iter().flatten() {
            let Some(target) = schema["relations"][name]["target"].as_str() else {
                return wrong(&format!("the blueprint has no relation {name}"));
            };
            let many = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for id in many.iter().filter_map(Value::as_str) {
                let key = (target.to_owned(), id.to_owned());
                if !self.entities.contains_key(&key) && key != (blueprint.to_owned(), identifier.to_owned()) {
                    missing.push(key);
                }
            }
        }
        let datasource = request.header("user-agent").to_owned();
        if let Some((target, id)) = missing.first().filter(|_| !request.says("create_missing_related_entities")) {
            let message = format!("Entity with identifier \"{id}\" of blueprint \"{target}\" was not found");
            return Err(error(404, "not_found", &message));
        }
        for (target, id) in missing {
            self.entity(&target, &id, &datasource);
        }
        let key = (blueprint.to_owned(), identifier.to_owned());
        let before = self.entities.remove(&key);
        let created = before.is_none();
        let mut json = before.map(|before| before.json).filter(|_| request.says("merge")).unwrap_or_else(|| json!({}));
        for (name, value) in entity.as_object().into_iter().flatten() {
            match (name.as_str(), json.get_mut(name)) {
                ("properties" | "relations", Some(old)) => overlay(old, value),
                _ => json[name] = value.clone(),
            }
        }
        self.entities.insert(key, Entity { json, datasource });
        Ok(created)
    }

    // Entities: found.

    fn is(&self, (blueprint, identifier): &(String, String), rule: &Value) -> bool {
        let datasource = self.entities.get(&(blueprint.clone(), identifier.clone())).map(|entity| &entity.datasource);
        if let Some(rules) = rule["rules"].as_array() {
            let mut fits = rules.iter().map(|rule| self.is(&(blueprint.clone(), identifier.clone()), rule));
            return if text(rule, "combinator") == "or" { fits.any(|fits| fits) } else { fits.all(|fits| fits) };
        }
        let value = match text(rule, "property") {
            "$identifier" => identifier,
            "$blueprint" => blueprint,
            "$datasource" => datasource.unwrap_or(identifier),
            other => panic!("the tests' server cannot search by {other}"),
        };
        match text(rule, "operator") {
            "=" => rule["value"] == value.as_str(),
            "in" => rule["value"].as_array().is_some_and(|all| all.iter().any(|one| one == value.as_str())),
            "contains" => value.contains(text(rule, "value")),
            other => panic!("the tests' server does not know the operator {other}"),
        }
    }

    fn search(&self, query: &Value) -> Answer {
        let found: Vec<Value> = self.entities.keys().filter(|key| self.is(key, query)).map(named).collect();
        ok("entities", &found.into())
    }

    /// `next` is what the next page is asked for with, as `from`. `before` is not known here: Portolan does not send it.
    fn of_datasource(&self, body: &Value) -> Answer {
        let (prefix, suffix) = (text(body, "datasource_prefix"), text(body, "datasource_suffix"));
        assert!(body.get("before").is_none(), "the tests' server does not know `before`");
        let from: usize = text(body, "from").parse().unwrap_or(0);
        let limit = body["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(self.page);
        let ours = |entity: &Entity| entity.datasource.starts_with(prefix) && entity.datasource.ends_with(suffix);
        let all: Vec<_> = self.entities.iter().filter(|(_, entity)| ours(entity)).map(|(key, _)| named(key)).collect();
        let until = from.saturating_add(limit.min(self.page)).min(all.len());
        let next = (until < all.len()).then(|| until.to_string());
        let page = all.get(from..until).unwrap_or_default();
        Answer::new(200, json!({"ok": true, "entities": page, "next": next}))
    }

    // Entities: deleted.

    /// Those that have a relation to this one.
    fn dependents(&self, key: &(String, String)) -> Vec<(String, String)> {
        let of = |(from, entity): (&(String, String), &Entity)| {
            let relations = entity.json["relations"].as_object()?;
            let leads = relations.iter().any(|(name, value)| {
                let target = self.blueprints.get(&from.0).map_or("", |found| text(&found["relations"][name], "target"));
                let many = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                target == key.0 && many.iter().any(|id| id == key.1.as_str())
            });
            (leads && from != key).then(|| from.clone())
        };
        self.entities.iter().filter_map(of).collect()
    }

    fn remove(&mut self, key: &(String, String)) {
        let dependents = self.dependents(key);
        self.entities.remove(key);
        for dependent in dependents {
            self.remove(&dependent);
        }
    }

    /// All or nothing. What is not there is no mistake, and is not among the deleted.
    fn bulk_delete(&mut self, blueprint: &str, request: &Request) -> Outcome {
        self.get_blueprint(blueprint)?;
        let Some(ids) = request.body["entities"].as_array().filter(|ids| ids.len() <= DELETIONS_MAX) else {
            return Err(error(422, "invalid_request", "entities has to be a list of at most 100"));
        };
        let keys = ids.iter().filter_map(Value::as_str).map(|id| (blueprint.to_owned(), id.to_owned()));
        let keys: Vec<_> = keys.filter(|key| self.entities.contains_key(key)).collect();
        if !request.says("delete_dependents") {
            let outside = |key| self.dependents(key).iter().any(|dependent| !keys.contains(dependent));
            if keys.iter().any(outside) {
                return Err(error(409, "has_dependents", "an entity has dependents"));
            }
        }
        for key in &keys {
            self.remove(key);
        }
        let deleted: Vec<&str> = keys.iter().map(|(_, id)| id.as_str()).collect();
        Ok(ok("deletedEntities", &deleted.into()))
    }

    fn delete(&mut self, blueprint: &str, id: &str, request: &Request) -> Outcome {
        let key = (blueprint.to_owned(), id.to_owned());
        if !self.entities.contains_key(&key) {
            return Err(error(404, "not_found", "there is no such entity"));
        }
        if !request.says("delete_dependents") && !self.dependents(&key).is_empty() {
            return Err(error(409, "has_dependents", "the entity has dependents"));
        }
        self.remove(&key);
        Ok(Answer::new(200, json!({"ok": true})))
    }
}

fn named((blueprint, identifier): &(String, String)) -> Value {
    json!({"identifier": identifier, "blueprint": blueprint})
}
