-- One row per issuance processed up to as-of: its number, that of its badge, and its instants, read without any text.
SELECT
    answered_row.row_no,
    -- Below the number of its badge a row's number has 36 bits.
    answered_row.row_no >> 36 AS badge_no,
    answered_row.processed_at,
    answered_row.event_at,
    revoked_row.revoked_at,
    answered_row.answered
FROM staging.answered_row AS answered_row
CROSS JOIN ledger.setting AS setting
LEFT JOIN ledger.revoked_row AS revoked_row ON answered_row.row_no = revoked_row.row_no
WHERE coalesce(answered_row.processed_at <= setting.as_of, false)
