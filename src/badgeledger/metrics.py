"""The numbers of a run as a Prometheus text file, for the textfile collector of a node exporter (CONTRACT, Metrics)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import __version__
from .errors import UsageError
from .pipeline import RunResult
from .warehouse_files import sync

_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Metric:
    """One metric of a run: its name behind `badgeledger_`, what it says, and its values, each with its labels."""

    name: str
    help: str
    values: Iterable[tuple[Mapping[str, str], float]]


def require_folder(path: Path) -> None:
    """Raise UsageError, before anything is done, when the file could not be written."""
    folder = path.absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)) or path.is_dir():
        raise UsageError(
            where=f"--metrics {path}",
            expected="a file in a folder that can be written to",
            found="a folder" if path.is_dir() else "none",
            next_step="Make the folder, or name another; the file appears in it at once and whole.",
        )


def write_metrics(path: Path, result: RunResult, seconds: Mapping[str, float], now: int) -> None:
    """Replace the file by the numbers of a run that succeeded at `now` (microseconds); a reader sees old or new."""
    # The name must not end as the collector's files do, or it would be read half written.
    young = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        young.write_text(metrics_text(result, seconds, now), encoding="utf-8")
        sync(young)
        young.replace(path)
    finally:
        young.unlink(missing_ok=True)


def metrics_text(result: RunResult, seconds: Mapping[str, float], now: int) -> str:
    """The text of the file; `seconds` is the duration of each step."""
    own = {"pipeline": result.pipeline}
    lines = []
    for metric in _metrics(result, seconds, now):
        name = f"badgeledger_{metric.name}"
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels({**own, **labels})} {value:.15g}" for labels, value in metric.values]
    return "\n".join(lines) + "\n"


def _metrics(result: RunResult, seconds: Mapping[str, float], now: int) -> Iterator[Metric]:
    totals, fresh = result.totals, [file for file in result.files if not file.known]
    verdicts = {
        "read": "lines",
        "accepted": "accepted",
        "duplicate": "duplicate",
        "quarantined": "quarantined",
    }
    lines = [({"verdict": word}, sum(getattr(file, name) for file in fresh)) for word, name in verdicts.items()]
    yield Metric("lines", "Lines of the files that this run read, by what became of them.", lines)
    files = [({"state": "new"}, len(fresh)), ({"state": "known"}, len(result.files) - len(fresh))]
    yield Metric("files", "Input files of this run: read now, or known from before.", files)
    if totals:
        yield Metric("issuances", "Issuances in the report.", [({}, totals["issuances"])])
        yield Metric("counted_issuances", "Issuances that limits count.", [({}, totals["counted"])])
        yield Metric("breaches", "Breaches in the report.", [({}, totals["breaches"])])
        severities = [({"severity": name}, totals[f"{name}s"]) for name in ("error", "warning", "notice")]
        yield Metric("findings", "Findings in the report, by severity.", severities)
        yield Metric("quarantined_lines", "Lines in quarantine, of all inputs known.", [({}, totals["quarantined"])])
    steps = [({"step": name}, round(duration, 3)) for name, duration in seconds.items()]
    yield Metric("step_duration_seconds", "How long each step of this run took.", steps)
    yield Metric("as_of_timestamp_seconds", "The instant that the report looks at.", [({}, _seconds(result.as_of))])
    yield Metric("last_success_timestamp_seconds", "When the last run ended well.", [({}, _seconds(now))])
    yield Metric("build_info", "The version that ran.", [({"version": __version__}, 1)])


def _seconds(instant: int) -> float:
    return instant // _MICROSECONDS


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
