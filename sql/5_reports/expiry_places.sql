-- One row per issuance that may expire: its number, that of its badge, and when it expires, read without any text.
SELECT
    row_no,
    -- Below the number of its badge a row's number has 36 bits.
    row_no >> 36 AS badge_no,
    expires_at,
    lapses_at
FROM ledger.expiry
