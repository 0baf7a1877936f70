-- Resources without a required tag (:key, Owner if not given). `unknown`: the tags were not read, which is not a no.
SELECT r.kind, r.account_id, r.region, r.id, r.name,
       CASE WHEN u.known = 0 THEN 'unknown' ELSE 'missing' END AS tag
FROM current r LEFT JOIN untagged u USING (resource_key)
WHERE NOT EXISTS (SELECT 1 FROM resource_tags t WHERE t.resource_key = r.resource_key AND t.key = coalesce(:key, 'Owner'))
ORDER BY tag, r.kind, r.account_id, r.region, r.id;
-- scope
SELECT kind, answer FROM scope ORDER BY kind;
