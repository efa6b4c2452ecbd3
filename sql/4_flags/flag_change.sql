-- One row per breach or finding that is compared: its state, and for a change why and what brought it.
WITH settings_change AS (
    SELECT
        coalesce(bool_or(fact = 'setting'), false) AS settings_differ,
        coalesce(bool_or(fact = 'software'), false) AS software_differs
    FROM temp.comparison
    WHERE fact IN ('setting', 'software')
),

-- Paths of the earlier report of which nothing is known any more.
lost_path AS (
    SELECT path FROM temp.earlier_input
    EXCEPT
    SELECT earlier_input.path
    FROM temp.earlier_input AS earlier_input
    SEMI JOIN staging.source AS source ON earlier_input.sha256 = source.sha256
),

-- The last row before a flag's, of its own subject and of the whole badge, that came since.
nearest AS (
    SELECT
        subject,
        badge_id,
        processed_at,
        max({ 'row_no': row_no, 'cause': cause, 'path': path, 'line': line }) AS brought
    FROM temp.fresh_subject
    GROUP BY subject, badge_id, processed_at
),

nearest_of_badge AS (
    SELECT
        badge_id,
        processed_at,
        brought
    FROM nearest
    WHERE subject = ''
),

first_of_badge AS (
    SELECT
        badge_id,
        min({ 'row_no': row_no, 'cause': cause, 'path': path, 'line': line }) AS brought
    FROM temp.fresh_row
    GROUP BY badge_id
),

first_of_all AS (
    SELECT min({ 'at': processed_at, 'row_key': row_key, 'cause': cause, 'path': path, 'line': line }) AS brought
    FROM temp.fresh_row
),

any_definition AS (
    SELECT min({ 'cause': 'definition', 'path': path, 'line': line }) AS brought FROM temp.fresh_definition
),

any_file AS (
    SELECT min({ 'cause': 'new-data', 'path': path, 'line': 1::BIGINT }) AS brought FROM temp.fresh_file
),

judged AS (
    SELECT
        pair.*,
        CASE
            WHEN of_version(pair.code) THEN 'version'
            WHEN flag_row.row_key IS NOT NULL THEN 'row'
            ELSE 'feed'
        END AS about,
        CASE WHEN pair.kind = 'breach' AND pair.scope = 'BADGE' THEN '' ELSE coalesce(pair.customer_id, '') END
            AS subject,
        flag_row.is_here,
        flag_row.version AS row_version,
        flag_row.earlier_version,
        flag_row.version_path,
        flag_row.version_line,
        -- Only what this report judged can be gone, and only what the earlier one judged can be new to it.
        CASE
            WHEN pair.processed_at > setting.as_of THEN false
            WHEN flag_row.is_here AND flag_row.accepted
                THEN
                    flag_row.version IS NOT NULL
                    AND (pair.kind = 'finding' OR flag_row.counted OR NOT settings_change.settings_differ)
            WHEN flag_row.is_here THEN true
            ELSE pair.source_file IS NULL OR lost_path.path IS NULL
        END AS is_judged,
        CASE
            WHEN pair.kind = 'breach' THEN NOT flag_row.was_here OR flag_row.was_counted
            ELSE NOT flag_row.was_here OR (flag_row.was_accepted AND flag_row.earlier_version IS NOT NULL)
        END AS was_judged,
        settings_change.settings_differ,
        settings_change.software_differs
    FROM temp.flag_pair AS pair
    CROSS JOIN settings_change
    CROSS JOIN ledger.setting AS setting
    LEFT JOIN temp.flag_row AS flag_row ON pair.row_key = flag_row.row_key
    LEFT JOIN lost_path ON pair.source_file = lost_path.path
    WHERE NOT pair.is_settled AND getvariable('earlier_exists')
),

stated AS (
    SELECT
        *,
        CASE
            WHEN stands AND memory IS NULL AND was_judged IS false THEN 'newly-judged'
            WHEN stands AND memory IS NULL THEN 'new'
            WHEN stands AND memory = 'gone' THEN 'reopened'
            WHEN stands THEN 'still-open'
            WHEN memory = 'gone' THEN 'gone-before'
            WHEN is_judged THEN 'gone'
            ELSE 'not-judged'
        END AS state
    FROM judged
),

