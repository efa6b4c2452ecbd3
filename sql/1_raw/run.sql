-- One row per run of a pipeline: open until its report is published.
CREATE TABLE raw.run (
    run_id BIGINT NOT NULL,
    batch_id BIGINT,
    pipeline VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    known_at TIMESTAMPTZ,
    settings VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    folder VARCHAR,
    manifest_sha256 VARCHAR
)
