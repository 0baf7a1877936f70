-- Instances by type and account, running and not.
SELECT r.account_id, a.name AS account, r.properties ->> '$.InstanceType' AS type, count(*) AS instances,
       sum(coalesce(r.properties ->> '$.State.Name' = 'running', 0)) AS running
FROM current r LEFT JOIN accounts a USING (account_id)
WHERE r.kind = 'AWS::EC2::Instance'
GROUP BY r.account_id, type ORDER BY instances DESC, r.account_id, type;
-- scope
SELECT k.kind, coalesce(s.answer, 'not read') AS answer
FROM (SELECT 'AWS::EC2::Instance' AS kind) k
LEFT JOIN scope s USING (kind);
