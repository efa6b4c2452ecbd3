-- One row per finding about a version, or about the update that made it (RULEBOOK 9).
WITH known AS (
    SELECT version.*
    FROM staging.version AS version
    INNER JOIN ledger.setting AS setting ON version.in_force_from <= setting.as_of OR version.version_no = 0
),

updated AS (
    SELECT
        known.*,
        before.starts_at AS old_starts_at,
        before.expires_at AS old_expires_at,
        before.version_no AS old_version_no
    FROM known
    INNER JOIN staging.version AS before
        ON known.badge_id = before.badge_id AND known.version_no = before.version_no + 1
),

family AS (
    SELECT
        badge_id,
        version_no,
        scope,
        bool_or(kind = 'FIXED_WINDOW') AS has_window,
        bool_or(kind <> 'FIXED_WINDOW') AS has_other
    FROM staging.version_limit
    WHERE rules
    GROUP BY badge_id, version_no, scope
),

changed AS (
    SELECT
        updated.badge_id,
        updated.version_no,
        now_family.scope,
        now_family.has_window
    FROM updated
    INNER JOIN family AS now_family
        ON updated.badge_id = now_family.badge_id AND updated.version_no = now_family.version_no
    INNER JOIN family AS old_family
        ON
            updated.badge_id = old_family.badge_id
            AND updated.old_version_no = old_family.version_no
            AND now_family.scope = old_family.scope
    WHERE
        updated.old_starts_at <= updated.in_force_from
        AND now_family.has_window <> old_family.has_window
        AND CASE WHEN now_family.has_window THEN old_family.has_other ELSE now_family.has_other END
),

last_known AS (
    SELECT *
    FROM known
    QUALIFY row_number() OVER (PARTITION BY badge_id ORDER BY version_no DESC) = 1
),

invalid AS (
    SELECT
        badge_id,
        version_no,
        unnest(invalid) AS subject,
        generate_subscripts(invalid, 1) AS place
    FROM known
),

window_pair AS (
    SELECT
        badge_id,
        version_no,
        scope
    FROM staging.version_limit
    WHERE kind = 'FIXED_WINDOW'
    GROUP BY badge_id, version_no, scope
    HAVING count(DISTINCT limit_name) > 1
),

raised AS (
    SELECT
        'start-after-end' AS code,
        badge_id,
        version_no,
        'start-after-end' AS subject,
        'starts ' || instant_text(starts_at) || ', ends ' || instant_text(expires_at) AS detail
    FROM known
    WHERE starts_at >= expires_at
    UNION ALL
    SELECT
        'start-changed-when-live' AS code,
        badge_id,
        version_no,
        'start-changed-when-live' AS subject,
        'start moved from ' || instant_text(old_starts_at) || ' to ' || instant_text(starts_at) AS detail
    FROM updated
    WHERE starts_at <> old_starts_at AND old_starts_at <= in_force_from
    UNION ALL
    SELECT
        'expiry-in-past' AS code,
        badge_id,
        version_no,
        'expiry-in-past' AS subject,
        'the new end ' || instant_text(expires_at) || ' lies before the update' AS detail
    FROM updated
    WHERE expires_at <> old_expires_at AND expires_at < in_force_from
    UNION ALL
    SELECT
        'illegal-constraint-change' AS code,
        badge_id,
        version_no,
        scope AS subject,
        CASE WHEN has_window THEN 'to a fixed window' ELSE 'from a fixed window' END
        || ' in scope ' || scope || ' on a live badge' AS detail
    FROM changed
    UNION ALL
    SELECT
        'invalid-constraint' AS code,
        badge_id,
        version_no,
        subject || '/' || (row_number() OVER (PARTITION BY badge_id, version_no, subject ORDER BY place) - 1) AS subject,
        CASE WHEN subject = '' THEN 'a constraint without constraintType' ELSE subject END || ' is no limit or rule'
            AS detail
    FROM invalid
    UNION ALL
    SELECT
        'duplicate-limit' AS code,
        version_limit.badge_id,
        version_limit.version_no,
        version_limit.limit_name AS subject,
        version_limit.limit_name || ' stands ' || version_limit.same_names || ' times; ' || version_limit.number
        || ' rules' AS detail
    FROM staging.version_limit AS version_limit
    INNER JOIN known USING (badge_id, version_no)
    WHERE version_limit.same_names > 1
    QUALIFY
        row_number() OVER (
            PARTITION BY version_limit.badge_id, version_limit.version_no, version_limit.limit_name
            ORDER BY version_limit.number
        ) = 1
    UNION ALL
    SELECT
        'duplicate-limit' AS code,
        window_pair.badge_id,
        window_pair.version_no,
        window_pair.scope || ':FIXED_WINDOW' AS subject,
        'two different fixed windows in scope ' || window_pair.scope || '; the first in text order rules' AS detail
    FROM window_pair
    INNER JOIN known USING (badge_id, version_no)
    UNION ALL
    SELECT
        'duplicate-badge-name' AS code,
        badge_id,
        version_no,
        'duplicate-badge-name' AS subject,
        'several badges of the org are named ' || name AS detail
    FROM last_known
    WHERE name IS NOT NULL
    QUALIFY count(*) OVER (PARTITION BY org_id, name) > 1
)

SELECT
    raised.code,
    raised.badge_id,
    known.in_force_from AS processed_at,
    left(md5(raised.badge_id || '/' || known.version || '/' || raised.subject), 16) AS row_key,
    raised.detail,
    known.file_id,
    known.line
FROM raised
INNER JOIN known USING (badge_id, version_no)
