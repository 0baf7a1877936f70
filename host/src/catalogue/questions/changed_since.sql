-- What came, changed and went since a moment (:since, as 2024-05-01 or 2024-05-01T12:00; the last run if not given).
SELECT CASE WHEN r.deleted_at >= m.since THEN 'gone' WHEN r.first_seen >= m.since THEN 'new' ELSE 'changed' END AS change,
       r.kind, r.account_id, r.region, r.id, r.name,
       CASE WHEN r.deleted_at >= m.since THEN r.deleted_at ELSE r.changed_at END AS at
FROM resources r, (SELECT coalesce(:since, (SELECT started_at FROM last_run)) AS since) m
WHERE r.deleted_at >= m.since OR (r.deleted_at IS NULL AND r.changed_at >= m.since)
ORDER BY at, r.kind, r.account_id, r.region, r.id;
-- scope
SELECT kind, answer FROM scope ORDER BY kind;
