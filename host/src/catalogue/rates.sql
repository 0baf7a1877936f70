-- Version 5: how fast AWS lets itself be asked where it has throttled, in calls a second: where the next run begins. `account_id`
-- is empty for the listing role, `operation` where the service has one bucket for all.
CREATE TABLE _rates (
  account_id TEXT NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, operation TEXT NOT NULL, per_second REAL NOT NULL,
  seen_at TEXT NOT NULL, PRIMARY KEY (account_id, region, service, operation)
) WITHOUT ROWID;
