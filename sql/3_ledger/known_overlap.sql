-- One row per refused issue whose refusal the known answers justify.
SELECT
    row_no,
    earlier_row_no
FROM kernel_known_overlap
