-- One row per counted issuance whose event no cycle holds, though its version has a fixed window.
SELECT DISTINCT row_no
FROM kernel_outside_cycle
