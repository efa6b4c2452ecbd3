-- One row per badge and call, event or flat row that makes rows of it, with the version in force when it was processed.
SELECT * EXCLUDE (join_no, kept_call_no)
FROM temp.ordered_call
