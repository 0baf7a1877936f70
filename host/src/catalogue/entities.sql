-- Version 4: what a mapping makes of resources.
-- A row of `_entity_sources` is one line of a mapping: what it made of one resource. An entity lives as long as a line of a
-- resource that is there makes it, and is written by the first of these by mapping, unit and resource. `entities` follows
-- at the end of a run; until then `_entities_touched` has what may differ, so that a run that was killed loses nothing.
-- `_mapping` names the mapping that a resource's lines are from, null where they have to be made again; `_entities` is a
-- digest of the lines. `entity` holds the members that the mapping wrote; `withheld_by` is the run whose guard keeps it.
ALTER TABLE resources ADD COLUMN _mapping TEXT;
ALTER TABLE resources ADD COLUMN _entities TEXT;
CREATE INDEX _resources_by_mapping ON resources (_mapping) WHERE deleted_at IS NULL;
CREATE TABLE _entity_sources (
  resource_key TEXT NOT NULL, mapping INTEGER NOT NULL, line INTEGER NOT NULL, unit TEXT NOT NULL,
  blueprint TEXT NOT NULL, identifier TEXT NOT NULL, entity TEXT NOT NULL,
  PRIMARY KEY (resource_key, mapping, blueprint, identifier, line)
) WITHOUT ROWID;
CREATE INDEX _entity_sources_by_entity ON _entity_sources (blueprint, identifier, mapping, unit, resource_key, line);
CREATE TABLE _entities_touched (
  blueprint TEXT NOT NULL, identifier TEXT NOT NULL, PRIMARY KEY (blueprint, identifier)
) WITHOUT ROWID;
CREATE TABLE entities (
  entity_key TEXT PRIMARY KEY, blueprint TEXT NOT NULL, identifier TEXT NOT NULL, title TEXT, entity TEXT NOT NULL,
  resource_key TEXT NOT NULL, kind TEXT NOT NULL, account_id TEXT NOT NULL, region TEXT, sources INTEGER NOT NULL,
  first_seen TEXT NOT NULL, changed_at TEXT NOT NULL, deleted_at TEXT, withheld_by TEXT, run_id TEXT NOT NULL
);
CREATE UNIQUE INDEX entities_by_blueprint ON entities (blueprint, identifier);
-- What a destination says is ours and the catalogue never sent. `missing_since`: since when whole runs make nothing of it.
CREATE TABLE _adopted (
  sink TEXT NOT NULL, entity_key TEXT NOT NULL, blueprint TEXT NOT NULL, identifier TEXT NOT NULL, missing_since TEXT,
  withheld_by TEXT, PRIMARY KEY (sink, entity_key)
) WITHOUT ROWID;
CREATE TABLE relations (
  from_key TEXT NOT NULL, type TEXT NOT NULL, to_key TEXT NOT NULL, PRIMARY KEY (from_key, type, to_key)
) WITHOUT ROWID;
CREATE INDEX relations_by_target ON relations (to_key);

-- Whatever takes a resource away or brings it back, its entities are looked at again.
CREATE TRIGGER _resource_came_or_went AFTER UPDATE OF deleted_at ON resources
WHEN (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) BEGIN
  INSERT OR IGNORE INTO _entities_touched (blueprint, identifier)
    SELECT blueprint, identifier FROM _entity_sources WHERE resource_key = OLD.resource_key;
END;
CREATE TRIGGER _resource_set_aside AFTER UPDATE OF resource_key ON resources WHEN OLD.resource_key <> NEW.resource_key BEGIN
  UPDATE _entity_sources SET resource_key = NEW.resource_key WHERE resource_key = OLD.resource_key;
END;
CREATE TRIGGER _resource_purged AFTER DELETE ON resources BEGIN
  INSERT OR IGNORE INTO _entities_touched (blueprint, identifier)
    SELECT blueprint, identifier FROM _entity_sources WHERE resource_key = OLD.resource_key;
  DELETE FROM _entity_sources WHERE resource_key = OLD.resource_key;
END;

-- The host's own columns stay out of what people read.
DROP VIEW current;
CREATE VIEW current AS
  SELECT resource_key, kind, account_id, region, scope_region, id, arn, name, properties, tags, owner_account_id, parent_key,
         created_at, first_seen, last_seen, changed_at, missing_since, deleted_at, stale_since, stale_actions, context, run_id
  FROM resources WHERE deleted_at IS NULL;
