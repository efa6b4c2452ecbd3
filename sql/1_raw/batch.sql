-- One row per ingest: the idempotency key of everything that it brought.
CREATE TABLE raw.batch (
    batch_id BIGINT NOT NULL,
    ingested_at TIMESTAMPTZ NOT NULL,
    inputs_given BIGINT NOT NULL
)
