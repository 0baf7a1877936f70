-- Functions by runtime; those of a container image have none.
SELECT coalesce(properties ->> '$.Runtime', 'none: ' || coalesce(properties ->> '$.PackageType', 'unknown')) AS runtime,
       count(*) AS functions, count(DISTINCT account_id) AS accounts
FROM current WHERE kind = 'AWS::Lambda::Function'
GROUP BY runtime ORDER BY functions DESC, runtime;
-- scope
SELECT k.kind, coalesce(s.answer, 'not read') AS answer
FROM (SELECT 'AWS::Lambda::Function' AS kind) k
LEFT JOIN scope s USING (kind);
