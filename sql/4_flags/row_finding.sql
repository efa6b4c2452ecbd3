-- One row per finding about one issuance (RULEBOOK 9).
SELECT
    code,
    row_no,
    detail
FROM flags.duplicate_request
UNION ALL
SELECT
    code,
    row_no,
    detail
FROM flags.version_row
UNION ALL
SELECT
    code,
    row_no,
    detail
FROM flags.wrong_rejection
UNION ALL
SELECT
    'overlapping-issue' AS code,
    overlap.row_no,
    'issue ' || earlier.issuance_id || ' was valid' AS detail
FROM ledger.overlap AS overlap
SEMI JOIN temp.touched_entry AS entry ON overlap.row_no = entry.row_no
INNER JOIN staging.issuance AS earlier ON overlap.earlier_row_no = earlier.row_no
UNION ALL
SELECT
    'unknown-badge' AS code,
    row_no,
    'no definition of this badge is known' AS detail
FROM temp.touched_entry
WHERE accepted AND version_no IS NULL
UNION ALL
SELECT
    'existing-issue-returned' AS code,
    entry.row_no,
    'the id ' || entry.row_id || ' was given before, as ' || holder.row_key AS detail
FROM temp.touched_entry AS entry
INNER JOIN staging.answered_row AS holder ON entry.first_holder_no = holder.row_no
WHERE entry.outcome = 'REPEAT'
UNION ALL
SELECT
    'id-conflict' AS code,
    entry.row_no,
    'the id ' || entry.row_id || ' was given before, as ' || holder.row_key AS detail
FROM temp.touched_entry AS entry
INNER JOIN staging.answered_row AS holder ON entry.first_holder_no = holder.row_no
WHERE entry.is_conflict
UNION ALL
SELECT
    'customer-not-answered' AS code,
    row_no,
    'the response does not name the customer' AS detail
FROM temp.touched_entry
WHERE not_answered
UNION ALL
SELECT
    'outside-every-cycle' AS code,
    outside_cycle.row_no,
    'event ' || instant_text(entry.event_at) || ' lies in no cycle' AS detail
FROM ledger.outside_cycle AS outside_cycle
INNER JOIN temp.touched_entry AS entry USING (row_no)
UNION ALL
SELECT
    'straddle' AS code,
    row_no,
    string_agg(
        limit_name || ': ' || count || ' within one trailing window, ' || number || ' allowed', '; ' ORDER BY limit_name
    ) AS detail
FROM ledger.straddle
SEMI JOIN temp.touched_entry AS entry USING (row_no)
GROUP BY row_no
UNION ALL
SELECT
    'expiry-mismatch' AS code,
    entry.row_no,
    'answered ' || instant_text(entry.reported_expires_at) || ', by the rule '
    || coalesce(instant_text(expiry.expires_at), 'never') AS detail
FROM temp.touched_entry AS entry
INNER JOIN ledger.expiry AS expiry USING (row_no)
WHERE
    entry.outcome = 'ACCEPTED'
    AND CASE
        -- Of NEVER the platform answers a far date (RULEBOOK 8): 2090 or later is no mismatch.
        WHEN expiry.expires_at IS NULL THEN entry.reported_expires_at < 3786912000000000
        ELSE abs(entry.reported_expires_at - expiry.expires_at) > 2000000
    END
