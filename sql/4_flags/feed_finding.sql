-- One row per finding about a response without request, a file's field, a refused line, or a run without input.
WITH time_note AS (
    SELECT
        time_note.code,
        time_note.field,
        source.path,
        source.file_id,
        count(*) AS times,
        min(time_note.line) AS first_line
    FROM raw.time_note AS time_note
    INNER JOIN staging.source AS source USING (file_id)
    ANTI JOIN staging.duplicate AS duplicate
        ON time_note.file_id = duplicate.file_id AND time_note.record_no = duplicate.record_no
    ANTI JOIN staging.clockless AS clockless
        ON time_note.file_id = clockless.file_id AND time_note.record_no = clockless.record_no
    GROUP BY time_note.code, time_note.field, source.path, source.file_id
)

SELECT
    'unpaired-response' AS code,
    response.badge_id,
    response.processed_at,
    left(md5(replace(response.response_key::VARCHAR, '-', '') || '/' || response.ordinal), 16) AS row_key,
    response.request_id,
    'no request is known for this response'
    || CASE WHEN response.code IS NULL THEN '' ELSE ' of code ' || response.code END AS detail,
    response.file_id,
    response.line
FROM staging.lone_response AS response
INNER JOIN ledger.setting AS setting ON response.processed_at IS NULL OR response.processed_at <= setting.as_of
UNION ALL
SELECT
    code,
    '' AS badge_id,
    NULL AS processed_at,
    left(md5(path || '/' || field), 16) AS row_key,
    NULL AS request_id,
    field || ': ' || times || CASE WHEN times = 1 THEN ' record' ELSE ' records' END AS detail,
    file_id,
    first_line AS line
FROM time_note
UNION ALL
SELECT
    'invalid-enum' AS code,
    '' AS badge_id,
    NULL AS processed_at,
    left(md5(source.path || '/' || quarantined.line), 16) AS row_key,
    NULL AS request_id,
    min(quarantined.detail) AS detail,
    quarantined.file_id,
    quarantined.line
FROM staging.quarantined AS quarantined
INNER JOIN staging.source AS source USING (file_id)
WHERE quarantined.reason = 'invalid-enum'
GROUP BY source.path, quarantined.file_id, quarantined.line
UNION ALL
SELECT
    'no-input' AS code,
    '' AS badge_id,
    NULL AS processed_at,
    '0000000000000000' AS row_key,
    NULL AS request_id,
    'the run was given inputs and found no new line' AS detail,
    NULL AS file_id,
    NULL AS line
WHERE getvariable('no_input') IS TRUE
