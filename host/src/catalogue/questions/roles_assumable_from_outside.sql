-- Roles that somebody outside their account can assume, by what their trust policies allow (property Trust; docs/audit.md).
-- `other account`: none of the catalogue. `unknown`: the trust policy could not be read, which is not a no.
SELECT r.account_id, r.name AS role, p.value ->> 'Name' AS who,
       CASE WHEN p.value IS NULL THEN 'unknown'
            WHEN p.value ->> 'Place' = 'anywhere' THEN 'anybody'
            WHEN p.value ->> 'Place' = 'federation' THEN 'identity provider'
            WHEN p.value ->> 'Account' IN (SELECT account_id FROM accounts) THEN 'account of the catalogue'
            ELSE 'other account' END AS outside,
       (SELECT group_concat(g.value, ', ') FROM json_each(p.value, '$.ClosedBy') g) AS closed_by,
       (SELECT group_concat(f.value, ', ') FROM json_each(r.properties, '$.Trust.Flags') f) AS flags
FROM current r LEFT JOIN json_each(r.properties, '$.Trust.Principals') p
WHERE r.kind = 'AWS::IAM::Role'
  AND (json_type(r.properties, '$.Trust') IS NULL OR p.value ->> 'Place' IN ('outside', 'federation', 'anywhere'))
ORDER BY outside, r.account_id, role, who;
-- scope
SELECT k.kind, coalesce(s.answer, 'not read') AS answer
FROM (SELECT 'AWS::IAM::Role' AS kind) k
LEFT JOIN scope s USING (kind);
