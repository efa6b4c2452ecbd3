-- One row per place of a file, as it was when its bytes were hashed last; instants in nanoseconds, as the file system
-- tells them.
CREATE TABLE raw.sighting (
    file_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    location VARCHAR NOT NULL,
    device UBIGINT NOT NULL,
    inode UBIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    modified_ns BIGINT NOT NULL,
    changed_ns BIGINT NOT NULL
)
