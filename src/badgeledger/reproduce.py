"""A report folder made again from its manifest: the inputs that it lists, its as-of and its settings, nothing newer.

The warehouse gives the raw rows of exactly these inputs; counting and publishing happen aside, and the bytes are
compared with those that stand there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
from pydantic import ValidationError

from . import evidence
from .calendar import moment_of
from .errors import ConfigError, DifferenceFound, UsageError, WarehouseError
from .evidence import Difference, Manifest, Row
from .keys import Key, read_key
from .reports.tables import TABLES, Table
from .settings import Rules
from .waivers import of_record
from .warehouse import Warehouse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS = 10_000
_TABLE_SUFFIXES = tuple(f".{kind}" for kind in evidence.TABLE_FORMATS)
_BEYOND = object()


@dataclass(frozen=True)
class Reproduction:
    """What came of it: `files` and `rows` that were made again, and each file that differs, at its first difference.

    `made_with` are versions of the software now that are not those of the manifest: name to (then, now).
    """

    folder: Path
    inputs: int
    files: int
    rows: int
    differences: Sequence[Difference]
    made_with: Mapping[str, tuple[str, str]]


def reproduce(
    folder: Path,
    warehouse: Path,
    *,
    key_file: Path | None = None,
    lock_timeout: float = 600.0,
    progress: Callable[[str], None] = lambda _: None,
) -> Reproduction:
    """Make the report of `folder` again from the warehouse and compare every file. The warehouse stays as it is.
    `key_file` is that of the key under which the report names its customers.

    Raises UsageError when there is no folder or no key for its pseudonyms, ConfigError for another key than theirs,
    DifferenceFound when its manifest cannot be followed, WarehouseError when the warehouse cannot be used or does not
    know the inputs.
    """
    manifest = evidence.read_manifest(folder)
    rules, key = _followed(manifest), _key(manifest, key_file)
    with Warehouse.open(warehouse, lock_timeout=lock_timeout, read_only=True) as opened:
        _require_inputs(opened, manifest, warehouse)
        with _made_again(opened, manifest, rules, key, progress) as again:
            progress("reproduce: comparing")
            differences = list(_differences(opened.con, again, folder))
            names = sorted(path.name for path in again.iterdir())
            made = evidence.read_manifest(again).content
    then = manifest.content.versions
    return Reproduction(
        folder=folder,
        inputs=len(manifest.content.inputs),
        files=len(names),
        rows=sum(output.rows or 0 for output in made.outputs.values()),
        differences=differences,
        made_with={name: (then.get(name, "none"), now) for name, now in made.versions.items() if then.get(name) != now},
    )


def _followed(manifest: Manifest) -> Rules:
    """The rules of the manifest. Raises DifferenceFound when it contradicts itself or asks for what is not there."""
    content = manifest.content
    digest = evidence.digest_of_inputs(content.inputs)
    wanted = (len(content.inputs), digest)
    if (content.known_at.inputs, content.known_at.sha256) != wanted:
        raise _unfollowed(manifest, "known_at", f"{wanted[0]} inputs, {digest}", _known_at(manifest))
    unknown = set(content.settings.formats) - {*evidence.TABLE_FORMATS, "html", "xlsx"}
    if unknown or content.settings.rows not in {"all", "open"}:
        found = f"formats {', '.join(content.settings.formats)}, rows {content.settings.rows}"
        raise _unfollowed(manifest, "settings", "formats and rows that this version writes", found)
    try:
        of_record(content.settings.waivers)
        return Rules(**content.settings.rules)  # type: ignore[arg-type]
    except (ValidationError, ConfigError) as error:
        raise _unfollowed(
            manifest, "settings", "settings of the rule book, and waivers", str(error).splitlines()[0]
        ) from None


def _key(manifest: Manifest, path: Path | None) -> Key | None:
    """The key of the report's pseudonyms, None where it has none. Raises as :func:`reproduce`."""
    fingerprint = manifest.content.pseudonyms
    if fingerprint is None:
        return None
    if path is None:
        raise UsageError(
            where=str(manifest.folder),
            expected=f"--pseudonymize KEYFILE: its customers are pseudonyms under the key {fingerprint}",
            found="none",
            next_step="Name the file of that key.",
        )
    return read_key(path, fingerprint)


def _known_at(manifest: Manifest) -> str:
    known = manifest.content.known_at
    return f"{known.inputs} inputs, {known.sha256}"


def _unfollowed(manifest: Manifest, key: str, expected: str, found: str) -> DifferenceFound:
    return DifferenceFound(
        where=f"{manifest.folder / evidence.MANIFEST}, key {key}",
        expected=expected,
        found=found,
        next_step="The manifest was changed, or another version of badgeledger made it; it cannot be followed.",
    )


def _require_inputs(opened: Warehouse, manifest: Manifest, path: Path) -> None:
    known = {sha256 for (sha256,) in opened.con.execute("SELECT sha256 FROM raw.file").fetchall()}
    missing = [entry for entry in manifest.content.inputs if entry.sha256 not in known]
    if missing:
        raise WarehouseError(
            where=str(path),
            expected=f"the {len(manifest.content.inputs):,} inputs of the report in {manifest.folder}",
            found=f"{len(missing):,} of them unknown, the first {missing[0].path} with SHA-256 {missing[0].sha256}",
            next_step="Name the warehouse that the report was made from with --warehouse.",
        )


