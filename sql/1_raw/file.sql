-- One row per file that was read, whatever its names: a file whose SHA-256 is known is not read again.
CREATE TABLE raw.file (
    file_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    lines BIGINT NOT NULL
)
