-- One row per input file that is known: what became of its lines.
SELECT
    path,
    sha256,
    lines,
    accepted,
    duplicate,
    quarantined
FROM staging.reconciliation
