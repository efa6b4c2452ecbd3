-- One row per request, or response without request, of a line that is staged anew: the key of the call that it makes.
SELECT DISTINCT CASE WHEN has_request THEN request_key ELSE response_key END AS request_key
FROM staging.due_call
