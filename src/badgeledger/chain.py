"""The chain of manifests that a warehouse recorded: what `verify` asks it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from . import evidence
from .evidence import Difference, Manifest
from .warehouse import Warehouse


@dataclass(frozen=True)
class Record:
    """What a warehouse remembers of its runs: by manifest hash the run's number and `since`, and all inputs given.
    `named` are the manifest hashes of reports that runs were told to compare with, wherever they came from.
    """

    path: Path
    runs: Mapping[str, tuple[int, str | None]]
    inputs: Sequence[Path]
    named: Set[str]


def read_record(path: Path, lock_timeout: float) -> Record:
    """What the warehouse remembers. Raises WarehouseError when it cannot be read."""
    with Warehouse.open(path, lock_timeout=lock_timeout, read_only=True) as opened:
        rows = opened.con.execute("SELECT run_id, manifest_sha256, settings FROM raw.run ORDER BY run_id").fetchall()
    told = [(run_id, sha256, json.loads(settings)) for run_id, sha256, settings in rows]
    runs = {sha256: (run_id, settings.get("since")) for run_id, sha256, settings in told if sha256 is not None}
    given = dict.fromkeys(path for _, _, settings in reversed(told) for path in settings.get("inputs", ()))
    named = {settings["since"] for _, _, settings in told if settings.get("since_folder") is not None}
    return Record(path, runs, [Path(path) for path in given], named)


def anchor(manifest: Manifest, record: Record, found: list[Difference]) -> str:
    """The run that recorded this manifest, and the earlier manifests that it builds on."""
    known = record.runs.get(manifest.sha256)
    if known is None:
        expected = f"a manifest that a run of {record.path} recorded"
        found.append(Difference(evidence.MANIFEST, expected, f"SHA-256 {manifest.sha256}, which none did"))
        return "no"
    earlier: set[str] = set()
    since = manifest.content.since
    while since is not None and since not in earlier:
        if since not in record.runs and since in record.named:
            break
        if since not in record.runs:
            expected = f"manifests that runs of {record.path} recorded"
            found.append(Difference(f"{evidence.MANIFEST}, key since", expected, f"SHA-256 {since}, which none did"))
            break
        earlier.add(since)
        since = record.runs[since][1]
    return f"run {known[0]} of {record.path}, {len(earlier)} earlier in its chain"
