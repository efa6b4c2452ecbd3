-- One row per line that holds a badge definition, in the rule book's words. Instants are microseconds.
CREATE TABLE raw.definition (
    file_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    record_no BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    badge_id VARCHAR NOT NULL,
    in_force_from BIGINT NOT NULL,
    logged_at BIGINT,
    org_id VARCHAR,
    refused BOOLEAN NOT NULL,
    content VARCHAR NOT NULL,
    definition VARCHAR NOT NULL,
    definition_key VARCHAR NOT NULL
)
