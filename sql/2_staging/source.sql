-- One row per file that was read: the smallest of the paths under which it was delivered, and its rank among all files.
SELECT
    file.file_id,
    file.sha256,
    file.lines,
    min(delivery.path) AS path,
    row_number() OVER (ORDER BY min(delivery.path), file.sha256) AS file_rank
FROM raw.file AS file
INNER JOIN raw.delivery AS delivery USING (file_id)
GROUP BY file.file_id, file.sha256, file.lines
