-- One row per reason of a decision, by its number; what the platform answers for it, or, of limits, our own code.
SELECT
    reason_no,
    reason,
    code,
    message
FROM (
    VALUES
    (0, '', NULL, NULL),
    (1, 'duplicate-request', 809, 'Request with the same requestId is not allowed'),
    (2, 'badge-not-active', 1039, 'The badge is not active'),
    (3, 'outside-badge-period', 816, 'Event date is not in duration of badge meta. Pass the issue event date.'),
    (4, 'overlapping-issue', 1040, 'An active issue for the badge already exists.'),
    (5, 'customer-limit', 9001, 'The limit of the customer is reached'),
    (6, 'badge-limit', 9002, 'The limit of the badge is reached'),
    (7, 'unknown-badge', 1054, 'The badge is not known')
) AS listed (reason_no, reason, code, message)
