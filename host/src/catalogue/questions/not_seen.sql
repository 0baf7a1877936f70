-- What the last run did not see, and why: accounts, units, and regions that were not read.
SELECT 'account' AS what, NULL AS kind, account_id, NULL AS region, lower(state) AS class, why
FROM accounts_not_read
UNION ALL
SELECT CASE u.membership WHEN 'partial' THEN 'part of a unit' ELSE 'unit' END, u.kind, u.account_id, u.region, u.class,
       coalesce(nullif(u.code, '') || ': ', '') || coalesce(u.message, '')
FROM units u JOIN last_run USING (run_id)
WHERE u.membership <> 'whole' AND u.account_id NOT IN (SELECT account_id FROM accounts_not_read)
UNION ALL
SELECT 'region', NULL, account_id, region, opt_status, CASE WHEN missing_since IS NULL THEN 'not enabled in the account'
       ELSE 'named by no list of the account since ' || missing_since END
FROM regions WHERE reachable = 0
ORDER BY what, account_id, region, kind;
-- scope
SELECT kind, answer FROM scope ORDER BY kind;
