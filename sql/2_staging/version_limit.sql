-- One row per badge, version and constraint that is a limit, as found; `rules` marks the one that counts (RULEBOOK 6).
WITH found AS (
    SELECT
        badge_id,
        version_no,
        unnest(limits) AS found_limit
    FROM staging.version
),

named AS (
    SELECT
        badge_id,
        version_no,
        found_limit.scope AS scope,
        found_limit.kind AS kind,
        found_limit.unit AS unit,
        found_limit.length AS length,
        found_limit.start_day AS start_day,
        found_limit.number AS number,
        concat_ws(
            ':',
            found_limit.scope,
            found_limit.kind,
            found_limit.unit,
            coalesce(found_limit.start_day, found_limit.length::VARCHAR)
        ) AS limit_name,
        left(found_limit.scope, 1)
        || CASE found_limit.kind WHEN 'FIXED_VALUE' THEN 'V' ELSE left(found_limit.kind, 1) END
        || coalesce(left(found_limit.unit, 1), '')
        || coalesce(left(found_limit.start_day, 3), found_limit.length::VARCHAR, '') AS short_code
    FROM found
)

SELECT
    *,
    -- Of one name the lower number rules; of two fixed windows in one scope the first name in text order.
    row_number() OVER (PARTITION BY badge_id, version_no, limit_name ORDER BY number) = 1
    AND (
        kind <> 'FIXED_WINDOW'
        OR limit_name = min(limit_name) OVER (PARTITION BY badge_id, version_no, scope, kind)
    ) AS rules,
    count(*) OVER (PARTITION BY badge_id, version_no, limit_name) AS same_names
FROM named
