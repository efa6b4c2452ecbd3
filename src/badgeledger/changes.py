"""The restatement ledger: what became of each breach, finding and closed cycle since an earlier report.

The earlier report's own files are the memory, the raw rows say what came since; `sql/4_flags` puts the two together
in `flags.change` and `flags.comparison`. Nothing else is kept between two nights.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from . import calendar
from .reports.tables import TABLES
from .settings import Rules
from .waivers import Waiver
from .warehouse import build, build_view, first_row, has_table, statement

# What is remembered of an earlier report, by its tables; the relations that compare stand on these columns alone.
REMEMBERED = {
    "breaches": (
        *("breach_id", "badge_id", "limit_name", "scope", "customer_id", "processed_at", "row_key", "number", "count"),
        *("version", "source_file", "source_line"),
    ),
    "findings": (
        *("finding_id", "code", "badge_id", "customer_id", "processed_at", "row_key", "detail", "source_file"),
        "source_line",
    ),
    "cycle_counts": (
        *("badge_id", "scope", "cycle_no", "customer_id", "limit_name", "starts_at", "ends_at", "count", "number"),
    ),
    "issuances": (
        *("row_key", "badge_id", "processed_at", "outcome", "code", "counted", "reported_expires_at", "revoked_at"),
    ),
    "changes": TABLES["changes"].columns,
}
VIEWS = ("changes", "comparison")
_STEPS = (
    "fresh_file", "earlier_version", "fresh_definition", "fresh_row", "fresh_subject", "flag", "earlier_flag",
    "flag_pair", "flag_row", "flag_change", "cycle_change",
)  # fmt: skip
_INSTANTS = {
    *("processed_at", "event_at", "starts_at", "ends_at", "window_start", "window_end", "reported_expires_at"),
    *("revoked_at", "first_seen", "gone_at"),
}
_NUMBERS = {
    "number",
    "count",
    "count_before",
    "excess",
    "headroom",
    "cycle_no",
    "position",
    "source_line",
    "cause_line",
}
_FLAGS = {"counted", "breached", "comparable", "waived"}
# Later than every instant, in microseconds.
NEVER = 2**63 - 1
# Rows of these badges are compared from an instant of processing on, all of them where none is known, and what is
# about definitions, dumps and feeds.
_IS_COMPARED = """
CREATE OR REPLACE TEMP MACRO is_compared(flag_code, of_badge, processed) AS (
    NOT getvariable('carries')
    OR coalesce(of_badge, '') = ''
    OR of_version(flag_code)
    OR coalesce(flag_code IN ('cycle-mismatch', 'earn-count-mismatch', 'unpaired-response'), false)
    OR coalesce(
        coalesce(processed, 9223372036854775807)
        >= (SELECT compared.from_at FROM temp.compared_badge AS compared WHERE compared.compared_id = of_badge),
        false
    )
)
"""


@dataclass(frozen=True)
class Earlier:
    """The report to compare with: `as_of` in microseconds, its rule-book settings, the software that made it, its
    inputs as (path, SHA-256), and its tables by name, each a CSV or Parquet file; a table that it had not is missing.

    With `badges` the tables hold only what is compared of these, each from an instant of processing in microseconds on
    (the macro `is_compared`): `flags.change` still tells what became of all else by that report, and nothing of it was
    touched since.
    """

    as_of: int
    rules: Mapping[str, str]
    versions: Mapping[str, str]
    inputs: Sequence[tuple[str, str]]
    tables: Mapping[str, Path]
    badges: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Counts:
    """How many breaches and findings are in each state, and how many counts of closed cycles changed.

    `earlier_as_of` is in microseconds, None for the first report. `new_breaches`, `breaches` and `errors` are those
    that no waiver marks.
    """

    earlier_as_of: int | None
    new: int
    gone: int
    still_open: int
    reopened: int
    newly_judged: int
    not_judged: int
    cycles_changed: int
    waived: int
    new_breaches: int
    breaches: int
    errors: int


def compare(
    con: duckdb.DuckDBPyConnection,
    earlier: Earlier | None,
    *,
    rules: Rules,
    as_of_us: int,
    versions: Mapping[str, str],
    waivers: Sequence[Waiver] = (),
) -> None:
    """Compare the ledger of `con`, accounted for as of an instant, with an earlier report, and make the views
    `report.changes` and `report.comparison`. Without an earlier report everything is new.
    """
    con.execute("SET VARIABLE earlier_exists = $1", [earlier is not None])
    con.execute("SET VARIABLE earlier_as_of = $1::BIGINT", [None if earlier is None else earlier.as_of])
    with _memory(con, earlier):
        _note_waivers(con, waivers, rules, as_of_us)
        _note_differences(con, earlier, rules, as_of_us, versions)
        note_compared(con, None if earlier is None else earlier.badges)
        for relation in _STEPS:
            build(con, "flags", relation, temporary=True)
        if earlier is not None and earlier.badges is not None:
            _carry_on(con)
            con.execute(f"INSERT INTO flags.change BY NAME {statement('4_flags', 'change')}")
        else:
            build(con, "flags", "change")
        _mark_waived(con)
        _judge_waivers(con)
        con.execute("CREATE OR REPLACE TABLE flags.comparison AS SELECT * FROM temp.comparison")
        for relation in (*_STEPS, "comparison", "waiver", "compared_badge"):
            con.execute(f"DROP TABLE temp.{relation}")
        _drop_compared(con)
    for relation in VIEWS:
        build_view(con, "report", relation)


def note_compared(con: duckdb.DuckDBPyConnection, badges: Mapping[str, int] | None) -> None:
    """Set up the macro `is_compared` for a connection, and `temp.compared_entry`: only rows of these badges, processed
    from these instants on, are compared, or all when there are none.
    """
    con.execute("SET VARIABLE carries = $1", [badges is not None])
    known = badges or {}
    con.execute(
        "CREATE OR REPLACE TEMP TABLE compared_badge AS"
        " SELECT unnest($1::VARCHAR[]) AS compared_id, unnest($2::BIGINT[]) AS from_at",
        [list(known), list(known.values())],
    )
    con.execute(_IS_COMPARED)
    _drop_compared(con)
    if badges is None:
        con.execute("CREATE TEMP VIEW compared_entry AS FROM ledger.entry")
    else:
        con.execute(f"SET VARIABLE compared_from = {min(known.values(), default=NEVER):d}")
        build(con, "flags", "compared_entry", temporary=True)


def _drop_compared(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"DROP {'TABLE' if has_table(con, 'temp', 'compared_entry') else 'VIEW'} IF EXISTS temp.compared_entry")


def counts(con: duckdb.DuckDBPyConnection) -> Counts:
    """The figures of the comparison in the views of `con`."""
    row = first_row(
        con,
        """
        WITH waived AS (SELECT flag_id FROM report.changes WHERE waived)
        SELECT
            (SELECT epoch_us(earlier::TIMESTAMPTZ) FROM report.comparison WHERE fact = 'since'),
            count(*) FILTER (state = 'new'),
            count(*) FILTER (state = 'gone'),
            count(*) FILTER (state = 'still-open'),
            count(*) FILTER (state = 'reopened'),
            count(*) FILTER (state = 'newly-judged'),
            count(*) FILTER (state = 'not-judged'),
            count(*) FILTER (state = 'count-changed'),
            count(*) FILTER (waived),
            count(*) FILTER (kind = 'breach' AND state IN ('new', 'reopened', 'newly-judged') AND NOT waived),
            (SELECT count(*) FROM report.breaches WHERE breach_id NOT IN (SELECT flag_id FROM waived)),
            (
                SELECT count(*) FROM report.findings
                WHERE severity = 'error' AND finding_id NOT IN (SELECT flag_id FROM waived)
            )
        FROM report.changes
        """,
    )
    return Counts(*row)


def waiver_warnings(con: duckdb.DuckDBPyConnection) -> list[str]:
    """A sentence for each waiver that has expired, or that meets no flag, in the views of `con`."""
    rows = con.execute(
        "SELECT name, earlier, now FROM report.comparison"
        " WHERE fact = 'waiver' AND earlier <> 'holds' ORDER BY name, earlier, now"
    ).fetchall()
    words = {"expired": "has expired", "unmatched": "meets no flag"}
    return [f"the waiver of {subject} {words[state]}: {terms}" for subject, state, terms in rows]


def source_of(path: Path) -> str:
    """The expression that reads a table's file, whatever its name looks like."""
    quoted = glob.escape(str(path)).replace("'", "''")
    if path.suffix == ".parquet":
        return f"read_parquet('{quoted}', hive_partitioning = false)"
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in TABLES[path.stem].columns)
    return (
        f"read_csv('{quoted}', auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"',"
        f" nullstr = '', hive_partitioning = false, max_line_size = 100000000, columns = {{{columns}}})"
    )


