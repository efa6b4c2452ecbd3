-- One row per badge that is accounted for anew: in a full run every badge that has a call or a version.
SELECT badge_id FROM staging.call
UNION
SELECT badge_id FROM staging.imported_row
UNION
SELECT badge_id FROM staging.version
