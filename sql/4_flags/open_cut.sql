-- One row: the earliest place, in processing order or by event, of anything that is new since the compared report's inputs.
WITH new_file AS (
    SELECT file_id
    FROM raw.file
    WHERE batch_id > getvariable('since_batch')::BIGINT
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
    -- It may answer any request of its requestId.
    SELECT asked.request_key
    FROM raw.call AS answered
    SEMI JOIN new_file ON answered.file_id = new_file.file_id
    INNER JOIN raw.call AS asked
        ON answered.answer_request_id = asked.request_id AND answered.endpoint = asked.endpoint
    WHERE NOT answered.has_request
),

-- Calls that a new line tells of, and those that a new definition judges.
new_call AS (
    SELECT call.call_no
    FROM staging.call AS call
    SEMI JOIN new_key ON call.request_key = new_key.request_key
    UNION
    SELECT call.call_no
    FROM staging.call AS call
    INNER JOIN staging.version AS version ON call.badge_id = version.badge_id AND call.version_no = version.version_no
    SEMI JOIN new_file ON version.file_id = new_file.file_id
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

place AS (
    SELECT least(min(answered.processed_at), min(answered.event_at)) AS first_at
    FROM staging.answered_row AS answered
    SEMI JOIN new_call ON answered.call_no = new_call.call_no
    UNION ALL
    SELECT min(definition.in_force_from)
    FROM raw.definition AS definition
    SEMI JOIN new_file ON definition.file_id = new_file.file_id
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