@contextmanager
def _memory(con: duckdb.DuckDBPyConnection, earlier: Earlier | None) -> Iterator[None]:
    """The earlier report as temporary views `earlier_*`, instants in microseconds; empty ones when there is none."""
    inputs = [] if earlier is None else [list(pair) for pair in earlier.inputs]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE earlier_input AS"
        " SELECT pair[1] AS path, pair[2] AS sha256 FROM (SELECT unnest($1::VARCHAR[][]) AS pair)",
        [inputs],
    )
    for name, columns in REMEMBERED.items():
        path = None if earlier is None else earlier.tables.get(name)
        fields = ", ".join(_typed(column) if path else f"NULL::{_kind(column)} AS {column}" for column in columns)
        query = f"SELECT {fields} FROM {source_of(path)}" if path else f"SELECT {fields} WHERE false"
        con.execute(f"CREATE OR REPLACE TEMP VIEW earlier_{name} AS {query}")
    try:
        yield
    finally:
        for name in REMEMBERED:
            con.execute(f"DROP VIEW temp.earlier_{name}")
        con.execute("DROP TABLE temp.earlier_input")


def _kind(column: str) -> str:
    if column in _INSTANTS or column in _NUMBERS:
        return "BIGINT"
    return "BOOLEAN" if column in _FLAGS else "VARCHAR"


