-- One row per badge and limit under which replay decides, badge after badge, of each in text order of the limits' names.
SELECT
    slot_no,
    limit_name::VARCHAR AS limit_name
FROM kernel_ruling_slot
