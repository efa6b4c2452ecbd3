-- One row per combination of settings: how many breaches and findings the audit has under it.
WITH counted AS (
    SELECT
        combination,
        count(*) FILTER (kind = 'breach') AS breaches,
        count(*) FILTER (kind = 'finding') AS findings
    FROM grid_seen
    GROUP BY combination
)

SELECT
    grid_input.combination,
    grid_input.rolling_clock::VARCHAR AS rolling_clock,
    grid_input.rolling_edge::VARCHAR AS rolling_edge,
    grid_input.month::VARCHAR AS month,
    grid_input.counted::VARCHAR AS counted,
    grid_input.revoked::VARCHAR AS revoked,
    grid_input.imported::VARCHAR AS imported,
    grid_input.in_force,
    coalesce(counted.breaches, 0) AS breaches,
    coalesce(counted.findings, 0) AS findings
FROM grid_input
LEFT JOIN counted USING (combination)
