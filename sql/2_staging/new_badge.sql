-- One row per badge of which something was ingested since staging was last brought up to date.
SELECT badge_id
FROM staging.named_badge
WHERE batch_id > getvariable('staged_batch')
UNION
SELECT '' AS badge_id
FROM temp.nameless
WHERE batch_id > getvariable('staged_batch')
UNION
SELECT badge_id
FROM raw.definition
WHERE batch_id > getvariable('staged_batch')
UNION
SELECT badge_id
FROM raw.revocation
WHERE batch_id > getvariable('staged_batch')
UNION
-- A file known before under another path: which of equal lines is the first may change.
SELECT named_badge.badge_id
FROM staging.named_badge AS named_badge
INNER JOIN raw.delivery AS delivery ON named_badge.file_id = delivery.file_id
WHERE delivery.batch_id > getvariable('staged_batch') AND named_badge.batch_id <= getvariable('staged_batch')
UNION
-- A row id that another badge's row has already is a conflict of both.
SELECT answered_row.badge_id
FROM staging.answered_row AS answered_row
WHERE answered_row.row_id IN (
    SELECT unnest(list_transform(answers, LAMBDA answer: answer.row_id))
    FROM raw.call
    WHERE batch_id > getvariable('staged_batch')
)
