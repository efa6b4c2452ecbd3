-- One row per request that was also delivered as a half of its own: where that half stands, the smallest place of all.
WITH half AS (
    SELECT
        call.request_key,
        call.logged_at,
        call.endpoint,
        call.badge_id,
        call.request_id,
        call.event_at,
        call.owner_type,
        call.reference_id,
        call.customers,
        call.items,
        call.place,
        source.file_rank,
        call.file_id,
        call.line
    FROM staging.due_call AS call
    SEMI JOIN staging.same_call AS same_record
        ON call.file_id = same_record.file_id AND call.record_no = same_record.record_no
    INNER JOIN staging.source AS source USING (file_id)
    WHERE call.has_request AND NOT call.has_response
),

hosted AS (
    SELECT
        half.file_rank,
        half.file_id,
        half.line,
        host.request_key
    FROM half
    INNER JOIN staging.record AS host
        ON
            half.badge_id IS NOT DISTINCT FROM host.badge_id
            AND half.endpoint = host.endpoint
            AND half.request_id IS NOT DISTINCT FROM host.request_id
            AND half.event_at IS NOT DISTINCT FROM host.event_at
            AND half.owner_type IS NOT DISTINCT FROM host.owner_type
            AND half.reference_id IS NOT DISTINCT FROM host.reference_id
            AND half.customers = host.customers
            AND brought(half.items) IS NOT DISTINCT FROM brought(host.items)
            AND half.place = host.place
    WHERE host.has_request AND (half.request_key = host.request_key OR half.logged_at IS NULL)
    QUALIFY row_number() OVER (
        PARTITION BY half.file_id, half.line
        ORDER BY half.request_key = host.request_key DESC, host.has_response DESC, host.request_key, host.response_key
    ) = 1
)

SELECT
    request_key,
    file_rank,
    file_id,
    line
FROM hosted
QUALIFY row_number() OVER (PARTITION BY request_key ORDER BY file_rank, line) = 1
