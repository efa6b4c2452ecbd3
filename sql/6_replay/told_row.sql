-- One row per issuance but imports, processed in the part of time that is shown: what `decisions` shows beside the decision.
SELECT
    row_no,
    processed_at AS processed,
    accepted,
    make_timestamptz(processed_at) AS processed_at,
    coalesce(request_id, '') AS request_id,
    position,
    row_key,
    issuance_id,
    badge_id,
    customer_id,
    outcome AS recorded_outcome,
    code AS recorded_code
FROM ledger.entry
WHERE
    NOT imported
    AND entry.processed_at >= getvariable('shown_from')
    AND entry.processed_at < getvariable('shown_to')
