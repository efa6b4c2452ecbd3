-- One row per line of a call that is staged anew: those of the badges that are due.
SELECT
    file_id,
    record_no
FROM staging.named_badge
WHERE badge_id IN (SELECT badge_id FROM staging.due)
UNION
SELECT
    nameless.file_id,
    nameless.record_no
FROM temp.nameless AS nameless
INNER JOIN temp.link AS link USING (link)
WHERE link.badge_id IN (SELECT badge_id FROM staging.due)
