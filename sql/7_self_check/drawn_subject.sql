-- One row per subject that the self-check may recount, in drawn order: a badge and customer, or a badge (no customer).
WITH setting AS (
    SELECT epoch_us(make_timestamptz(as_of))::VARCHAR AS seed
    FROM ledger.setting
),

-- Of many customers only a share is looked at: enough to draw from, cheap to sort.
customer_subject AS (
    SELECT
        answered.badge_id,
        answered.customer_id,
        count(*) AS row_count
    FROM staging.answered_row AS answered
    CROSS JOIN ledger.setting AS setting
    WHERE
        answered.processed_at <= setting.as_of
        AND hash(answered.badge_id, answered.customer_id, setting.as_of) % 1000000 < getvariable('drawn_share')
    GROUP BY answered.badge_id, answered.customer_id
),

badge_subject AS (
    SELECT
        badge_id,
        '' AS customer_id,
        sum(accepted + assumed + rejected + repeated)::BIGINT AS row_count
    FROM flags.badge_day
    GROUP BY badge_id
),

subject AS (
    SELECT * FROM customer_subject
    UNION ALL
    SELECT * FROM badge_subject
)

SELECT
    subject.badge_id,
    subject.customer_id,
    subject.row_count,
    row_number() OVER (
        ORDER BY
            md5(setting.seed || '/' || subject.badge_id || '/' || subject.customer_id),
            subject.badge_id,
            subject.customer_id
    ) AS subject_no
FROM subject
CROSS JOIN setting
QUALIFY subject_no <= getvariable('most_subjects')
