-- Version 3: what sinks with a memory have of the catalogue. A row says that the sink may have the resource: it is written
-- before the resource is sent. `accepted` is a digest of what the sink is known to have, null from when something is sent
-- until it is accepted; `refused` is why the sink did not take it; `at` is the last of these moments.
CREATE TABLE deliveries (
  sink TEXT NOT NULL, resource_key TEXT NOT NULL, accepted TEXT, refused TEXT, at TEXT NOT NULL, run_id TEXT NOT NULL,
  PRIMARY KEY (sink, resource_key)
) WITHOUT ROWID;
CREATE INDEX deliveries_by_resource ON deliveries (resource_key);
