-- One row per issuance that may expire: the rule's public name and the instant, none for never (RULEBOOK 8).
-- What was accepted, and not revoked before, lapses then; `day` is the local day on which it was processed.
WITH told AS (
    SELECT
        expiry_rule.row_no,
        CASE
            WHEN expiry_rule.imported THEN 'IMPORTED'
            WHEN expiry_rule.rule.kind IS NULL THEN 'BADGE_END'
            WHEN expiry_rule.rule.kind = 'RELATIVE'
                THEN 'RELATIVE:' || expiry_rule.rule.unit || ':' || expiry_rule.rule.value
            ELSE expiry_rule.rule.kind
        END AS rule,
        CASE
            WHEN expiry_rule.imported THEN expiry_rule.imported_expires_at
            WHEN expiry_rule.rule.kind IS NULL OR expiry_rule.rule.kind = 'WITH_BADGE_META' THEN expiry_rule.badge_expires_at
            WHEN expiry_rule.rule.kind = 'FIXED_DATE' THEN expiry_rule.rule.expires_at
            WHEN expiry_rule.rule.kind = 'RELATIVE' AND found.expires_at IS NOT NULL THEN found.expires_at
            WHEN expiry_rule.rule.kind = 'RELATIVE' THEN least(
                expiry_rule.base::HUGEINT
                + expiry_rule.rule.value::HUGEINT
                * 86400000000
                * CASE expiry_rule.rule.unit WHEN 'DAYS' THEN 1 WHEN 'WEEKS' THEN 7 ELSE 30 END,
                253402214400000000
            )::BIGINT
        END AS expires_at,
        expiry_rule.accepted,
        expiry_rule.revoked_at,
        expiry_rule.day
    FROM ledger.expiry_rule AS expiry_rule
    LEFT JOIN kernel_month_expiry AS found
        ON
            expiry_rule.rule.kind = 'RELATIVE'
            AND expiry_rule.rule.unit = 'MONTHS'
            AND expiry_rule.base = found.base
            AND expiry_rule.rule.value = found.months
)

SELECT
    row_no,
    rule,
    expires_at,
    CASE WHEN accepted AND coalesce(revoked_at >= expires_at, true) THEN expires_at END AS lapses_at,
    day
FROM told
