-- One row per reason of a decision, by its number; a row that no rules decide has none.
SELECT
    reason_no,
    reason
FROM (
    VALUES
    (0, NULL),
    (1, 'duplicate-request'),
    (2, 'badge-not-active'),
    (3, 'outside-badge-period'),
    (4, 'overlapping-issue'),
    (5, 'customer-limit'),
    (6, 'badge-limit')
) AS listed (reason_no, reason)
