-- One row per refused line, with the first 4,096 bytes of its text.
CREATE TABLE raw.quarantine (
    file_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    record_no BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    raw VARCHAR NOT NULL
)
