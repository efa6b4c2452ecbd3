"""The macros that every connection has: how `sql/` reads instants, ids, imports and answers."""

from __future__ import annotations

MACROS = (
    "CREATE OR REPLACE TEMP MACRO instant_text(us) AS strftime(make_timestamp(us), '%Y-%m-%dT%H:%M:%S.%fZ')",
    # The first 8 of 24 hex digits of a platform id are the epoch second of its creation (RULEBOOK 2).
    """
    CREATE OR REPLACE TEMP MACRO id_created_us(id) AS CASE
        WHEN regexp_full_match(id, '[0-9a-fA-F]{24}') THEN ('0x' || left(id, 8))::BIGINT * 1000000
    END
    """,
    # Events and flat rows are rows of no call (page readings).
    """
    CREATE OR REPLACE TEMP MACRO of_call(endpoint) AS
        coalesce(endpoint NOT IN ('flatIssue', 'flatEarn', 'badgeEarned'), true)
    """,
    # Findings about a version, or about the update that made it (RULEBOOK 9).
    """
    CREATE OR REPLACE TEMP MACRO of_version(code) AS coalesce(
        code IN (
            'start-after-end', 'start-changed-when-live', 'expiry-in-past', 'illegal-constraint-change',
            'invalid-constraint', 'duplicate-limit', 'duplicate-badge-name'
        ),
        false
    )
    """,
    # What a request for an import brought, without its answers.
    """
    CREATE OR REPLACE TEMP MACRO brought(items) AS list_transform(
        items, lambda item: {'badge_id': item.badge_id, 'event_at': item.event_at, 'expires_at': item.expires_at}
    )
    """,
    # What two halves of a call have in common, or a half and an exchange that repeats it; none for what has no half.
    """
    CREATE OR REPLACE TEMP MACRO half_link(
        endpoint, has_request, badge_id, request_id, event_at, answer_badge_id, answer_request_id
    ) AS CASE
        WHEN endpoint IS NULL THEN NULL
        WHEN has_request AND request_id IS NULL THEN hash(endpoint, badge_id, event_at)
        WHEN has_request THEN hash(endpoint, badge_id, request_id)
        WHEN answer_request_id IS NOT NULL THEN hash(endpoint, answer_badge_id, answer_request_id)
    END
    """,
    # The clock by which lone responses are put in order (page readings).
    """
    CREATE OR REPLACE TEMP MACRO own_response_clock(logged_at, answers) AS coalesce(
        logged_at,
        list_max(
            list_transform(
                list_filter(answers, lambda answer: NOT answer.refused),
                lambda answer: id_created_us(answer.row_id)
            )
        )
    )
    """,
    # Seconds with at most six decimals, or ISO with an offset: every other spelling is left to the careful reader.
    r"""
    CREATE OR REPLACE TEMP MACRO instant_us(text) AS CASE
        WHEN regexp_full_match(text, '[0-9]{1,10}(\.[0-9]{1,6}0*)?')
            THEN (text::DECIMAL(28, 6) * 1000000)::BIGINT
        WHEN regexp_full_match(
            text,
            '[12][0-9]{3}-[01][0-9]-[0-3][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?'
            || '(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])'
        ) THEN epoch_us(TRY_CAST(text AS TIMESTAMPTZ))
    END
    """,
)
