-- One row per issuance that is accounted for anew: of a touched badge, from its earliest touched place on.
SELECT entry.*
FROM ledger.entry AS entry
INNER JOIN staging.touched AS touched ON entry.badge_id = touched.badge_id AND entry.row_no >= touched.from_no
-- The lowest of all places spares most of the rows.
WHERE entry.row_no >= getvariable('touched_from')
