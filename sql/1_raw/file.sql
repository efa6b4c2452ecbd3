-- One row per file that was read, whatever its names; zone is that of its times without offset.
CREATE TABLE raw.file (
    file_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    zone VARCHAR
)
