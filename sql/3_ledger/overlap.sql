-- One row per accepted issue that meets the validity of an earlier accepted one: the one that ends last.
SELECT
    row_no,
    earlier_row_no
FROM kernel_overlap
