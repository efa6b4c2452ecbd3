-- One row per version under which replay decides, recorded or other; the earliest covers all time before it (RULEBOOK 5).
SELECT
    badge_id::VARCHAR AS badge_id,
    badge_no,
    version_no,
    valid_from
FROM kernel_ruling_version
