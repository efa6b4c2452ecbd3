-- One row per accepted row with a platform id that stands, or stood, in a row that is put in order anew.
SELECT
    row_no,
    call_no,
    row_id,
    badge_id,
    customer_id,
    kind
FROM staging.answered_row
WHERE answered = 'ACCEPTED' AND row_id IN (SELECT row_id FROM temp.moved_id)
