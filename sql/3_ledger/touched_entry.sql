-- One row per issuance of a badge that is accounted for anew.
SELECT entry.*
FROM ledger.entry AS entry
SEMI JOIN staging.touched AS touched ON entry.badge_id = touched.badge_id
