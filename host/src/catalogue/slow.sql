-- Version 6: which units took long in the last run, in milliseconds: the next one begins with them. `region` is empty for an
-- account's kinds.
CREATE TABLE _slow_units (
  kind TEXT NOT NULL, account_id TEXT NOT NULL, region TEXT NOT NULL, took_ms INTEGER NOT NULL,
  PRIMARY KEY (kind, account_id, region)
) WITHOUT ROWID;
