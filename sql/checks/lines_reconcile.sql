-- One row per file whose lines are not all accounted for.
SELECT
    path AS found_at,
    lines AS expected,
    accepted + duplicate + quarantined AS found
FROM staging.reconciliation
WHERE lines <> accepted + duplicate + quarantined OR accepted < 0
