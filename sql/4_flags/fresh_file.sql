-- One row per file that the earlier report did not know; none where there is no earlier report.
SELECT
    source.file_id,
    source.path
FROM staging.source AS source
ANTI JOIN temp.earlier_input AS earlier_input ON source.sha256 = earlier_input.sha256
WHERE getvariable('earlier_exists')
