-- One row per closed cycle and subject whose count is not what the earlier report said (RULEBOOK 6.1).
WITH settings_change AS (
    SELECT
        coalesce(bool_or(fact = 'setting'), false) AS settings_differ,
        coalesce(bool_or(fact = 'software'), false) AS software_differs
    FROM temp.comparison
    WHERE fact IN ('setting', 'software')
),

present AS (
    SELECT
        cycle_count.badge_id,
        cycle_count.scope,
        cycle_count.cycle_no,
        coalesce(cycle_count.customer_id, '') AS customer_id,
        cycle.limit_name,
        cycle.starts_at,
        cycle.ends_at,
        cycle_count.count,
        cycle_count.number
    FROM ledger.cycle_count AS cycle_count
    INNER JOIN ledger.cycle AS cycle USING (badge_id, scope, cycle_no)
    WHERE
        cycle.ends_at <= getvariable('earlier_as_of')
        AND getvariable('earlier_exists')
        AND is_compared(NULL, cycle_count.badge_id, NULL)
),

earlier AS (
    SELECT
        badge_id,
        scope,
        cycle_no,
        coalesce(customer_id, '') AS customer_id,
        limit_name,
        starts_at,
        ends_at,
        count,
        number
    FROM temp.earlier_cycle_counts
    WHERE ends_at <= getvariable('earlier_as_of')
),

changed AS (
    SELECT
        coalesce(present.badge_id, earlier.badge_id) AS badge_id,
        coalesce(present.scope, earlier.scope) AS scope,
        coalesce(present.cycle_no, earlier.cycle_no) AS cycle_no,
        coalesce(present.customer_id, earlier.customer_id) AS customer_id,
        coalesce(present.limit_name, earlier.limit_name) AS limit_name,
        coalesce(present.starts_at, earlier.starts_at) AS starts_at,
        coalesce(present.ends_at, earlier.ends_at) AS ends_at,
        coalesce(present.number, earlier.number) AS number,
        coalesce(earlier.count, 0) AS count_before,
        coalesce(present.count, 0) AS count,
        present.badge_id IS NOT NULL AND earlier.badge_id IS NOT NULL AS on_both_sides,
        (present.limit_name, present.starts_at, present.ends_at)
        <> (earlier.limit_name, earlier.starts_at, earlier.ends_at) AS bounds_differ,
        coalesce(present.number, -1) <> coalesce(earlier.number, -1) AS number_differs
    FROM present
    FULL JOIN earlier
        ON
            present.badge_id = earlier.badge_id
            AND present.scope = earlier.scope
            AND present.cycle_no = earlier.cycle_no
            AND present.customer_id = earlier.customer_id
    WHERE NOT (present.count IS NOT DISTINCT FROM earlier.count)
),

lost_input AS (
    SELECT sha256 FROM temp.earlier_input
    EXCEPT
    SELECT source.sha256 FROM staging.source AS source
),

nearest AS (
    SELECT
        subject,
        badge_id,
        event_at,
        max({ 'row_no': row_no, 'cause': cause, 'path': path, 'line': line }) AS brought
    FROM temp.fresh_subject
    WHERE counted <> was_counted
    GROUP BY subject, badge_id, event_at
),

caused AS (
    SELECT
        changed.*,
        settings_change.*,
        setting.as_of,
        CASE
            WHEN setting.as_of < getvariable('earlier_as_of') OR EXISTS (SELECT lost_input.sha256 FROM lost_input)
                THEN 'not-judged'
            ELSE 'count-changed'
        END AS state,
        CASE
            WHEN nearest.event_at >= changed.starts_at
                THEN { 'cause': nearest.brought.cause, 'path': nearest.brought.path, 'line': nearest.brought.line }
            WHEN changed.on_both_sides AND changed.bounds_differ AND definition.badge_id IS NOT NULL
                THEN { 'cause': 'definition', 'path': definition.path, 'line': definition.line }
            WHEN settings_change.settings_differ THEN { 'cause': 'setting', 'path': NULL, 'line': NULL }
            WHEN definition.badge_id IS NOT NULL
                THEN { 'cause': 'definition', 'path': definition.path, 'line': definition.line }
            WHEN settings_change.software_differs THEN { 'cause': 'software', 'path': NULL, 'line': NULL }
            ELSE first_of_badge.brought
        END AS brought
    FROM changed
    CROSS JOIN settings_change
    CROSS JOIN ledger.setting AS setting
    LEFT JOIN temp.fresh_definition AS definition ON changed.badge_id = definition.badge_id
    LEFT JOIN (
        SELECT
            badge_id,
            min({ 'cause': cause, 'path': path, 'line': line }) AS brought
        FROM temp.fresh_row
        GROUP BY badge_id
    ) AS first_of_badge ON changed.badge_id = first_of_badge.badge_id
    ASOF LEFT JOIN nearest
        ON
            changed.badge_id = nearest.badge_id
            AND changed.customer_id = nearest.subject
            AND changed.ends_at > nearest.event_at
)

SELECT
    'cycle' AS kind,
    left(md5(badge_id || '/' || scope || '/' || cycle_no || '/' || customer_id), 16) || '~' || limit_name AS flag_id,
    state,
    CASE WHEN state = 'count-changed' THEN brought.cause END AS cause,
    CASE WHEN state = 'count-changed' THEN brought.path END AS cause_file,
    CASE WHEN state = 'count-changed' THEN brought.line END AS cause_line,
    NOT settings_differ
    AND NOT software_differs
    AND NOT coalesce(on_both_sides AND (bounds_differ OR number_differs), false) AS comparable,
    NULL::BIGINT AS first_seen,
    NULL::BIGINT AS gone_at,
    badge_id,
    limit_name,
    NULL::VARCHAR AS code,
    scope,
    cycle_no,
    customer_id,
    NULL::BIGINT AS processed_at,
    NULL::VARCHAR AS row_key,
    number,
    count_before,
    count,
    NULL::VARCHAR AS source_file,
    NULL::BIGINT AS source_line
FROM caused
