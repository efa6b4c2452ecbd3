-- One row per request that carries one: the referenceId of what triggered it, which is one of its recognised values.
SELECT
    request_key,
    any_value(reference_id) AS reference_id
FROM raw.call
WHERE has_request AND reference_id IS NOT NULL
GROUP BY request_key
