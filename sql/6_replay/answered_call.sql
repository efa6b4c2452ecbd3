-- One row per call: what its answers say for all of its rows, with when what is admitted expires (none for never).
SELECT
    call.call_no,
    call.processed_at,
    call.event_at,
    call.badge_id,
    call.kind,
    call.endpoint,
    call.request_id,
    call.owner_type,
    reference.reference_id,
    answered_expiry.expires_at AS ends_at
FROM staging.call AS call
LEFT JOIN answered_expiry ON call.call_no = answered_expiry.call_no
LEFT JOIN request_reference AS reference ON call.request_key = reference.request_key
