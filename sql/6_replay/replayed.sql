-- One row per issuance over a limit, of the badges that a report decides again: what replay says of it (RULEBOOK 10).
SELECT
    decisions.row_key,
    decisions.decision,
    decisions.reason,
    decisions.limit_name,
    decisions.compared
FROM decisions
SEMI JOIN replayed_badge ON decisions.badge_id = replayed_badge.badge_id
SEMI JOIN report.breaches AS breach ON decisions.row_key = breach.row_key
