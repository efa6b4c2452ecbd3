"""`manifest.json`: what a report folder was made of and what it holds, without any reading of the clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from .. import __version__, calendar
from .context import ReportContext

NAME = "manifest.json"
PAGE = "report.html"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Input:
    """A file that the report knows, with the reconciliation of its lines.

    `bytes` is its size as it was read: a log may have grown since. `zone` is that of its times without offset, if its
    feed declares one.
    """

    path: str
    sha256: str
    bytes: int
    zone: str | None
    lines: int
    accepted: int
    duplicate: int
    quarantined: int


@dataclass(frozen=True)
class Output:
    """A file of the report; `rows` is None where it is not a table, `of` how many rows the table has in the warehouse
    where the report holds open ones alone.
    """

    name: str
    rows: int | None
    sha256: str
    of: int | None = None


def versions() -> dict[str, str]:
    """The versions that can change a byte of a report."""
    return {"badgeledger": __version__, **{name: _version(name) for name in ("duckdb", "polars", "tzdata")}}


# Each is a file of some package that is looked for anew.
_version = cache(version)


def known_inputs(con: duckdb.DuckDBPyConnection) -> list[Input]:
    """Every input that the report views of `con` know, in order of path."""
    rows = con.execute(
        "select path, sha256, bytes, zone, known.lines, accepted, duplicate, quarantined"
        " from report.input_file as known inner join raw.file using (sha256) order by path, sha256"
    ).fetchall()
    return [Input(*row) for row in rows]


def manifest_content(
    context: ReportContext,
    settings: Mapping[str, Any],
    comparison: Mapping[str, str | bool | None],
    *,
    inputs: Sequence[Input],
    outputs: Sequence[Output],
) -> dict[str, Any]:
    """What the manifest of a report says. `settings` are those of the run beside the rules: rows, formats, waivers.

    `known_at` repeats the inputs as one digest, so that two reports can be compared at a glance. Of `comparison`,
    `since` is the manifest hash of the report that `changes` compares with, `since_rebuilt` says that its tables were
    made again by other software than published them, and `no_input` that inputs were given and told nothing new.
    `pseudonyms`, the fingerprint of their key, stands there only when customers have some.
    """
    return {
        "name": context.name,
        "versions": dict(context.versions),
        "settings": {"rules": dict(context.rules), **settings},
        "as_of": calendar.iso_instant(context.as_of_us),
        "known_at": {"inputs": len(inputs), "sha256": context.known_digest},
        **comparison,
        "open_from": None if context.open_from is None else calendar.iso_instant(context.open_from),
        "self_check": None if context.self_check is None else dict(context.self_check),
        **({} if context.pseudonyms is None else {"pseudonyms": context.pseudonyms}),
        "inputs": [asdict(entry) for entry in inputs],
        "outputs": {entry.name: _promise(entry) for entry in outputs},
    }


def manifest_text(content: Mapping[str, Any]) -> str:
    """The text of `manifest.json`."""
    return json.dumps(content, indent=2) + "\n"


def printed_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 in hex by which a printed page names its manifest (CONTRACT, Report folder).

    It leaves out the entry of the page itself, whose own hash cannot stand on it: all else is hashed as JSON with
    sorted keys, no white space and nothing but ASCII.
    """
    outputs = {name: promise for name, promise in content["outputs"].items() if name != PAGE}
    text = json.dumps({**content, "outputs": outputs}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _promise(output: Output) -> dict[str, Any]:
    of = {} if output.of is None else {"of": output.of}
    return {"rows": output.rows, **of, "sha256": output.sha256}


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def holds(folder: Path, text: str) -> bool:
    """True when the folder is complete, its manifest is this text, and its files are the ones that it names."""
    try:
        if (folder / NAME).read_bytes() != text.encode():
            return False
        outputs = json.loads(text)["outputs"]
        if {entry.name for entry in folder.iterdir()} != {*outputs, NAME}:
            return False
        return all(file_sha256(folder / name) == facts["sha256"] for name, facts in outputs.items())
    except OSError:
        return False
