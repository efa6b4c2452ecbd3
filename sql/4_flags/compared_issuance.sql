-- One row per issuance that is compared, as the report tells it.
SELECT
    row_key,
    badge_id,
    make_timestamptz(processed_at) AS processed_at,
    outcome,
    code,
    counted,
    make_timestamptz(reported_expires_at) AS reported_expires_at,
    make_timestamptz(revoked_at) AS revoked_at
FROM temp.compared_entry
