-- One row per subject drawn and line that tells of it: its calls, whatever shares their requestId, revocations and definitions.
-- The witness looks at all other rows for each row: a subject of very many is left to verify.
WITH small_subject AS (
    SELECT *
    FROM temp.drawn_subject
    WHERE row_count <= getvariable('most_rows')
),

subject_call AS (
    SELECT
        subject.subject_no,
        answered.call_no
    FROM small_subject AS subject
    INNER JOIN staging.answered_row AS answered
        ON subject.badge_id = answered.badge_id AND subject.customer_id = answered.customer_id
    UNION
    SELECT
        subject.subject_no,
        answered.call_no
    FROM small_subject AS subject
    INNER JOIN staging.answered_row AS answered USING (badge_id)
    WHERE subject.customer_id = ''
),

told AS (
    SELECT DISTINCT
        subject_call.subject_no,
        call.endpoint,
        call.request_key,
        call.request_id
    FROM subject_call
    INNER JOIN staging.call AS call USING (call_no)
),

half AS (
    SELECT
        told.subject_no,
        call.rowid AS call_id
    FROM told
    INNER JOIN raw.call AS call ON told.request_key = call.request_key
    UNION
    -- A lone response has its own key as that of its request.
    SELECT
        told.subject_no,
        call.rowid AS call_id
    FROM told
    INNER JOIN raw.call AS call ON told.request_key = call.response_key
    UNION
    SELECT
        told.subject_no,
        call.rowid AS call_id
    FROM told
    INNER JOIN raw.call AS call ON told.request_id = call.request_id AND told.endpoint = call.endpoint
    UNION
    SELECT
        told.subject_no,
        call.rowid AS call_id
    FROM told
    INNER JOIN raw.call AS call ON told.request_id = call.answer_request_id AND told.endpoint = call.endpoint
),

line AS (
    SELECT
        half.subject_no,
        call.file_id,
        call.line,
        greatest(len(call.customers), len(call.answers), 1) AS width
    FROM half
    INNER JOIN raw.call AS call ON half.call_id = call.rowid
    UNION
    SELECT
        subject.subject_no,
        definition.file_id,
        definition.line,
        1 AS width
    FROM small_subject AS subject
    INNER JOIN raw.definition AS definition USING (badge_id)
    UNION
    SELECT
        subject.subject_no,
        revocation.file_id,
        revocation.line,
        1 AS width
    FROM small_subject AS subject
    INNER JOIN raw.revocation AS revocation
        ON subject.badge_id = revocation.badge_id
    -- One that names no customer names an issuance, and may be the subject's.
    WHERE subject.customer_id = '' OR coalesce(revocation.customer_id, subject.customer_id) = subject.customer_id
)

SELECT
    subject_no,
    file_id,
    line,
    max(width) AS width
FROM line
GROUP BY subject_no, file_id, line
QUALIFY count(*) OVER (PARTITION BY subject_no) <= getvariable('most_lines')