def _typed(column: str) -> str:
    if column in _INSTANTS:
        return f'epoch_us("{column}"::TIMESTAMPTZ) AS {column}'
    if column == "badge_id":
        # That of a row without badge is an empty text, which CSV does not tell from none.
        return f"coalesce(\"{column}\", '') AS {column}"
    return f'"{column}"::{_kind(column)} AS {column}'


def _note_waivers(con: duckdb.DuckDBPyConnection, waivers: Sequence[Waiver], rules: Rules, as_of_us: int) -> None:
    """The waivers as `temp.waiver`; each holds through its last local day."""
    today = calendar.zone(rules.zone).day_of(as_of_us)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE waiver (waiver_no BIGINT, subject VARCHAR, flag VARCHAR, badge VARCHAR,"
        " limit_name VARCHAR, customer VARCHAR, terms VARCHAR, holds BOOLEAN)"
    )
    for number, waiver in enumerate(waivers):
        con.execute(
            "INSERT INTO temp.waiver VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                *(number, waiver.subject, waiver.flag, waiver.badge, waiver.limit, waiver.customer),
                f"{waiver.reason} ({waiver.who}, until {waiver.until})",
                today <= calendar.day_number(waiver.until),
            ],
        )


def _note_differences(
    con: duckdb.DuckDBPyConnection, earlier: Earlier | None, rules: Rules, as_of_us: int, versions: Mapping[str, str]
) -> None:
    con.execute("CREATE OR REPLACE TEMP TABLE comparison (fact VARCHAR, name VARCHAR, earlier VARCHAR, now VARCHAR)")
    if earlier is None:
        return
    facts = [("since", "as_of", calendar.iso_instant(earlier.as_of), calendar.iso_instant(as_of_us))]
    for fact, then, now in (
        ("setting", Rules().model_dump() | dict(earlier.rules), rules.model_dump()),
        ("software", dict(earlier.versions), dict(versions)),
    ):
        names = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
        facts += [(fact, name, then.get(name, "none"), now.get(name, "none")) for name in names]
    con.executemany("INSERT INTO temp.comparison VALUES ($1, $2, $3, $4)", [list(fact) for fact in facts])


def _carry_on(con: duckdb.DuckDBPyConnection) -> None:
    """What the compared report told, a night later: all that is not compared anew stands as it stood, or is gone."""
    con.execute("DELETE FROM flags.change WHERE kind = 'cycle' OR is_compared(code, badge_id, processed_at)")
    con.execute(
        """
        UPDATE flags.change SET
            state = CASE WHEN state IN ('gone', 'gone-before') THEN 'gone-before' ELSE 'still-open' END,
            cause = NULL,
            cause_file = NULL,
            cause_line = NULL,
            comparable = true,
            count_before = CASE WHEN state IN ('gone', 'gone-before') THEN count_before ELSE count END
        WHERE
            state NOT IN ('gone-before', 'still-open')
            OR cause IS NOT NULL
            OR NOT comparable
            OR (state = 'still-open' AND count_before IS DISTINCT FROM count)
        """
    )


def _mark_waived(con: duckdb.DuckDBPyConnection) -> None:
    """Mark the flags that stand and that a waiver meets; what was carried on has the marks of another night."""
    waived = statement("4_flags", "waived_flag")
    con.execute("UPDATE flags.change SET waived = false WHERE waived")
    con.execute(f"UPDATE flags.change SET waived = true WHERE (kind, flag_id) IN ({waived})")


def _judge_waivers(con: duckdb.DuckDBPyConnection) -> None:
    """Say of each waiver whether it holds, has expired, or meets no flag that stands."""
    con.execute(
        """
        INSERT INTO temp.comparison
        SELECT
            'waiver' AS fact,
            waiver.subject AS name,
            CASE
                WHEN NOT waiver.holds THEN 'expired'
                WHEN count(change.flag_id) = 0 THEN 'unmatched'
                ELSE 'holds'
            END AS earlier,
            waiver.terms AS now
        FROM temp.waiver AS waiver
        LEFT JOIN flags.change AS change
            ON change.waived AND (
                waiver.flag = change.flag_id
                OR (
                    waiver.badge = change.badge_id
                    AND waiver.limit_name = change.limit_name
                    AND coalesce(waiver.customer = change.customer_id, waiver.customer IS NULL)
                )
            )
        GROUP BY waiver.waiver_no, waiver.subject, waiver.terms, waiver.holds
        """
    )
