-- One row per issuance of a subject that the self-check recounts: its number.
SELECT answered.row_no
FROM staging.answered_row AS answered
SEMI JOIN temp.checked_subject AS subject
    ON answered.badge_id = subject.badge_id AND answered.customer_id = subject.customer_id
UNION
SELECT answered.row_no
FROM staging.answered_row AS answered
SEMI JOIN temp.checked_subject AS subject
    ON answered.badge_id = subject.badge_id AND subject.customer_id = ''
