-- One row per customer in a call: the ledger, with the final outcome of each row (RULEBOOK 3).
SELECT
    answered_row.* EXCLUDE (answered),
    CASE WHEN shared_id.is_repeat THEN 'REPEAT' ELSE answered_row.answered END AS outcome,
    answered_row.answered = 'ASSUMED'
    OR (answered_row.answered = 'ACCEPTED' AND shared_id.is_repeat IS NOT TRUE) AS accepted,
    CASE
        WHEN
            answered_row.answered = 'ACCEPTED'
            AND shared_id.is_repeat IS NOT TRUE
            AND answered_row.row_id IS NOT NULL
            THEN answered_row.row_id
        ELSE coalesce(answered_row.request_id, '') || '/' || answered_row.position
    END AS issuance_id,
    coalesce(shared_id.is_conflict, false) AS is_conflict,
    shared_id.first_row_no AS first_holder_no
FROM staging.answered_row AS answered_row
LEFT JOIN staging.shared_id AS shared_id USING (row_no)
