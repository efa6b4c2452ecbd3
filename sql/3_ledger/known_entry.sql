-- One row per issuance of a badge of which something is accounted for anew: what its windows look back to.
SELECT entry.*
FROM ledger.entry AS entry
SEMI JOIN staging.touched AS touched ON entry.badge_id = touched.badge_id
