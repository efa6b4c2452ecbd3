-- One row per line that revokes and issuance or customer that it names; one with neither where all were refused.
CREATE TABLE raw.revocation (
    file_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    record_no BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    badge_id VARCHAR NOT NULL,
    kind VARCHAR,
    customer_id VARCHAR,
    row_id VARCHAR,
    revoked_at BIGINT NOT NULL,
    key VARCHAR NOT NULL
)
