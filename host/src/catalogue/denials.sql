-- Version 7: what services have said where a service control policy has refused something. `region` is empty for global services,
-- `kind` is what was refused, `said` is `closed`, or `open` where something was answered in such a region.
CREATE TABLE _denials (
  account_id TEXT NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, said TEXT NOT NULL CHECK (said IN ('closed', 'open')),
  kind TEXT NOT NULL, asked_at TEXT NOT NULL, PRIMARY KEY (account_id, region, service)
) WITHOUT ROWID;
