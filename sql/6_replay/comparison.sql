-- One row per badge of the stretch at hand, local week (its Monday), reason and limit: decisions under the recorded rules,
-- side A, and under the other ones, side B, what B admits of that reason and rejects for it alone, beside the breaches of
-- the audit; an empty reason stands for what was admitted.
WITH paired AS (
    -- Rows of one instant are many: the day is looked up once for all of them.
    SELECT
        * EXCLUDE (row_no, customer_id),
        count(*) AS decisions
    FROM decided_twice
    WHERE row_no >= getvariable('asked_from') AND row_no < getvariable('asked_to')
    GROUP BY ALL
),

dated AS (
    SELECT
        paired.* EXCLUDE (processed_at),
        date_trunc('week', zone_day.day)::DATE AS week
    FROM paired
    ASOF INNER JOIN ledger.zone_day AS zone_day ON paired.processed_at >= zone_day.starts_at
),

counted AS (
    SELECT
        badge_id,
        week,
        reason_a AS reason,
        limit_a AS limit_name,
        sum(decisions) AS decisions_a,
        0 AS decisions_b,
        coalesce(sum(decisions) FILTER (reason_a <> '' AND reason_b = ''), 0) AS gained,
        0 AS lost,
        0 AS breaches
    FROM dated
    GROUP BY badge_id, week, reason_a, limit_a
    UNION ALL
    SELECT
        badge_id,
        week,
        reason_b,
        limit_b,
        0,
        sum(decisions),
        0,
        coalesce(sum(decisions) FILTER (reason_a = '' AND reason_b <> ''), 0),
        0
    FROM dated
    GROUP BY badge_id, week, reason_b, limit_b
    UNION ALL
    SELECT
        badge_id,
        date_trunc('week', day)::DATE,
        reason,
        limit_name,
        0,
        0,
        0,
        0,
        breaches
    FROM decision_totals
    WHERE
        breaches > 0
        AND badge_id IN (
            SELECT badge_id
            FROM staging.badge_number
            WHERE badge_no << 36 >= getvariable('asked_from') AND badge_no << 36 < getvariable('asked_to')
        )
)

SELECT
    badge_id,
    week,
    reason,
    limit_name,
    sum(decisions_a)::BIGINT AS decisions_a,
    sum(decisions_b)::BIGINT AS decisions_b,
    sum(gained)::BIGINT AS gained,
    sum(lost)::BIGINT AS lost,
    sum(breaches)::BIGINT AS breaches
FROM counted
GROUP BY badge_id, week, reason, limit_name
