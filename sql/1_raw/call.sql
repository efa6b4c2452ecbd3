-- One row per line that holds a request, a response, or both, of issueBulk, earn, earnBulk or an import, an event, or a flat row.
-- Instants are microseconds. Only imports have items, one for each of their rows; only flat rows have a place.
CREATE TABLE raw.call (
    file_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    record_no BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    endpoint VARCHAR,
    logged_at BIGINT,
    has_request BOOLEAN NOT NULL,
    badge_id VARCHAR,
    request_id VARCHAR,
    event_at BIGINT,
    owner_type VARCHAR,
    reference_id VARCHAR,
    customers VARCHAR[],
    has_response BOOLEAN NOT NULL,
    answer_badge_id VARCHAR,
    answer_request_id VARCHAR,
    expires_at BIGINT,
    failed BOOLEAN,
    code VARCHAR,
    answers STRUCT(customer_id VARCHAR, row_id VARCHAR, refused BOOLEAN, code VARCHAR)[],
    raw VARCHAR,
    request_key UUID,
    response_key UUID,
    items STRUCT(
        customer_id VARCHAR,
        badge_id VARCHAR,
        event_at BIGINT,
        expires_at BIGINT,
        row_id VARCHAR,
        reported_expires_at BIGINT
    )[],
    place BIGINT NOT NULL
)