@contextmanager
def _made_again(
    opened: Warehouse, manifest: Manifest, rules: Rules, key: Key | None, progress: Callable[[str], None]
) -> Iterator[Path]:
    """The folder of the report as it is made now."""
    from . import earlier, runs
    from .accounting import aside
    from .replayed import make_replayed
    from .reports.context import ReportContext
    from .reports.manifest import known_inputs, versions
    from .reports.pseudonyms import known_pseudonyms, pseudonymized
    from .reports.publish import publish
    from .views import compare

    content = manifest.content
    inputs, waivers = [(entry.path, entry.sha256) for entry in content.inputs], content.settings.waivers
    if key is not None:
        names = known_pseudonyms(opened.con, key)
        inputs, waivers = [(names.restored(path), sha256) for path, sha256 in inputs], names.restored_waivers(waivers)
    this = runs.by_manifest(opened, manifest.sha256)
    since = {"since": content.since, "since_folder": None if this is None else this.settings.get("since_folder")}
    progress("reproduce: counting aside")
    with (
        TemporaryDirectory(prefix="reproduce-", dir=opened.spill) as stage,
        earlier.remembered(opened, since, rebuild=content.since_rebuilt, progress=progress) as before,
        aside(opened, rules, content.as_of_us, inputs=inputs, no_input=content.no_input) as con,
    ):
        if before.lost:
            raise WarehouseError(
                where=str(manifest.folder / evidence.MANIFEST),
                expected=f"the report with manifest {content.since}, which it is compared with",
                found="; ".join(before.warnings),
                next_step="Put that report's folder back to where it was.",
            )
        told = {"rules": rules.model_dump(), "waivers": waivers, "since": content.since}
        compare(con, before, content.as_of_us, told, ("report",))
        if "html" in content.settings.formats:
            make_replayed(con, rules, content.as_of_us)
        with pseudonymized(con, key, waivers) as shown:
            context = ReportContext(
                name=content.name,
                as_of=moment_of(content.as_of_us),
                known_at=tuple((entry.path, entry.sha256) for entry in known_inputs(con)),
                zone=rules.zone,
                rules=rules.model_dump(),
                versions=versions(),
                self_check=content.self_check,
                pseudonyms=content.pseudonyms,
                open_from=content.open_from_us,
            )
            published = publish(
                con,
                Path(stage) / "report",
                context,
                owner=opened.path or Path(stage),
                formats=content.settings.formats,
                rows=content.settings.rows,
                since=content.since,
                since_rebuilt=before.rebuilt,
                waivers=shown,
                no_input=content.no_input,
                progress=progress,
            )
        yield published.folder


def _differences(con: DuckDBPyConnection, expected: Path, found: Path) -> Iterator[Difference]:
    """Each file that differs, tables first and the manifest, which follows from the others, last."""
    wanted, seen = ({path.name for path in folder.iterdir()} for folder in (expected, found))
    for name in sorted(wanted | seen, key=_place):
        if name not in wanted:
            yield Difference(name, "no such file", "one")
        elif not (found / name).is_file():
            yield Difference(name, "a file", "none")
        else:
            difference = evidence.first_byte_difference(name, expected / name, found / name)
            if difference is not None:
                yield _in_words(con, expected / name, found / name) or difference


def _place(name: str) -> tuple[bool, int, str]:
    tables = list(TABLES)
    stem = name.split(".")[0]
    return name == evidence.MANIFEST, tables.index(stem) if stem in TABLES else len(tables), name


def _in_words(con: DuckDBPyConnection, expected: Path, found: Path) -> Difference | None:
    """The difference of two files as a row of a table or a key of the manifest, None where only bytes can tell."""
    name = found.name
    try:
        if name == evidence.MANIFEST:
            return _key_difference(name, "", json.loads(expected.read_bytes()), json.loads(found.read_bytes()))
        if found.suffix in _TABLE_SUFFIXES:
            table = TABLES[found.stem]
            rows = (_rows(con, table, path) for path in (expected, found))
            return evidence.first_row_difference(table, name, *rows)
    except (ValueError, RecursionError, duckdb.Error):
        return None
    return None


def _rows(con: DuckDBPyConnection, table: Table, path: Path) -> Iterator[Row]:
    """The rows of a table. Changed bytes of Parquet are read by DuckDB, which refuses them where Polars would panic."""
    if path.suffix == ".csv":
        yield from islice(evidence.rows_of(path), 1, None)
        return
    cursor = con.cursor()
    source = "read_parquet($1, file_row_number = true)"
    types = {row[0]: row[1] for row in cursor.execute(f"DESCRIBE SELECT * FROM {source}", [str(path)]).fetchall()}
    texts = ", ".join(_text(name, types.get(name, "")) for name in table.columns)
    cursor.execute(f"SELECT {texts} FROM {source} ORDER BY file_row_number", [str(path)])
    while rows := cursor.fetchmany(_ROWS):
        yield from rows


def _text(name: str, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"coalesce(strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), '')"
    return f"coalesce({name}::VARCHAR, '')"


def _key_difference(where: str, key: str, expected: Any, found: Any) -> Difference | None:
    if isinstance(expected, dict) and isinstance(found, dict):
        names: Sequence[Any] = [*expected, *(name for name in found if name not in expected)]
        pairs = ((name, expected.get(name, _BEYOND), found.get(name, _BEYOND)) for name in names)
        path = f"{key}." if key else ""
        return next(filter(None, (_key_difference(where, f"{path}{name}", *pair) for name, *pair in pairs)), None)
    if isinstance(expected, list) and isinstance(found, list):
        longest = max(len(expected), len(found))
        padded = ([*side, *[_BEYOND] * (longest - len(side))] for side in (expected, found))
        places = enumerate(zip(*padded, strict=True))
        return next(filter(None, (_key_difference(where, f"{key}[{place}]", *pair) for place, pair in places)), None)
    if type(expected) is type(found) and expected == found:
        return None
    return Difference(f"{where}, key {key}", _value_text(expected), _value_text(found))


def _value_text(value: Any) -> str:
    return "none" if value is _BEYOND else json.dumps(value)
