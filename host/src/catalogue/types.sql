-- Version 2: what CloudFormation said of the types that Cloud Control is asked about. `version` is CloudFormation's where
-- it gives one, else a digest of the type's schema; `actions` is what its list and read handlers need, as JSON; `answer` is
-- what AWS answered, from which the next run reads it again.
CREATE TABLE types (
  partition TEXT NOT NULL, type_name TEXT NOT NULL, version TEXT NOT NULL, actions TEXT NOT NULL, answer TEXT NOT NULL,
  seen_at TEXT NOT NULL, PRIMARY KEY (partition, type_name, version)
);
