-- One row per platform id of a row that is put in order anew.
SELECT DISTINCT row_id
FROM staging.answered_row
INNER JOIN staging.due AS due ON answered_row.badge_id = due.badge_id AND answered_row.row_no >= due.from_no
WHERE answered = 'ACCEPTED' AND row_id IS NOT NULL
