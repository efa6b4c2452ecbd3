-- One row per dump of getFixedWindowDetails and cycle that it prints, as instants; one without scope where it prints none.
CREATE TABLE raw.platform_cycle (
    file_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    record_no BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    badge_id VARCHAR NOT NULL,
    customer_id VARCHAR,
    logged_at BIGINT,
    place BIGINT,
    scope VARCHAR,
    starts_on BIGINT,
    ends_on BIGINT,
    earn_count BIGINT,
    key VARCHAR NOT NULL
)
