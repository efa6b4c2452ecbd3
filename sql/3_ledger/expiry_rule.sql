-- One row per issuance that may expire, accepted or refused as already issued, with its rule and base (RULEBOOK 8).
SELECT
    entry.row_no,
    CASE WHEN entry.kind = 'ISSUE' THEN entry.event_at ELSE entry.processed_at END AS base,
    CASE
        WHEN entry.imported THEN NULL
        WHEN entry.kind = 'ISSUE' THEN version.issued_rule
        ELSE version.earned_rule
    END AS rule,
    version.expires_at AS badge_expires_at,
    entry.imported,
    entry.imported_expires_at,
    entry.accepted,
    entry.revoked_at,
    zone_day.day
FROM temp.touched_entry AS entry
INNER JOIN staging.version AS version
    ON entry.badge_id = version.badge_id AND entry.version_no = version.version_no
INNER JOIN ledger.zone_day AS zone_day
    ON
        make_timestamp(entry.processed_at)::DATE = zone_day.utc_day
        AND entry.processed_at >= zone_day.starts_at
        AND entry.processed_at < zone_day.ends_at
WHERE entry.accepted OR (entry.code = '1040' AND entry.outcome = 'REJECTED' AND entry.kind = 'ISSUE')
