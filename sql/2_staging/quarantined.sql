-- One row per line in quarantine: refused when it was read, or not dated by any clock.
SELECT
    file_id,
    line,
    record_no,
    reason,
    detail,
    raw
FROM raw.quarantine
UNION ALL
SELECT
    file_id,
    line,
    record_no,
    'no-time' AS reason,
    'no loggedAt, no event date, no dated id' AS detail,
    raw
FROM staging.clockless
