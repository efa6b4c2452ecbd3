-- One row per response that found no request (RULEBOOK 3): kept, and raised as a finding.
SELECT
    coalesce(badge_id, '') AS badge_id,
    request_id,
    response_key,
    ordinal,
    code,
    processed_at,
    source_file_id AS file_id,
    source_line AS line
FROM temp.joined_call
WHERE NOT has_request AND (processed_at IS NOT NULL OR len(answers) = 0)
