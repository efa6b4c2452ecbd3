-- One row per version of a badge: of the definitions with one in-force instant the last, in the order of coming into force.
WITH definition AS (
    SELECT definition.*
    FROM raw.definition AS definition
    ANTI JOIN staging.duplicate AS duplicate
        ON definition.file_id = duplicate.file_id AND definition.record_no = duplicate.record_no
    WHERE NOT definition.refused
),

ruling AS (
    SELECT
        badge_id,
        in_force_from,
        org_id,
        content,
        file_id,
        line,
        json_transform(
            definition,
            '{
                "name": "VARCHAR", "starts_at": "BIGINT", "expires_at": "BIGINT", "active": "BOOLEAN",
                "earn_type": "VARCHAR", "owners": ["VARCHAR"], "invalid": ["VARCHAR"],
                "issued_rule": {"kind": "VARCHAR", "unit": "VARCHAR", "value": "BIGINT", "expires_at": "BIGINT"},
                "earned_rule": {"kind": "VARCHAR", "unit": "VARCHAR", "value": "BIGINT", "expires_at": "BIGINT"},
                "limits": [{
                    "scope": "VARCHAR", "kind": "VARCHAR", "unit": "VARCHAR", "length": "BIGINT",
                    "start_day": "VARCHAR", "number": "BIGINT"
                }]
            }'
        ) AS said
    FROM definition
    QUALIFY row_number() OVER (
        PARTITION BY badge_id, in_force_from
        ORDER BY logged_at DESC NULLS LAST, content DESC, file_id DESC, record_no DESC
    ) = 1
)

SELECT
    badge_id,
    row_number() OVER (PARTITION BY badge_id ORDER BY in_force_from) - 1 AS version_no,
    instant_text(in_force_from) || '~' || left(md5(content), 8) AS version,
    in_force_from,
    -- The earliest version also covers all time before it (RULEBOOK 5).
    CASE
        WHEN row_number() OVER (PARTITION BY badge_id ORDER BY in_force_from) = 1 THEN -9223372036854775807
        ELSE in_force_from
    END AS valid_from,
    org_id,
    said.name AS name,
    said.starts_at AS starts_at,
    said.expires_at AS expires_at,
    said.active AS active,
    said.earn_type AS earn_type,
    coalesce(said.owners, []) AS owners,
    coalesce(said.invalid, []) AS invalid,
    said.issued_rule AS issued_rule,
    said.earned_rule AS earned_rule,
    coalesce(said.limits, []) AS limits,
    file_id,
    line
FROM ruling