caused AS (
    SELECT
        stated.*,
        CASE
            WHEN stated.state = 'not-judged' AND NOT (stated.settings_differ AND stated.is_here IS true) THEN NULL
            WHEN stated.state = 'not-judged' THEN { 'cause': 'setting', 'path': NULL, 'line': NULL }
            WHEN own.row_key IS NOT NULL THEN { 'cause': own.cause, 'path': own.path, 'line': own.line }
            WHEN
                stated.about = 'version' AND stated.stands
                AND (fresh_file.file_id IS NOT NULL OR stated.processed_at > getvariable('earlier_as_of'))
                THEN { 'cause': 'definition', 'path': stated.source_file, 'line': stated.source_line }
            WHEN stated.stands AND fresh_file.file_id IS NOT NULL
                THEN {
                    'cause': CASE
                        WHEN stated.processed_at <= getvariable('earlier_as_of') THEN 'late-data' ELSE 'new-data'
                    END,
                    'path': stated.source_file,
                    'line': stated.source_line
                }
            WHEN stated.is_here AND NOT (stated.row_version IS NOT DISTINCT FROM stated.earlier_version)
                THEN { 'cause': 'definition', 'path': stated.version_path, 'line': stated.version_line }
            WHEN stated.settings_differ THEN { 'cause': 'setting', 'path': NULL, 'line': NULL }
            -- That nothing came in has no cause in what came in.
            WHEN stated.code = 'no-input' AND stated.stands THEN NULL
            WHEN stated.about = 'version' AND definition.badge_id IS NOT NULL
                THEN { 'cause': 'definition', 'path': definition.path, 'line': definition.line }
            WHEN of_subject.brought IS NOT NULL
                THEN {
                    'cause': of_subject.brought.cause,
                    'path': of_subject.brought.path,
                    'line': of_subject.brought.line
                }
            WHEN of_badge.brought IS NOT NULL
                THEN { 'cause': of_badge.brought.cause, 'path': of_badge.brought.path, 'line': of_badge.brought.line }
            WHEN definition.badge_id IS NOT NULL
                THEN { 'cause': 'definition', 'path': definition.path, 'line': definition.line }
            WHEN first_of_badge.brought IS NOT NULL
                THEN {
                    'cause': first_of_badge.brought.cause,
                    'path': first_of_badge.brought.path,
                    'line': first_of_badge.brought.line
                }
            WHEN stated.software_differs THEN { 'cause': 'software', 'path': NULL, 'line': NULL }
            WHEN stated.about = 'version' AND any_definition.brought IS NOT NULL THEN any_definition.brought
            WHEN first_of_all.brought IS NOT NULL
                THEN {
                    'cause': first_of_all.brought.cause,
                    'path': first_of_all.brought.path,
                    'line': first_of_all.brought.line
                }
            WHEN any_definition.brought IS NOT NULL THEN any_definition.brought
            ELSE any_file.brought
        END AS brought
    FROM stated
    CROSS JOIN first_of_all
    CROSS JOIN any_definition
    CROSS JOIN any_file
    LEFT JOIN temp.fresh_row AS own ON stated.row_key = own.row_key
    LEFT JOIN temp.fresh_file AS fresh_file ON stated.file_id = fresh_file.file_id
    LEFT JOIN temp.fresh_definition AS definition ON stated.badge_id = definition.badge_id
    LEFT JOIN first_of_badge ON stated.badge_id = first_of_badge.badge_id
    ASOF LEFT JOIN nearest AS of_subject
        ON
            stated.badge_id = of_subject.badge_id
            AND stated.subject = of_subject.subject
            AND stated.processed_at >= of_subject.processed_at
    ASOF LEFT JOIN nearest_of_badge AS of_badge
        ON stated.badge_id = of_badge.badge_id AND stated.processed_at >= of_badge.processed_at
),

-- Nothing is asked about flags that are settled, as nearly all are, nor about those of a first report.
told AS (
    SELECT
        *,
        coalesce(row_version = earlier_version, true) AS same_version
    FROM caused
    UNION ALL BY NAME
    SELECT
        pair.*,
        CASE WHEN pair.stands THEN 'still-open' ELSE 'gone-before' END AS state,
        settings_change.*,
        true AS same_version
    FROM temp.flag_pair AS pair
    CROSS JOIN settings_change
    WHERE pair.is_settled
    UNION ALL BY NAME
    SELECT
        pair.*,
        CASE
            WHEN coalesce(pair.code, '') <> 'no-input'
                THEN { 'cause': 'new-data', 'path': pair.source_file, 'line': pair.source_line }
        END AS brought,
        'new' AS state,
        settings_change.*,
        true AS same_version
    FROM temp.flag_pair AS pair
    CROSS JOIN settings_change
    WHERE NOT getvariable('earlier_exists')
)

SELECT
    kind,
    flag_id,
    state,
    brought.cause AS cause,
    brought.path AS cause_file,
    brought.line AS cause_line,
    NOT settings_differ
    AND NOT software_differs
    AND same_version
    AND NOT coalesce(stands AND memory = 'stood' AND kind = 'breach' AND judged_otherwise, false) AS comparable,
    coalesce(first_seen, (SELECT setting.as_of FROM ledger.setting AS setting)) AS first_seen,
    CASE state
        WHEN 'gone' THEN (SELECT setting.as_of FROM ledger.setting AS setting)
        WHEN 'gone-before' THEN gone_at
    END AS gone_at,
    badge_id,
    limit_name,
    code,
    scope,
    NULL::BIGINT AS cycle_no,
    customer_id,
    processed_at,
    row_key,
    number,
    count_before,
    count,
    source_file,
    source_line
FROM told
