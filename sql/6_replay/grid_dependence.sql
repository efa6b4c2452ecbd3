-- One row per kind and code of flags and settings that they depend on: how many flags do.
SELECT
    kind,
    code,
    depends_on,
    count(*) AS flags
FROM grid_flags
GROUP BY kind, code, depends_on
ORDER BY kind, code, depends_on
