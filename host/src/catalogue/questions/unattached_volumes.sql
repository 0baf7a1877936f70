-- Volumes that are attached to nothing, the largest first.
SELECT account_id, region, id AS volume, properties ->> '$.VolumeType' AS type, properties ->> '$.Size' AS gib,
       properties ->> '$.CreateTime' AS created
FROM current
WHERE kind = 'AWS::EC2::Volume' AND properties ->> '$.State' = 'available'
ORDER BY gib DESC, account_id, region, volume;
-- scope
SELECT k.kind, coalesce(s.answer, 'not read') AS answer
FROM (SELECT 'AWS::EC2::Volume' AS kind) k
LEFT JOIN scope s USING (kind);
