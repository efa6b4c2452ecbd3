-- One row per line and field whose time was repaired or disagrees with its ISO twin.
CREATE TABLE raw.time_note (
    file_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    record_no BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    code VARCHAR NOT NULL,
    field VARCHAR NOT NULL
)
