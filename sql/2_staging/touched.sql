-- One row per badge that is accounted for anew: from the number of its earliest row that may be judged otherwise on; from
-- behind its last where only a window slides. Its rows were put in order anew, or are not the same at another as-of.
WITH revocation AS (
    SELECT *
    FROM raw.revocation
    WHERE
        batch_id > getvariable('staged_batch')
        OR (revoked_at > getvariable('accounted_as_of') AND revoked_at <= getvariable('as_of'))
),

moved AS (
    SELECT
        badge_id,
        from_no
    FROM staging.due
    UNION ALL
    -- A row of another badge that has a platform id in common with a row that moved.
    SELECT
        badge_id,
        row_no AS from_no
    FROM staging.answered_row
    SEMI JOIN temp.shared_otherwise USING (row_no)
    UNION ALL
    SELECT
        badge_id,
        row_no AS from_no
    FROM staging.answered_row
    WHERE processed_at > getvariable('accounted_as_of') AND processed_at <= getvariable('as_of')
    UNION ALL
    SELECT
        badge_id,
        row_no AS from_no
    FROM staging.answered_row
    SEMI JOIN revocation USING (badge_id, row_id)
    UNION ALL
    SELECT
        badge_id,
        row_no AS from_no
    FROM staging.answered_row
    SEMI JOIN (
        SELECT * FROM revocation
        WHERE row_id IS NULL
    ) AS of_customer USING (badge_id, customer_id)
    UNION ALL
    SELECT
        badge_id,
        NULL AS from_no
    FROM staging.version
    WHERE in_force_from > getvariable('accounted_as_of') AND in_force_from <= getvariable('as_of')
    UNION ALL
    -- A window slides with as-of, and a cycle ends; what was used in a badge's whole life stays.
    SELECT
        badge_id,
        NULL AS from_no
    FROM ledger.limit_use
    WHERE limit_name NOT LIKE '%:FIXED_VALUE' AND getvariable('accounted_as_of') <> getvariable('as_of')
)

SELECT
    moved.badge_id,
    badge_number.badge_no,
    coalesce(min(moved.from_no), (badge_number.badge_no + 1) << 36) AS from_no
FROM moved
INNER JOIN staging.badge_number AS badge_number USING (badge_id)
GROUP BY moved.badge_id, badge_number.badge_no
