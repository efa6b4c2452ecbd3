-- One row per accepted row of a call whose requestId an earlier call had been accepted with (platform code 809).
WITH later AS (
    SELECT
        call_no,
        first_call_no
    FROM flags.accepted_call
    WHERE call_no > first_call_no
)

SELECT
    'duplicate-request' AS code,
    entry.row_no,
    'requestId ' || entry.request_id || ' was accepted before, at ' || instant_text(first_call.processed_at) AS detail
FROM later
INNER JOIN temp.touched_entry AS entry ON later.call_no = entry.call_no AND entry.outcome = 'ACCEPTED'
INNER JOIN staging.call AS first_call ON later.first_call_no = first_call.call_no
