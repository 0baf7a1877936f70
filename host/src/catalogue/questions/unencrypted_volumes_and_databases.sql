-- Volumes and databases whose storage is not encrypted, or of which that is not known.
SELECT kind, account_id, region, id, name, CASE encrypted WHEN 0 THEN 'not encrypted' ELSE 'unknown' END AS encryption
FROM (SELECT *, CASE kind WHEN 'AWS::EC2::Volume' THEN properties ->> '$.Encrypted'
                          ELSE properties ->> '$.StorageEncrypted' END AS encrypted
      FROM current WHERE kind IN ('AWS::EC2::Volume', 'AWS::RDS::DBInstance'))
WHERE encrypted IS NOT 1
ORDER BY encryption, kind, account_id, region, id;
-- scope
SELECT k.kind, coalesce(s.answer, 'not read') AS answer
FROM (SELECT 'AWS::EC2::Volume' AS kind UNION ALL SELECT 'AWS::RDS::DBInstance') k
LEFT JOIN scope s USING (kind);
