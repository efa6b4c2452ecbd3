"""The order of steps: ingest, account, check, report, verify, replay; what a run commits, and when (FAULTS 2, Commit).

The first transaction brings everything in, accounts for it, checks it, and writes the run down as open. Then the report
is published. The second transaction says so. A run that was killed in between is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import calendar, changes, earlier, runs
from .errors import FailOnMet, TooManyQuarantined
from .faults import Point, reached
from .keys import Key, key_of_record, key_record, run_key_record
from .settings import PipelineFile, Rules, VerifySection, now_microseconds, report_folder, resolve_as_of
from .views import compare, report_views, totals_of
from .waivers import recorded
from .warehouse import Warehouse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from .accounting import Cost
    from .changes import Counts
    from .ingest import FileResult, Input
    from .replay import ReplayResult
    from .reports.publish import Published
    from .self_check import SelfCheck
    from .verify import Verdict

__all__ = ["Rules", "RunResult", "fail_on", "finish_open_runs", "ingest_files", "make_report", "run"]

Progress = Callable[..., None]
LOCK_TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True)
class RunResult:
    """What a run did: `files` are those that it was given, `totals` counts what its report shows. `as_of` is in
    microseconds. `verdict` is what the step `verify` found. `no_input`: inputs were given and brought nothing new.
    `self_check` is what came of the recount of a sample; None when there was none. `replayed` is what the step `replay`
    decided. `cost` is what accounting touched, when that was asked for. `changes` counts what became of the flags of
    the report before, `warnings` are for people.
    """

    pipeline: str
    as_of: int
    rules: Rules
    files: Sequence[FileResult]
    totals: Mapping[str, int]
    published: Published | None
    warehouse: Path
    verdict: Verdict | None = None
    no_input: bool = False
    self_check: SelfCheck | None = None
    replayed: ReplayResult | None = None
    cost: Cost | None = None
    changes: Counts | None = None
    warnings: Sequence[str] = ()


def run(
    file: PipelineFile,
    *,
    inputs: Sequence[str] = (),
    warehouse: Path | None = None,
    out: Path | None = None,
    as_of: str | None = None,
    since: Path | None = None,
    pseudonymize: Path | None = None,
    full: bool = False,
    explain_cost: bool = False,
    lock_timeout: float = LOCK_TIMEOUT_SECONDS,
    progress: Progress = lambda *_: None,
) -> RunResult:
    """Run the steps of a pipeline file. `inputs`, `warehouse`, `out` and `as_of` replace what the file says; `since` is
    the folder of the report to compare with, else it is the last published one; `pseudonymize` that of the key of
    pseudonyms. `full` accounts for every badge anew, changed or not. `explain_cost` fills the result's `cost`.

    Raises the errors of :mod:`badgeledger.errors`.
    """
    from .reports.folder import prepare

    settings, steps = file.settings, file.settings.pipeline.steps
    key = run_key_record(file, pseudonymize)
    at = resolve_as_of(as_of or settings.pipeline.as_of, settings.rules.zone, now_microseconds())
    path, target = warehouse or file.warehouse, _folder(file, at, out)
    named = None if since is None else earlier.named(since)
    files: Sequence[FileResult] = ()
    totals: Mapping[str, int] = {}
    warnings: list[str] = []
    this = published = checked = cost = changed = None
    with Warehouse.open(path, lock_timeout=lock_timeout) as opened:
        warnings += finish_open_runs(opened, progress)
        if "report" in steps:
            # A place that cannot be written to is found before anything is committed.
            prepare(target, path)
        with opened.transaction():
            if "ingest" in steps:
                most = settings.pipeline.max_quarantined
                files = _ingest(opened, given_inputs(file, inputs), file.base, most, progress, full=full)
            if "account" in steps:
                compared = runs.compare(opened, at)
                cost = _account(opened, settings.rules, at, compared.no_input, full, explain_cost, progress)
                remembered = _remembered(file) | key | compared.recorded(named)
                progress("account: comparing with the report before")
                with earlier.remembered(opened, remembered, carry=True, progress=progress) as found:
                    remembered = compare(opened.con, found, at, remembered)
                warnings += found.warnings
            if "check" in steps:
                _check(opened, progress)
            given = [str(file.base / entry.path) for entry in given_inputs(file, inputs)]
            if "account" in steps and "check" in steps:
                size = settings.check.self_check
                from .self_check import recount_sample

                checked = recount_sample(opened, opened.con, settings.rules, at, size, given, progress)
            if "account" in steps:
                this = runs.record(
                    opened,
                    pipeline=settings.pipeline.name,
                    as_of=at,
                    known_at=now_microseconds(),
                    settings=remembered
                    | {"inputs": given, "self_check": checked and asdict(checked)}
                    | {"open_from": compared.open_from(opened.con, remembered, settings.rules, at)},
                    folder=target if "report" in steps else None,
                )
                totals, changed = totals_of(opened.con), changes.counts(opened.con)
                warnings += changes.waiver_warnings(opened.con)
            reached(Point.RUN_RECORDED)
        if this is not None and this.folder is not None:
            published = _publish_run(opened, opened.con, this, progress)
    verdict = None
    if published is not None and "verify" in steps:
        # The warehouse is free again: the proof asks it as anybody else would.
        verdict = _verify(published.folder, path, settings.verify, key_of_record(key), lock_timeout, progress)
    replayed = None
    if "replay" in steps:
        from .replay import replay_step

        beside = target.with_name(target.name + "-replay") if out is None or "report" in steps else target
        replayed = replay_step(file, path, at, beside, lock_timeout, progress)
    return RunResult(
        pipeline=settings.pipeline.name,
        as_of=at,
        rules=settings.rules,
        files=files,
        totals=totals,
        published=published,
        warehouse=path,
        verdict=verdict,
        no_input=this is not None and bool(this.settings["no_input"]),
        self_check=checked,
        replayed=replayed,
        cost=cost,
        changes=changed,
        warnings=warnings,
    )


def ingest_files(
    warehouse: Path,
    paths: Sequence[str],
    *,
    zone: str | None = None,
    retry: bool = False,
    lock_timeout: float = LOCK_TIMEOUT_SECONDS,
    progress: Progress = lambda *_: None,
) -> Sequence[FileResult]:
    """Bring files into the warehouse and nothing else; all of them or none. `retry` takes known files anew of which
    fewer lines are refused now.
    """
    from .ingest import Input

    with Warehouse.open(warehouse, lock_timeout=lock_timeout) as opened, opened.transaction():
        inputs = [Input(path=path, zone=zone) for path in paths]
        return _ingest(opened, inputs, Path.cwd(), 1.0, progress, retry=retry)


def make_report(
    warehouse: Path,
    *,
    file: PipelineFile | None = None,
    overrides: Callable[[Rules], Rules] = lambda rules: rules,
    as_of: str | None = None,
    known_at: int | None = None,
    out: Path | None = None,
    pseudonymize: Path | None = None,
    lock_timeout: float = LOCK_TIMEOUT_SECONDS,
    progress: Progress = lambda *_: None,
) -> RunResult:
    """Publish the report of what the warehouse holds, with the settings of `file`, else of the last run.

    `as_of` defaults to that of the last run, `known_at` (microseconds) to everything known. The ledger in place is
    used when it is the one that is asked for; any other is computed aside. Customers have the pseudonyms that
    the key of `pseudonymize` gives them, else those of the settings. Raises UsageError when there was no run.
    """
    with Warehouse.open(warehouse, lock_timeout=lock_timeout) as opened:
        last = runs.last(opened) if file is not None and as_of is not None else runs.require_last(opened)
        remembered = _remembered(file) if file is not None else dict(last.settings if last else {})
        rules = overrides(Rules(**remembered["rules"]))
        remembered["rules"] = rules.model_dump()
        remembered |= key_record(file, pseudonymize, remembered)
        at = last.as_of if as_of is None and last else resolve_as_of(as_of or "now", rules.zone, now_microseconds())
        name = file.settings.pipeline.name if file is not None else last.pipeline if last else ""
        target = out or Path(report_folder(remembered["reports"], at, rules.zone, name))
        compared = runs.compare(opened, at, known_at)
        remembered |= compared.recorded()
        with report_views(opened, at, known_at, remembered, progress) as (con, remembered, warnings):
            from .self_check import recount_sample

            checked = recount_sample(opened, con, rules, at, remembered.get("self_check_size", 0), (), progress)
            remembered["self_check"] = checked and asdict(checked)
            remembered["open_from"] = compared.open_from(con, remembered, rules, at)
            return RunResult(
                pipeline=name,
                as_of=at,
                rules=rules,
                files=(),
                totals=totals_of(con),
                published=_publish(opened, con, target, name, at, remembered, progress),
                warehouse=warehouse,
                self_check=checked,
                changes=changes.counts(con),
                warnings=[*warnings, *changes.waiver_warnings(con)],
            )


def finish_open_runs(warehouse: Warehouse, progress: Progress = lambda *_: None) -> list[str]:
    """Publish what earlier runs committed and could not publish before they were stopped; what people should know."""
    told: list[str] = []
    for run in runs.unfinished(warehouse):
        with report_views(warehouse, run.as_of, run.known_at, run.settings, progress) as (con, settings, warnings):
            _publish_run(warehouse, con, replace(run, settings=settings), progress)
            told += warnings
    return told


def _ingest(
    warehouse: Warehouse,
    inputs: Sequence[Input],
    base: Path,
    max_quarantined: float,
    progress: Progress,
    *,
    retry: bool = False,
    full: bool = False,
) -> Sequence[FileResult]:
    from .ingest import ingest

    progress("ingest: looking for new files")

    def told(path: str, read: int) -> None:
        progress(f"ingest: {path}, {read / 1_000_000:,.0f} MB read")

    files = ingest(warehouse, inputs, base, told, retry=retry, full=full)
    fresh = [file for file in files if not file.known]
    lines, refused = sum(file.lines for file in fresh), sum(file.quarantined for file in fresh)
    if refused > max_quarantined * lines:
        worst = max(fresh, key=lambda file: file.quarantined)
        raise TooManyQuarantined(
            where=f"ingest of {len(fresh):,} new files",
            expected=f"at most {max_quarantined:.2%} of the lines in quarantine (max_quarantined)",
            found=f"{refused:,} of {lines:,}, most of them ({worst.quarantined:,}) in {worst.path}",
            next_step="Nothing of this run is kept. See why with badgeledger ingest into another warehouse and its"
            " table report.quarantine, or raise max_quarantined in the pipeline file.",
        )
    return files


def _account(
    warehouse: Warehouse, rules: Rules, as_of: int, no_input: bool, full: bool, explain: bool, progress: Progress
) -> Cost | None:
    from .accounting import account

    progress("account: counting")
    return account(warehouse, rules, as_of, no_input=no_input, full=full, explain=explain)


def _check(warehouse: Warehouse, progress: Progress) -> None:
    from .accounting import check

    progress("check: assertions")
    check(warehouse.con)


def _verify(
    folder: Path, warehouse: Path, settings: VerifySection, key: Key | None, timeout: float, progress: Progress
) -> Verdict:
    from .verify import verify

    asked, secret = settings.model_dump(), None if key is None else key.secret
    return verify(folder, warehouse=warehouse, secret=secret, lock_timeout=timeout, progress=progress, **asked)


def _publish_run(warehouse: Warehouse, con: DuckDBPyConnection, this: runs.Run, progress: Progress) -> Published:
    target = this.folder or Path(report_folder(this.settings["reports"], this.as_of, this.rules.zone, this.pipeline))
    published = _publish(warehouse, con, target, this.pipeline, this.as_of, this.settings, progress)
    with warehouse.transaction():
        runs.mark_published(warehouse, this, published.folder, published.manifest_sha256)
        reached(Point.PUBLISHED)
    reached(Point.PUBLICATION_RECORDED)
    return published


def _publish(
    warehouse: Warehouse,
    con: DuckDBPyConnection,
    target: Path,
    name: str,
    as_of: int,
    settings: Mapping[str, Any],
    progress: Progress,
) -> Published:
    from .replayed import make_replayed
    from .reports.context import ReportContext
    from .reports.manifest import known_inputs, versions
    from .reports.pseudonyms import pseudonymized
    from .reports.publish import publish

    if "html" in settings["formats"]:
        progress("report: deciding again what went over a limit")
        make_replayed(con, Rules(**settings["rules"]), as_of)
    key = key_of_record(settings)
    with pseudonymized(con, key, settings.get("waivers", ())) as waivers:
        context = ReportContext(
            name=name,
            as_of=calendar.moment_of(as_of),
            known_at=tuple((entry.path, entry.sha256) for entry in known_inputs(con)),
            zone=settings["rules"]["zone"],
            rules=settings["rules"],
            versions=versions(),
            self_check=settings.get("self_check"),
            pseudonyms=None if key is None else key.fingerprint,
            open_from=settings.get("open_from"),
        )
        return publish(
            con,
            target,
            context,
            owner=warehouse.path or target,
            formats=settings["formats"],
            rows=settings["rows"],
            since=settings["since"],
            since_rebuilt=bool(settings["since_rebuilt"]),
            waivers=waivers,
            no_input=bool(settings["no_input"]),
            progress=progress,
        )


def given_inputs(file: PipelineFile, replaced: Sequence[str]) -> list[Input]:
    """What a run reads: the inputs of the file, or those that replace them."""
    from .ingest import Input

    if replaced:
        # The zone that the file declares for its feed still holds when only one feed is declared.
        zones = {entry.zone for entry in file.settings.inputs}
        zone = zones.pop() if len(zones) == 1 else None
        return [Input(path=str(Path(path).absolute()), zone=zone) for path in replaced]
    return [Input(path=entry.path, zone=entry.zone) for entry in file.settings.inputs]


def _folder(file: PipelineFile, as_of: int, out: Path | None) -> Path:
    if out is not None:
        return out.absolute()
    section = file.settings.pipeline
    return (file.base / report_folder(section.reports, as_of, file.settings.rules.zone, section.name)).resolve()


def _remembered(file: PipelineFile) -> dict[str, Any]:
    """The settings of a run that later commands use."""
    settings = file.settings
    return {
        "rules": settings.rules.model_dump(),
        "formats": list(settings.reports.formats),
        "rows": settings.reports.rows,
        "reports": str((file.base / settings.pipeline.reports).resolve()),
        "self_check_size": settings.check.self_check if "check" in settings.pipeline.steps else 0,
        "waivers": recorded(file.waivers),
    }


def fail_on(condition: str, result: RunResult) -> None:
    """Raise FailOnMet when the report shows what `condition` names and no waiver marks: `new-breaches` (new, reopened
    or newly judged), `breaches`, or `errors` (findings so severe).
    """
    found = getattr(result.changes, condition.replace("-", "_"), 0)
    if found:
        noun = {"new-breaches": "new breach", "breaches": "breach"}.get(condition, "finding of severity error")
        raise FailOnMet(
            where=f"--fail-on {condition}",
            expected=f"no {noun}",
            found=f"{found:,}",
            next_step=f"The report stands: {result.published.folder if result.published else result.warehouse}",
        )
