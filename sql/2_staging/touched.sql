-- One row per badge that is accounted for anew: staged anew, or not the same at another as-of.
SELECT badge_id FROM staging.due
UNION
SELECT badge_id
FROM staging.answered_row
WHERE processed_at > getvariable('accounted_as_of') AND processed_at <= getvariable('as_of')
UNION
SELECT badge_id
FROM staging.version
WHERE in_force_from > getvariable('accounted_as_of') AND in_force_from <= getvariable('as_of')
UNION
SELECT badge_id
FROM raw.revocation
WHERE revoked_at > getvariable('accounted_as_of') AND revoked_at <= getvariable('as_of')
UNION
-- A window slides with as-of, and a cycle ends; what was used in a badge's whole life stays.
SELECT badge_id
FROM ledger.limit_use
WHERE limit_name NOT LIKE '%:FIXED_VALUE' AND getvariable('accounted_as_of') <> getvariable('as_of')
