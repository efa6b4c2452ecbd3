-- One row per path under which a file was delivered, relative to its input root.
CREATE TABLE raw.delivery (
    file_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    path VARCHAR NOT NULL
)
