-- One row per printed cycle that disagrees with the recomputed cycles or counts (RULEBOOK 9).
WITH told AS (
    SELECT
        printed_no,
        badge_id,
        scope,
        CASE WHEN scope = 'CUSTOMER' THEN customer_id END AS customer_id,
        logged_at,
        instant,
        earn_count,
        strftime(printed_first_day, '%Y-%m-%d') AS printed_from,
        strftime(printed_first_day, '%Y-%m-%d') || '..' || strftime(printed_last_day, '%Y-%m-%d') AS printed,
        strftime(first_day, '%Y-%m-%d') || '..' || strftime(last_day, '%Y-%m-%d') AS computed,
        starts_at,
        ends_at,
        file_id,
        line
    FROM ledger.printed_cycle
),

asked AS (
    SELECT *
    FROM told
    WHERE computed = printed AND earn_count IS NOT NULL AND (scope = 'BADGE' OR customer_id IS NOT NULL)
),

held AS (
    SELECT asked.printed_no
    FROM asked
    INNER JOIN ledger.entry AS entry
        ON
            asked.badge_id = entry.badge_id
            AND asked.instant >= entry.processed_at
            AND asked.starts_at <= entry.event_at
            AND asked.ends_at > entry.event_at
    WHERE entry.counted AND asked.scope = 'BADGE'
    UNION ALL
    SELECT asked.printed_no
    FROM asked
    INNER JOIN ledger.entry AS entry
        ON
            asked.badge_id = entry.badge_id
            AND asked.customer_id = entry.customer_id
            AND asked.instant >= entry.processed_at
            AND asked.starts_at <= entry.event_at
            AND asked.ends_at > entry.event_at
    WHERE entry.counted
),

counted AS (
    SELECT
        printed_no,
        count(*) AS rows_held
    FROM held
    GROUP BY printed_no
),

raised AS (
    SELECT
        'cycle-mismatch' AS code,
        told.*,
        'printed ' || printed || ', computed ' || coalesce(computed, 'no cycle') AS detail
    FROM told
    WHERE computed IS DISTINCT FROM printed
    UNION ALL
    SELECT
        'earn-count-mismatch' AS code,
        asked.*,
        asked.scope || ' cycle ' || asked.printed || ': printed ' || asked.earn_count
        || ', counted ' || coalesce(counted.rows_held, 0) AS detail
    FROM asked
    LEFT JOIN counted USING (printed_no)
    WHERE asked.earn_count <> coalesce(counted.rows_held, 0)
),

keyed AS (
    SELECT
        *,
        left(
            md5(concat_ws('/', badge_id, scope, printed_from, coalesce(customer_id, ''), coalesce(logged_at::VARCHAR, ''))),
            16
        ) AS row_key
    FROM raised
)

SELECT
    code,
    badge_id,
    logged_at AS processed_at,
    row_key,
    customer_id,
    detail,
    file_id,
    line
FROM keyed
QUALIFY row_number() OVER (PARTITION BY code, row_key ORDER BY printed_no) = 1
