-- Version 3: what sinks with a memory have of the catalogue. A row says that the sink may have the resource: it is written
-- before the resource is sent. `accepted` is a digest of what the sink is known to have, null from when something is sent
-- until it is accepted; `refused` is why the sink did not take it; `_again` marks what an earlier run saw refused; `at` is the
-- last moment at which something of the row changed.
CREATE TABLE deliveries (
  sink TEXT NOT NULL, resource_key TEXT NOT NULL, accepted TEXT, refused TEXT, _again INTEGER NOT NULL DEFAULT 0,
  at TEXT NOT NULL, run_id TEXT NOT NULL,
  PRIMARY KEY (resource_key, sink)
) WITHOUT ROWID;
