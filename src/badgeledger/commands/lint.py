"""`badgeledger lint`: what is wrong with badge definitions, in the warehouse or before they go live."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from .. import runs
from ..answers.shown import BAD, CLOSE, QUIET, Answer, Column, Row, form_of, show, styled
from ..calendar import iso_instant
from ..errors import FailOnMet, UsageError
from ..lint.cover import Period
from ..lint.reading import Stated, last_versions, read_file
from ..lint.rules import SEVERITIES, Remark, Severity, refused_update, remarks
from ..settings import Rules, instant_option, load, now_microseconds, with_overrides
from ..text import counted
from ..warehouse import Warehouse

_STYLES = {"error": BAD, "warning": CLOSE, "notice": QUIET}


def lint_definitions(
    files: Sequence[Path],
    warehouse: Path | None,
    pipeline: Path | None,
    *,
    badge: str | None,
    at: str | None,
    overrides: Sequence[str],
    fail_on: Severity | None,
    lock_timeout: float,
    rows: int,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print the remarks on the definitions of the files, else on the last versions of the warehouse.

    Raises FailOnMet after printing, when there is a remark as severe as `fail_on`.
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    moment = now_microseconds() if at is None else instant_option("--at", at)
    file = None if pipeline is None else load(pipeline)
    path = warehouse if warehouse is not None or file is None else file.warehouse
    stated = [one for name in files for one in read_file(name, moment)]
    rules, versions = Rules() if file is None else file.settings.rules, dict[str, Stated]()
    if path is not None:
        with Warehouse.open(path, lock_timeout=lock_timeout, read_only=True) as opened:
            last = runs.last(opened)
            rules = last.rules if file is None and last is not None else rules
            versions = last_versions(opened, moment)
    elif not files:
        raise UsageError(
            where="the command line",
            expected="JSON files with definitions, or --warehouse FILE whose definitions are meant",
            found="neither",
            next_step="Add one of them, such as --warehouse build/ledger.duckdb",
        )
    rules = with_overrides(rules, overrides)
    settings = ", ".join(f"{key}={value}" for key, value in rules.model_dump().items())
    print(f"settings: {settings}", file=sys.stderr)
    asked = stated if files else list(versions.values())
    if badge is not None:
        asked = [one for one in asked if badge in (one.definition.badge_id, one.definition.name)]
        if not asked:
            raise UsageError(
                where=f"--badge {badge}",
                expected="the id or the name of a badge among the definitions",
                found="none of them",
                next_step="Correct it, or leave it out to check all.",
            )
    answer = _answer(asked, versions if files else {}, rules, moment)
    show(answer, form, rows=rows)
    _fail(answer.rows, fail_on)


def _answer(stated: Sequence[Stated], versions: dict[str, Stated], rules: Rules, at: int) -> Answer:
    rows = []
    for one in stated:
        told, before = one.definition, versions.get(one.definition.badge_id)
        found = remarks(told, Period(told, rules))
        if before is not None:
            found = [*refused_update(before.definition, told, at), *found]
        rows += [_row(one, remark) for remark in found]
    columns = (
        Column("source"),
        Column("badge_id"),
        Column("badge_name"),
        Column("severity", "", lambda row: styled(row["severity"], _STYLES[row["severity"]])),
        Column(
            "code",
            "rule",
            lambda row: f"{row['code']}" + (f" ({row['platform_code']})" if row["platform_code"] else ""),
        ),
        Column("platform_code"),
        Column("limit_name"),
        Column("other_limit"),
        Column("message", "what it says", _sentence),
    )
    totals = {severity: sum(row["severity"] == severity for row in rows) for severity in SEVERITIES}
    summary = ", ".join(counted(count, severity) for severity, count in totals.items() if count) or "nothing to remark"
    return Answer(
        title=f"{counted(len(stated), 'definition')}: {summary}",
        columns=columns,
        rows=rows,
        facts={"at": iso_instant(at), "rules": rules.model_dump(), "definitions": len(stated), "totals": totals},
        about=f"at {runs.shown(at)}, zone {rules.zone}",
        section=lambda row: f"{row['badge_name'] or 'without a name'} ({row['badge_id']}), {row['source']}",
        nothing="every limit can bite, and nothing contradicts",
    )


def _row(stated: Stated, remark: Remark) -> Row:
    told = stated.definition
    return {"source": stated.source, "badge_id": told.badge_id, "badge_name": told.name or ""} | vars(remark)


def _sentence(row: Row) -> str:
    return f"{row['limit_name']}: {row['message']}" if row["limit_name"] else row["message"]


def _fail(rows: Sequence[Row], fail_on: Severity | None) -> None:
    if fail_on is None:
        return
    severe = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    found = sum(row["severity"] in severe for row in rows)
    if found:
        sys.stdout.flush()
        raise FailOnMet(
            where=f"--fail-on {fail_on}",
            expected=f"no {' and no '.join(severe)}",
            found=f"{found:,}",
            next_step="Correct the definitions, or let the remarks stand without --fail-on.",
        )
