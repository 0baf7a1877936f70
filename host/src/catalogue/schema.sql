-- Version 1. Moments are UTC text, always with milliseconds, so that they compare as text.
-- Tables and columns that begin with an underscore are the host's own.

CREATE TABLE _meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE _properties (kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE _unit_memory (
  kind TEXT NOT NULL, account_id TEXT NOT NULL, region TEXT NOT NULL,
  last_whole INTEGER NOT NULL, ever_whole INTEGER NOT NULL, run_id TEXT NOT NULL,
  PRIMARY KEY (kind, account_id, region)
) WITHOUT ROWID;

CREATE TABLE accounts (
  account_id TEXT PRIMARY KEY, name TEXT, email TEXT, state TEXT NOT NULL, ou_path TEXT, tags TEXT, partition TEXT NOT NULL,
  is_management INTEGER NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
  gone_since TEXT, retired_at TEXT, run_id TEXT NOT NULL
);
CREATE TABLE regions (
  account_id TEXT NOT NULL, region TEXT NOT NULL, opt_status TEXT NOT NULL, reachable INTEGER NOT NULL,
  last_seen TEXT NOT NULL, missing_since TEXT, PRIMARY KEY (account_id, region)
) WITHOUT ROWID;
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, partition TEXT NOT NULL, fingerprint TEXT NOT NULL,
  identity TEXT, exit_status INTEGER, summary TEXT
);
CREATE TABLE units (
  run_id TEXT NOT NULL, kind TEXT NOT NULL, account_id TEXT NOT NULL, region TEXT,
  membership TEXT, freshness TEXT, class TEXT, code TEXT, message TEXT, calls INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL, ended_at TEXT,
  pages INTEGER NOT NULL DEFAULT 0, resources INTEGER NOT NULL DEFAULT 0, _cursor TEXT, _progress TEXT NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX units_by_key ON units (run_id, kind, account_id, coalesce(region, ''));
CREATE TABLE resources (
  resource_key TEXT PRIMARY KEY, kind TEXT NOT NULL, account_id TEXT NOT NULL, region TEXT, scope_region TEXT,
  id TEXT NOT NULL, arn TEXT, name TEXT, properties TEXT NOT NULL, tags TEXT, owner_account_id TEXT NOT NULL,
  parent_key TEXT, created_at TEXT, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, changed_at TEXT NOT NULL,
  missing_since TEXT, deleted_at TEXT, stale_since TEXT, stale_actions TEXT, context TEXT NOT NULL, run_id TEXT NOT NULL
);
CREATE INDEX resources_by_unit ON resources (kind, account_id, scope_region);
CREATE TABLE resource_tags (
  resource_key TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (resource_key, key)
) WITHOUT ROWID;
CREATE INDEX resource_tags_by_key ON resource_tags (key, value);
CREATE TABLE sightings (
  resource_key TEXT NOT NULL, account_id TEXT NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
  run_id TEXT NOT NULL, PRIMARY KEY (resource_key, account_id)
) WITHOUT ROWID;
CREATE TABLE problems (
  run_id TEXT NOT NULL, kind TEXT, account_id TEXT, region TEXT, class TEXT NOT NULL, operation TEXT NOT NULL,
  code TEXT NOT NULL, message TEXT NOT NULL, request_id TEXT, subject TEXT, count INTEGER NOT NULL, at TEXT NOT NULL
);
CREATE INDEX problems_by_run ON problems (run_id, class);
CREATE TABLE calls (
  run_id TEXT NOT NULL, operation TEXT NOT NULL, result TEXT NOT NULL, count INTEGER NOT NULL, retries INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY (run_id, operation, result)
) WITHOUT ROWID;
CREATE TABLE deletions (
  run_id TEXT NOT NULL, resource_key TEXT NOT NULL, kind TEXT NOT NULL, account_id TEXT NOT NULL, region TEXT,
  id TEXT NOT NULL, grounds TEXT NOT NULL, outcome TEXT NOT NULL, guard TEXT, at TEXT NOT NULL
);
CREATE INDEX deletions_by_run ON deletions (run_id, outcome);

-- What is there, missing-once included: a listing that hid an item for a moment does not make it vanish from here.
CREATE VIEW current AS SELECT * FROM resources WHERE deleted_at IS NULL;
CREATE VIEW last_run AS SELECT * FROM runs WHERE ended_at IS NOT NULL ORDER BY started_at DESC, rowid DESC LIMIT 1;
CREATE VIEW by_kind AS
  SELECT kind, count(*) AS resources, count(DISTINCT account_id) AS accounts, count(missing_since) AS missing,
         count(stale_since) AS stale
  FROM current GROUP BY kind;
CREATE VIEW by_account AS
  SELECT r.account_id, a.name AS account, r.kind, count(*) AS resources
  FROM current r LEFT JOIN accounts a USING (account_id) GROUP BY r.account_id, r.kind;
-- `known` is 0 where the tags were not read: unknown is not no. A kind of which some resource carried a tag member is
-- taken to leave the member out where there are no tags, as EC2 does.
CREATE VIEW untagged AS
  SELECT r.resource_key, r.kind, r.account_id, r.region, r.id, r.name, r.arn,
         r.tags IS NOT NULL OR (r.stale_since IS NULL AND t.kind IS NOT NULL) AS known
  FROM current r
  LEFT JOIN (SELECT DISTINCT kind FROM _properties WHERE lower(name) IN ('tags', 'taglist', 'tagset')) t ON t.kind = r.kind
  WHERE r.tags IS NULL OR r.tags = '{}';
CREATE VIEW stale AS
  SELECT kind, account_id, region, id, name, stale_since, stale_actions, last_seen FROM current WHERE stale_since IS NOT NULL;
CREATE VIEW changed_last_run AS
  SELECT CASE WHEN r.deleted_at >= l.started_at THEN 'gone' WHEN r.first_seen >= l.started_at THEN 'new' ELSE 'changed' END
         AS change, r.kind, r.account_id, r.region, r.id, r.name, r.changed_at, r.deleted_at
  FROM resources r, last_run l
  WHERE r.deleted_at >= l.started_at OR (r.deleted_at IS NULL AND r.changed_at >= l.started_at);
CREATE VIEW denied AS
  SELECT p.kind, p.account_id, a.name AS account, p.region, p.operation, p.code, p.message, sum(p.count) AS count
  FROM problems p JOIN last_run l USING (run_id) LEFT JOIN accounts a ON a.account_id = p.account_id
  WHERE p.class IN ('denied', 'no-credentials')
  GROUP BY p.kind, p.account_id, p.region, p.operation, p.code, p.message;
-- Accounts that are there and of which the last run ended no unit otherwise than for want of a session.
CREATE VIEW accounts_not_read AS
  SELECT a.account_id, a.name, a.state,
         (SELECT p.message FROM problems p JOIN last_run USING (run_id)
          WHERE p.account_id = a.account_id AND p.class IN ('no-credentials', 'denied') ORDER BY p.rowid LIMIT 1) AS why
  FROM accounts a
  WHERE a.retired_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM units u JOIN last_run USING (run_id)
    WHERE u.account_id = a.account_id AND coalesce(u.class, '') <> 'no-credentials');
-- Whether what the catalogue says of a kind is all there is, by its last run.
CREATE VIEW scope AS
  SELECT u.kind, u.units, u.whole, u.partial, u.unknown, u.stale, n.accounts AS accounts_not_read,
         CASE WHEN u.whole < u.units THEN 'not whole: ' || (u.units - u.whole) || ' of ' || u.units || ' units incomplete'
              WHEN n.accounts > 0 THEN 'not whole: ' || n.accounts || ' accounts not read'
              WHEN u.stale > 0 THEN 'whole; some properties are stale' ELSE 'whole' END AS answer
  FROM (SELECT kind, count(*) AS units, sum(membership = 'whole') AS whole, sum(membership = 'partial') AS partial,
               sum(membership = 'unknown') AS unknown, sum(freshness = 'stale') AS stale
        FROM units JOIN last_run USING (run_id) GROUP BY kind) u,
       (SELECT count(*) AS accounts FROM accounts_not_read) n;
