"""`badgeledger run` and `badgeledger report`: from settings to a report, and the few lines that a person reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import pipeline as steps
from .. import runs
from ..accounting import Cost
from ..changes import Counts
from ..errors import UsageError
from ..metrics import require_folder, write_metrics
from ..pipeline import RunResult
from ..progress import Progress, progress
from ..settings import instant_option, load, now_microseconds, with_overrides
from ..text import counted, number, plain, shown_path
from .replay import replay_facts, replay_totals
from .status import warehouse_path
from .verify import recount_text, require_pass, verdict_facts

_CONDITIONS = ("new-breaches", "breaches", "errors")


def run_pipeline(
    path: Path,
    *,
    inputs: Sequence[str],
    warehouse: Path | None,
    out: Path | None,
    as_of: str | None,
    since: Path | None,
    pseudonymize: Path | None,
    overrides: Sequence[str],
    full: bool,
    explain_cost: bool,
    fail_on: str | None,
    lock_timeout: float,
    as_json: bool,
    quiet: bool,
    metrics: Path | None,
) -> None:
    """Run a pipeline file and print its summary. Raises FailOnMet after the summary."""
    _require_condition(fail_on)
    if metrics is not None:
        require_folder(metrics)
    file = load(path, overrides)
    if as_of not in {None, "now", "start-of-day"}:
        instant_option("--as-of", str(as_of))
    with progress(quiet=quiet, log=True) as shown:
        result = steps.run(
            file,
            inputs=inputs,
            warehouse=warehouse,
            out=out,
            as_of=as_of,
            full=full,
            explain_cost=explain_cost,
            since=since,
            pseudonymize=pseudonymize,
            lock_timeout=lock_timeout,
            progress=shown,
        )
        for warning in result.warnings:
            shown.warn(warning)
        seconds = shown.seconds
        _tell_self_check(result, shown)
        if result.no_input:
            shown.warn("no-input: inputs were given, and brought no new line")
    if as_json:
        print(json.dumps({"run_id": shown.run_id, **_facts(result), "seconds": seconds}))
    elif not quiet:
        print("\n".join(_summary(result)))
    if result.cost is not None and not (as_json or quiet):
        print("\n".join(_cost(result.cost)))
    if result.verdict is not None:
        require_pass(result.verdict)
    if metrics is not None:
        write_metrics(metrics, result, seconds, now_microseconds())
    if fail_on is not None:
        sys.stdout.flush()
        steps.fail_on(fail_on, result)


def publish_report(
    pipeline: Path | None,
    warehouse: Path | None,
    *,
    as_of: str | None,
    known_at: str | None,
    out: Path | None,
    pseudonymize: Path | None,
    overrides: Sequence[str],
    lock_timeout: float,
    as_json: bool,
) -> None:
    """Publish a report of what the warehouse holds and print its summary."""
    path = warehouse_path(pipeline, warehouse)
    if as_of not in {None, "now", "start-of-day"}:
        instant_option("--as-of", str(as_of))
    known = None if known_at is None else instant_option("--known-at", known_at)
    file = None if pipeline is None else load(pipeline)
    with progress() as shown:
        result = steps.make_report(
            path,
            file=file,
            overrides=lambda rules: with_overrides(rules, overrides),
            as_of=as_of,
            known_at=known,
            out=out,
            pseudonymize=pseudonymize,
            lock_timeout=lock_timeout,
            progress=shown,
        )
        for warning in result.warnings:
            shown.warn(warning)
        _tell_self_check(result, shown)
    rules = ", ".join(f"{key}={value}" for key, value in result.rules.model_dump().items())
    print(f"settings of {pipeline if pipeline is not None else 'the last run'}: {rules}", file=sys.stderr)
    print(json.dumps(_facts(result), indent=2) if as_json else "\n".join(_summary(result)))


def _require_condition(fail_on: str | None) -> None:
    if fail_on is not None and fail_on not in _CONDITIONS:
        raise UsageError(
            where=f"--fail-on {fail_on}",
            expected=", ".join(_CONDITIONS[:-1]) + " or " + _CONDITIONS[-1],
            found=repr(fail_on),
            next_step="Name one of them.",
        )


def _tell_self_check(result: RunResult, shown: Progress) -> None:
    if result.self_check is not None:
        say = shown.warn if result.self_check.missing else shown.tell
        say(f"self-check: {result.self_check.text()}")


def _facts(result: RunResult) -> dict[str, Any]:
    published = result.published
    return {
        "pipeline": result.pipeline,
        "as_of": runs.shown(result.as_of),
        "rules": result.rules.model_dump(),
        "files": [asdict(file) for file in result.files],
        "totals": dict(result.totals),
        "changes": None if result.changes is None else _change_facts(result.changes),
        "report": None
        if published is None
        else {
            "folder": str(published.folder),
            "manifest_sha256": published.manifest_sha256,
            "kept": published.kept,
        },
        "self_check": None if result.self_check is None else asdict(result.self_check),
        "replayed": None if result.replayed is None else replay_facts(result.replayed),
        "verified": None if result.verdict is None else verdict_facts(result.verdict),
        "cost": None if result.cost is None else asdict(result.cost),
        "warehouse": str(result.warehouse),
    }


def _cost(cost: Cost) -> list[str]:
    """What accounting touched, of how much; a full accounting touches everything."""
    return [
        "cost: every badge was counted anew" if cost.full else "cost: what changed was counted anew",
        f"  badges      {number(cost.badges)} of {number(cost.all_badges)}, {number(cost.staged_badges)} staged anew",
        f"  subjects    {number(cost.subjects)} of {number(cost.all_subjects)} (badge and customer)",
        f"  windows     {number(cost.limits)} limits, {number(cost.cycles)} cycles",
        f"  rows read   {number(cost.issuances)} of {counted(cost.all_issuances, 'issuance')},"
        f" {number(cost.lines)} of {counted(cost.all_lines, 'line')} of calls",
    ]


def _summary(result: RunResult) -> list[str]:
    """At most twelve lines: verdict, counts, the path of the report, the next command."""
    totals, published = result.totals, result.published
    lines = []
    if totals:
        breaches = counted(totals["breaches"], "breach", "breaches") if totals["breaches"] else "no breach"
        findings = counted(totals["findings"], "finding")
        lines.append(f"{plain(result.pipeline)}: {breaches}, {findings} ({counted(totals['errors'], 'error')})")
        lines.append(f"  as of       {runs.shown(result.as_of)}, zone {result.rules.zone}")
        lines.append(
            f"  counted     {number(totals['counted'])} of {counted(totals['issuances'], 'issuance')}"
            f" on {counted(totals['badges'], 'badge')}"
        )
    if result.changes is not None:
        lines.append(f"  {change_text(result.changes)}")
    if result.files:
        lines.append(f"  lines       {_reconciliation(result)}")
    if published is not None:
        place = shown_path(published.folder)
        page = published.folder / "report.html"
        lines.append(f"  report      {shown_path(page) if page.exists() else place}{_kept(published.kept)}")
    if result.verdict is not None:
        passed = "PASS" if result.verdict.passed else f"FAIL, {counted(len(result.verdict.differences), 'difference')}"
        lines.append(f"  verified    {passed}: {recount_text(result.verdict)}")
    if result.replayed is not None:
        sums = {name: number(count) for name, count in replay_totals(result.replayed).items()}
        lines.append(f"  replay      {shown_path(result.replayed.page)}{_kept(result.replayed.kept)}")
        lines.append(
            f"  decided     {sums['decisions']} again: {sums['same']} as recorded,"
            f" {sums['newly_admitted']} newly admitted, {sums['newly_rejected']} newly rejected"
        )
    lines.append(f"next: badgeledger status --warehouse {shown_path(result.warehouse)}")
    return lines


def change_text(changes: Counts) -> str:
    """What became of the flags of the report before, in one line."""
    parts = [
        f"{number(changes.new)} new",
        f"{number(changes.gone)} gone",
        f"{number(changes.still_open)} still open",
        f"{number(changes.newly_judged)} newly judged",
        *([f"{number(changes.reopened)} reopened"] if changes.reopened else []),
        *([f"{number(changes.not_judged)} not judged"] if changes.not_judged else []),
        f"{counted(changes.cycles_changed, 'closed cycle')} changed",
        *([f"{number(changes.waived)} waived"] if changes.waived else []),
    ]
    if changes.earlier_as_of is None:
        return f"first report: {number(changes.new)} new" + (f", {parts[-1]}" if changes.waived else "")
    return f"since {runs.shown(changes.earlier_as_of)}: {', '.join(parts)}"


def _change_facts(changes: Counts) -> dict[str, Any]:
    since = changes.earlier_as_of
    return asdict(changes) | {"earlier_as_of": None if since is None else runs.shown(since)}


def _reconciliation(result: RunResult) -> str:
    fresh = [file for file in result.files if not file.known]
    read, accepted, duplicate, quarantined = (
        number(sum(getattr(file, name) for file in fresh)) for name in ("lines", "accepted", "duplicate", "quarantined")
    )
    known = len(result.files) - len(fresh)
    note = f"; {counted(known, 'file')} known from before" if known else ""
    return (
        f"{read} read = {accepted} accepted + {duplicate} duplicate + {quarantined} quarantined"
        f" ({counted(len(fresh), 'file')}{note})"
    )


def _kept(kept: bool) -> str:
    return "  (unchanged)" if kept else ""
