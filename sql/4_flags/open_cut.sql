-- One row: the earliest place, in processing order or by event, of anything that is new since the compared report's inputs.
WITH new_file AS (
    SELECT file_id
    FROM raw.file
    WHERE batch_id > getvariable('since_batch')::BIGINT
),

new_half AS (
    SELECT DISTINCT
        call.endpoint,
        CASE WHEN call.has_request THEN call.request_id ELSE call.answer_request_id END AS request_id,
        CASE WHEN call.has_request THEN call.badge_id ELSE call.answer_badge_id END AS badge_id
    FROM raw.call AS call
    SEMI JOIN new_file ON call.file_id = new_file.file_id
    WHERE NOT (call.has_request AND call.has_response)
),

nameless_response AS (
    SELECT DISTINCT
        endpoint,
        answer_request_id AS request_id
    FROM raw.call
    WHERE NOT has_request AND answer_badge_id IS NULL
),

new_key AS (
    SELECT call.request_key
    FROM raw.call AS call
    SEMI JOIN new_file ON call.file_id = new_file.file_id
    UNION
    -- A lone response has its own key as that of its request.
    SELECT call.response_key
    FROM raw.call AS call
    SEMI JOIN new_file ON call.file_id = new_file.file_id
    UNION
    -- It may answer any open request of its requestId and badge; one that names no badge, any that agree on one.
    SELECT asked.request_key
    FROM new_half
    INNER JOIN raw.call AS asked
        ON new_half.request_id = asked.request_id AND new_half.endpoint = asked.endpoint
    LEFT JOIN nameless_response AS nameless
        ON new_half.request_id = nameless.request_id AND new_half.endpoint = nameless.endpoint
    WHERE
        NOT asked.has_response
        AND (new_half.badge_id = asked.badge_id OR nameless.request_id IS NOT NULL)
),

-- Calls that a new line tells of.
new_call AS (
    SELECT call.call_no
    FROM staging.call AS call
    SEMI JOIN new_key ON call.request_key = new_key.request_key
),

new_revocation AS (
    SELECT
        revocation.badge_id,
        revocation.revoked_at
    FROM raw.revocation AS revocation
    CROSS JOIN ledger.setting AS setting
    WHERE
        revocation.revoked_at <= setting.as_of
        AND (
            revocation.file_id IN (SELECT file_id FROM new_file)
            OR revocation.revoked_at > getvariable('since_as_of')::BIGINT
        )
),

-- The versions that judged the compared report, and those that judge now: up to as-of, and the first (RULEBOOK 5).
ruling AS (
    SELECT
        side.is_now,
        side.as_of,
        definition.badge_id,
        definition.in_force_from,
        definition.content,
        definition.definition
    FROM raw.definition AS definition
    CROSS JOIN (
        SELECT
            true AS is_now,
            as_of
        FROM ledger.setting
        UNION ALL
        SELECT
            false,
            getvariable('since_as_of')::BIGINT
    ) AS side
    WHERE NOT definition.refused AND (side.is_now OR definition.file_id NOT IN (SELECT file_id FROM new_file))
    QUALIFY row_number() OVER (
        PARTITION BY side.is_now, definition.badge_id, definition.in_force_from
        ORDER BY definition.logged_at DESC NULLS LAST, definition.content DESC
    ) = 1
),

known_version AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY is_now, badge_id ORDER BY in_force_from) = 1 AS is_first
    FROM ruling
    QUALIFY is_first OR in_force_from <= as_of
),

known_period AS (
    SELECT
        * EXCLUDE (definition),
        (definition ->> '$.expires_at')::BIGINT AS expires_at,
        definition ->> '$.issued_rule' AS issued_rule,
        lag((definition ->> '$.starts_at')::BIGINT) OVER of_badge > in_force_from AS before_live,
        lead(true) OVER of_badge IS NULL AS is_last
    FROM known_version
    WINDOW of_badge AS (PARTITION BY is_now, badge_id ORDER BY in_force_from)
),

changed_badge AS (
    SELECT
        badge_id,
        min(in_force_from) AS first_at
    FROM (
        SELECT
            badge_id,
            in_force_from,
            content
        FROM known_period
        GROUP BY badge_id, in_force_from, content
        HAVING count(*) = 1
    ) AS differing
    GROUP BY badge_id
),

place AS (
    SELECT least(min(answered.processed_at), min(answered.event_at)) AS first_at
    FROM staging.answered_row AS answered
    SEMI JOIN new_call ON answered.call_no = new_call.call_no
    UNION ALL
    -- What was known but not yet processed then.
    SELECT min(answered.event_at)
    FROM staging.answered_row AS answered
    INNER JOIN ledger.setting AS setting ON answered.processed_at <= setting.as_of
    WHERE answered.processed_at > getvariable('since_as_of')::BIGINT
    UNION ALL
    -- A first fixed window begins at the midnight before its version, and no day is longer than two.
    SELECT min(first_at) - 2 * 86400000000
    FROM changed_badge
    UNION ALL
    -- The first version covers all time before it, and an update before the badge is live cuts all cycles anew.
    SELECT least(min(answered.processed_at), min(answered.event_at))
    FROM staging.answered_row AS answered
    SEMI JOIN (
        SELECT changed_badge.badge_id
        FROM changed_badge
        INNER JOIN known_period
            ON
                changed_badge.badge_id = known_period.badge_id
                AND changed_badge.first_at <= known_period.in_force_from
                AND (known_period.is_first OR known_period.before_live)
    ) AS unsettled ON answered.badge_id = unsettled.badge_id
    UNION ALL
    -- Cycles end with the last version's window, which is never before its badge's end (RULEBOOK 6.1).
    SELECT least(was.expires_at, became.expires_at)
    FROM known_period AS was
    INNER JOIN known_period AS became ON was.badge_id = became.badge_id AND became.is_last AND became.is_now
    WHERE
        was.is_last AND NOT was.is_now
        AND (was.expires_at, was.issued_rule) IS DISTINCT FROM (became.expires_at, became.issued_rule)
    UNION ALL
    SELECT min(dump.logged_at)
    FROM raw.platform_cycle AS dump
    SEMI JOIN new_file ON dump.file_id = new_file.file_id
    UNION ALL
    SELECT min(revoked_at)
    FROM new_revocation
    UNION ALL
    -- Where revoked rows do not count, the counts after the revoked row change, not those after its revocation.
    SELECT least(min(answered.processed_at), min(answered.event_at))
    FROM ledger.revoked_row AS revoked
    INNER JOIN staging.answered_row AS answered ON revoked.row_no = answered.row_no
    INNER JOIN new_revocation
        ON answered.badge_id = new_revocation.badge_id AND revoked.revoked_at >= new_revocation.revoked_at
    INNER JOIN ledger.setting AS setting ON setting.revoked = 'exclude'
)

SELECT min(first_at) AS first_at
FROM place
