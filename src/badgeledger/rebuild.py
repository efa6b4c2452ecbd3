"""A warehouse that cannot be opened, made anew from the raw inputs and from the reports that stand (FAULTS 1, 2).

The inputs give the rows again. The manifests of the published reports tell what was known to which night, so that
past nights keep their inputs, their settings and their chain.
"""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from . import earlier, evidence, runs
from .errors import ConfigError, DifferenceFound
from .evidence import Manifest
from .ingest import FileResult, ingest
from .inputs import Source, find_sources
from .pipeline import LOCK_TIMEOUT_SECONDS, Progress, given_inputs
from .settings import PipelineFile, Rules
from .staging import reconciliation
from .views import compare
from .warehouse import Warehouse, relations

_KEPT = {"batch", "run", "delivery"}


@dataclass(frozen=True)
class Past:
    """A report that stands: its manifest, the settings in it, and when it was published (microseconds, strictly after
    the one before)."""

    manifest: Manifest
    settings: Mapping[str, Any]
    rules: Rules
    published_at: int


@dataclass
class Rebuilt:
    """What came of it. `set_aside` is where the old file is kept, None where there was none; `runs` are those known
    again; `lost` says in words what cannot be told any more.
    """

    warehouse: Path
    set_aside: Path | None = None
    files: Sequence[FileResult] = ()
    runs: list[runs.Run] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def rebuild(
    file: PipelineFile,
    *,
    inputs: Sequence[str] = (),
    warehouse: Path | None = None,
    lock_timeout: float = LOCK_TIMEOUT_SECONDS,
    progress: Progress = lambda *_: None,
) -> Rebuilt:
    """Make the warehouse of a pipeline file anew; `inputs` and `warehouse` replace what the file says.

    The old file stays where it is until the new one is whole. Raises InputError when an input cannot be read, and
    WarehouseError when the old file is held by another process, is of a later version, or is no warehouse.
    """
    given = given_inputs(file, inputs)
    done = Rebuilt(warehouse or file.warehouse)
    with Warehouse.anew(done.warehouse, lock_timeout=lock_timeout) as (opened, done.set_aside):
        progress("rebuild: reports")
        past = _past(_template(file), done.lost)
        with opened.transaction():
            sources = find_sources(given, file.base)
            files = ingest(opened, given, file.base, lambda path, read: progress(f"rebuild: {path}, {read:,} bytes"))
            found = {result.sha256 for result in files}
            parts = _earlier(past, found, sources, done.lost)
            if parts:
                ingest(opened, (), file.base, earlier=parts)
            _date(opened, past, len(given))
            done.runs = _record(opened, past, file, [str(file.base / entry.path) for entry in given])
            _account(opened, done.runs, progress)
            done.files = sorted(reconciliation(opened.con).values(), key=lambda result: (result.path, result.sha256))
    return done


def _template(file: PipelineFile) -> str:
    return str((file.base / file.settings.pipeline.reports).resolve())


def _past(template: str, lost: list[str]) -> list[Past]:
    """The reports that stand where the template puts them, each after the one that it is compared with."""
    pattern = re.sub(r"\{[^{}]*\}", "*", glob.escape(template))
    found: dict[str, Past] = {}
    for path in sorted(glob.glob(f"{pattern}*/{evidence.MANIFEST}")):
        past = _report(Path(path).parent, lost)
        if past is not None:
            found.setdefault(past.manifest.sha256, past)
    known = {sha256: past.manifest.content.since for sha256, past in found.items()}
    ordered = sorted(found.values(), key=lambda past: (_depth(past, known), past.published_at))
    last = 0
    dated = []
    for past in ordered:
        last = max(past.published_at, last + 1)
        dated.append(Past(past.manifest, past.settings, past.rules, last))
    return dated


def _depth(past: Past, since: Mapping[str, str | None]) -> int:
    """How many known reports stand before this one in its chain."""
    earlier: set[str] = set()
    place = past.manifest.content.since
    while place is not None and place in since and place not in earlier:
        earlier.add(place)
        place = since[place]
    return len(earlier)


