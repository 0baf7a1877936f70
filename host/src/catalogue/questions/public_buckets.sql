-- Buckets that may be public, by their own block on public access. `unknown`: it was not read (it takes the optional
-- GetPublicAccessBlockAction), which is not a no. A block on the whole account is not looked at: it can only close more.
SELECT account_id, region, id AS bucket,
       CASE WHEN block IS NULL THEN 'unknown' WHEN block = 'null' THEN 'no block' ELSE 'block is open in part' END AS public
FROM (SELECT *, json_type(properties, '$.PublicAccessBlockConfiguration') AS block,
             properties -> '$.PublicAccessBlockConfiguration' AS b
      FROM current WHERE kind = 'AWS::S3::Bucket')
WHERE coalesce(b ->> 'BlockPublicAcls', 0) + coalesce(b ->> 'IgnorePublicAcls', 0)
    + coalesce(b ->> 'BlockPublicPolicy', 0) + coalesce(b ->> 'RestrictPublicBuckets', 0) < 4
ORDER BY public, account_id, bucket;
-- scope
SELECT k.kind, coalesce(s.answer, 'not read') AS answer
FROM (SELECT 'AWS::S3::Bucket' AS kind) k
LEFT JOIN scope s USING (kind);
