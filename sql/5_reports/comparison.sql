-- One row per fact about the comparison: the earlier report's as-of, settings and software that differ, waivers to look at.
SELECT
    fact,
    name,
    earlier,
    now
FROM flags.comparison
