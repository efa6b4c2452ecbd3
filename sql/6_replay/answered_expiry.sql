-- One row per call that rules decide: when what is admitted of it expires, none for never (RULEBOOK 8).
SELECT
    call_no,
    nullif(expires_at, 9223372036854775807) AS expires_at
FROM kernel_answered_expiry
