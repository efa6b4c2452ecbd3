-- One row per row of a call that keeps its content, under the number that it has now.
SELECT
    answered_row.* REPLACE (
        ordered_call.call_no + (answered_row.row_no - answered_row.call_no) AS row_no,
        ordered_call.call_no AS call_no,
        ordered_call.version_no AS version_no
    )
FROM staging.answered_row AS answered_row
INNER JOIN temp.ordered_call AS ordered_call ON answered_row.call_no = ordered_call.kept_call_no
