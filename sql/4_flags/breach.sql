-- One row per counted issuance over a limit, with its evidence (RULEBOOK 7).
SELECT
    over_limit.*,
    entry.row_key || '~' || over_limit.short_code AS breach_id,
    over_limit.count - over_limit.number AS excess,
    entry.processed_at,
    entry.row_key,
    entry.customer_id,
    entry.event_at,
    entry.issuance_id,
    entry.request_id,
    entry.owner_type,
    entry.version_no,
    entry.file_id,
    entry.line
FROM ledger.over_limit AS over_limit
INNER JOIN temp.touched_entry AS entry USING (row_no)
-- Said of both sides, for the flags of all other rows are many.
WHERE over_limit.row_no >= (SELECT min(from_no) FROM staging.touched)