def _report(folder: Path, lost: list[str]) -> Past | None:
    """A report that is whole, None for any other folder; of a report that is not, `lost` says so."""
    try:
        manifest = evidence.read_manifest(folder)
        settings = json.loads((folder / evidence.MANIFEST).read_bytes())["settings"]
        rules = Rules(**manifest.content.settings.rules)  # type: ignore[arg-type]
    except (DifferenceFound, ConfigError, ValidationError):
        lost.append(f"the run of {folder}: its manifest cannot be followed")
        return None
    for name, output in manifest.content.outputs.items():
        path = folder / name
        if Path(name).name != name or not path.is_file() or evidence.file_sha256(path) != output.sha256:
            lost.append(f"the run of {folder}: {name} is not what its manifest promises")
            return None
    return Past(manifest, settings, rules, (folder / evidence.MANIFEST).stat().st_mtime_ns // 1000)


def _earlier(past: Iterable[Past], found: set[str], sources: Sequence[Source], lost: list[str]) -> list[Source]:
    """Inputs of past reports that have grown since, as they were then; `lost` names those that are gone."""
    places = {source.path: source.location for source in sources}
    parts = []
    for entry in {entry.sha256: entry for one in past for entry in one.manifest.content.inputs}.values():
        if entry.sha256 in found:
            continue
        place = places.get(entry.path)
        if place is None or evidence.file_sha256(place, entry.bytes) != entry.sha256:
            lost.append(f"the input {entry.path} of {entry.bytes:,} bytes with SHA-256 {entry.sha256}")
            continue
        parts.append(Source(place, entry.path, entry.zone, entry.bytes, entry.lines))
    return parts


def _date(opened: Warehouse, past: Sequence[Past], inputs_given: int) -> None:
    """Give each file back to the night that brought it: a batch for each report, and one for what none of them knew."""
    con = opened.con
    told = [
        (entry.sha256, entry.path, night)
        for night, one in enumerate(past, start=1)
        for entry in one.manifest.content.inputs
    ]
    columns = [list(column) for column in zip(*told, strict=True)] or [[], [], []]
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE told AS
        SELECT file_id, path, min(night) AS night
        FROM (
            SELECT
                unnest($1::VARCHAR[]) AS sha256,
                unnest($2::VARCHAR[]) AS path,
                unnest($3::BIGINT[]) AS night
        ) INNER JOIN raw.file USING (sha256)
        GROUP BY ALL
        """,
        columns,
    )
    now = len(past) + 1
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE dated AS SELECT file_id, coalesce(min(night), {now}) AS night"
        " FROM raw.file LEFT JOIN told USING (file_id) GROUP BY file_id"
    )
    for relation in relations("1_raw"):
        if relation not in _KEPT:
            con.execute(
                f"UPDATE raw.{relation} AS row SET batch_id = night FROM dated WHERE row.file_id = dated.file_id"
            )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE delivered AS
        SELECT file_id, coalesce(min(night), {now}) AS batch_id, path
        FROM (
            SELECT file_id, path FROM raw.delivery
            UNION SELECT file_id, path FROM told
        ) LEFT JOIN told USING (file_id, path)
        GROUP BY file_id, path
        """
    )
    con.execute("DELETE FROM raw.delivery")
    con.execute("INSERT INTO raw.delivery BY NAME FROM delivered")
    con.execute("DELETE FROM raw.batch")
    nights = [(night, one.published_at) for night, one in enumerate(past, start=1)]
    for night, published_at in nights:
        con.execute("INSERT INTO raw.batch SELECT $1, make_timestamptz($2), $3", [night, published_at, inputs_given])
    con.execute(
        "INSERT INTO raw.batch SELECT $1, now(), $2 WHERE $1 IN (SELECT batch_id FROM raw.delivery) OR $1 = 1",
        [now, inputs_given],
    )
    for table in ("told", "dated", "delivered"):
        con.execute(f"DROP TABLE temp.{table}")


def _record(opened: Warehouse, past: Sequence[Past], file: PipelineFile, inputs: Sequence[str]) -> list[runs.Run]:
    recorded = []
    for number, one in enumerate(past, start=1):
        content = one.manifest.content
        settings = {**one.settings, "since": content.since, "no_input": content.no_input}
        settings |= {"since_rebuilt": content.since_rebuilt, "versions": content.versions}
        run = runs.Run(
            run_id=number,
            batch_id=number,
            pipeline=content.name,
            as_of=content.as_of_us,
            known_at=one.published_at,
            settings=settings | {"rules": one.rules.model_dump(), "reports": _template(file), "inputs": list(inputs)},
            state=runs.PUBLISHED,
            folder=one.manifest.folder,
            manifest_sha256=one.manifest.sha256,
        )
        runs.restore(opened, run)
        recorded.append(run)
    return recorded


def _account(opened: Warehouse, recorded: Sequence[runs.Run], progress: Progress) -> None:
    """Set up the ledger of the last run, which later commands look for in place."""
    if recorded:
        from .accounting import account, check

        progress("rebuild: counting")
        last = recorded[-1]
        account(opened, last.rules, last.as_of, no_input=bool(last.settings["no_input"]))
        check(opened.con)
        with earlier.remembered(opened, last.settings, progress=progress) as found:
            compare(opened.con, found, last.as_of, last.settings)
