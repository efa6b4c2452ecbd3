-- One row per line of a call that was read, or delivered under another path, since the ledger last took in what was due.
SELECT
    file_id,
    record_no
FROM raw.call
WHERE batch_id > getvariable('staged_batch')
UNION
-- Which of equal lines is the first may change.
SELECT
    call.file_id,
    call.record_no
FROM raw.call AS call
SEMI JOIN (
    SELECT file_id FROM raw.delivery
    WHERE batch_id > getvariable('staged_batch')
) AS delivered ON call.file_id = delivered.file_id
