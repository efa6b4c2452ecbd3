"""A report folder proved without the program that made it: hashes, counts, and a recount from raw lines.

The witness reads the raw inputs and counts by brute force; nothing of ingest, SQL or kernel is used. A warehouse is
asked for one thing alone: which manifests it recorded.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from . import chain, evidence, witness
from .errors import UsageError
from .evidence import Content, Difference, Manifest, Row
from .open_rows import OpenRows
from .raw_inputs import RawInputs
from .reports.tables import TABLES, Table

ALL = "all"
# The words of a finding are the program's own (RULEBOOK 9 fixes what is found, not how it is told).
_FREE = {"findings": frozenset({"detail"})}
_WHOLE_NUMBERS = frozenset(
    "position source_line number count excess cycle_no headroom peak_count versions issuances counted breaches findings"
    " requests accepted assumed rejected repeated expired".split()
)
_COUNTS = ("lines", "accepted", "duplicate", "quarantined")
_NO_INPUT = {"code": "no-input", "row_key": "0" * 16, "finding_id": f"{'0' * 16}~no-input", "severity": "warning"}
# The table that compares two nights, and its states of a flag that stands in the later one.
_CHANGES = "changes"
_STANDING = {"new", "newly-judged", "reopened", "still-open"}
# A flag of which nothing became since; breaches have no code.
_AS_BEFORE = {"code": "", "state": "still-open", "cause": "", "comparable": "true", "waived": "false"}
_SETTINGS = f"{evidence.MANIFEST}, key settings"
Progress = Callable[[str], None]


@dataclass
class Verdict:
    """What was proved, in counts, and what was not: `differences`, empty for PASS.

    `recounted` says how: `all`, a number of sampled rows, or why not. `anchor` names the run that recorded the
    manifest; None when no warehouse was asked. `printed_sha256` is the hash of the manifest on each printed sheet.
    """

    folder: Path
    manifest_sha256: str
    printed_sha256: str
    outputs: int = 0
    rows: int = 0
    inputs: int = 0
    lines: int = 0
    breaches: int = 0
    recounted: str = ""
    anchor: str | None = None
    differences: list[Difference] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Nothing differs."""
        return not self.differences


def verify(
    folder: Path,
    *,
    warehouse: Path | None = None,
    inputs: Sequence[Path] = (),
    sample: int | None = None,
    seed: int = 0,
    secret: bytes | None = None,
    lock_timeout: float = 600.0,
    progress: Progress = lambda _: None,
) -> Verdict:
    """Prove a report folder. `inputs` are files or folders in which the raw inputs stand (default: those that the runs
    of the warehouse were given); `sample` recounts so many breaches and so many other counted rows instead of all.
    `secret` are the bytes of the key under which the report names its customers; without them nothing is recounted.

    Raises UsageError when there is no folder or no place to look for inputs, DifferenceFound when the folder has no
    manifest, WarehouseError when the warehouse cannot be read.
    """
    manifest = evidence.read_manifest(folder)
    missing = [path for path in inputs if not path.exists()]
    if missing:
        raise UsageError(
            where=f"--inputs {missing[0]}",
            expected="a file or folder",
            found="nothing there",
            next_step="Name the place in which the raw inputs stand.",
        )
    record = None if warehouse is None else chain.read_record(warehouse, lock_timeout)
    roots = inputs or (record.inputs if record is not None else ())
    if not roots and manifest.content.inputs:
        raise UsageError(
            where="badgeledger verify",
            expected="--inputs DIR, the place of the raw inputs: no manifest names it",
            found="none",
            next_step="Add it, such as --inputs landing; or --warehouse FILE, which remembers where its inputs were.",
        )
    verdict = Verdict(folder, manifest.sha256, manifest.printed_sha256)
    found = verdict.differences
    found += _contradictions(manifest)
    if record is not None:
        verdict.anchor = chain.anchor(manifest, record, found)
    progress("verify: outputs")
    sound = _outputs(manifest, verdict)
    progress("verify: inputs")
    files = _inputs(manifest.content, RawInputs(roots), verdict)
    if files is None:
        verdict.recounted = "no: an input is missing or changed"
    elif any(fault.where.startswith(_SETTINGS) for fault in found):
        verdict.recounted = "no: the settings are none of the rule book"
    elif not any(name.endswith(evidence.TABLE_FORMATS) for name in manifest.content.outputs):
        verdict.recounted = "no: the folder holds no table as CSV or Parquet"
    elif manifest.content.pseudonyms is not None and secret is None:
        verdict.recounted = (
            "no: customers are pseudonyms; proved are hashes, inputs, rows and their order, no cell. With their key,"
            " --pseudonymize KEYFILE, every table is recounted"
        )
    else:
        progress("verify: recounting")
        if sample is None:
            _recount_all(manifest, files, secret, sound, verdict)
        else:
            _recount_sample(manifest, files, secret, sound, verdict, sample, seed)
    found += _page_faults(manifest)
    return verdict


def _contradictions(manifest: Manifest) -> Iterator[Difference]:
    """Where the manifest does not agree with itself."""
    content, name = manifest.content, evidence.MANIFEST
    if not manifest.canonical:
        yield Difference(name, "JSON as it is published", "other white space, order or spelling")
    known, digest = content.known_at, evidence.digest_of_inputs(content.inputs)
    if (known.inputs, known.sha256) != (len(content.inputs), digest):
        found = f"{known.inputs} inputs, {known.sha256}"
        yield Difference(f"{name}, key known_at", f"{len(content.inputs)} inputs, {digest}", found)
    for entry in content.inputs:
        if entry.lines != entry.accepted + entry.duplicate + entry.quarantined:
            counts = f"{entry.lines} and {entry.accepted} + {entry.duplicate} + {entry.quarantined}"
            yield Difference(f"{name}, input {entry.path}", "lines = accepted + duplicate + quarantined", counts)
    expected = content.expected_outputs()
    if sorted(content.outputs) != sorted(expected):
        odd = sorted(set(content.outputs) ^ set(expected))
        wanted = f"the {len(expected)} files of its formats"
        yield Difference(f"{name}, key outputs", wanted, f"too many or missing: {', '.join(odd)}")
    try:
        witness.check_settings(content.settings.rules, [entry.zone for entry in content.inputs if entry.zone])
    except ValueError as error:
        yield Difference(f"{_SETTINGS}.rules", "settings of the rule book, and zones", str(error))


def _outputs(manifest: Manifest, verdict: Verdict) -> set[str]:
    """Compare the files of the folder with the manifest; returns those that hold the bytes that it promises."""
    outputs, found = manifest.content.outputs, verdict.differences
    sound = set()
    for name in sorted({path.name for path in manifest.folder.iterdir()} - {*outputs, evidence.MANIFEST}):
        found.append(Difference(name, "no such file", "one that the manifest does not name"))
    for name, output in outputs.items():
        path = manifest.folder / name
        if Path(name).name != name or not path.is_file():
            found.append(Difference(name, "a file", "none"))
            continue
        sha256 = evidence.file_sha256(path)
        if sha256 == output.sha256:
            sound.add(name)
        else:
            found.append(Difference(name, f"SHA-256 {output.sha256}", f"SHA-256 {sha256}"))
    for name in [name for name in outputs if name in sound]:
        found += _table_faults(manifest, name, verdict)
    verdict.outputs = len(sound)
    return sound


def _page_faults(manifest: Manifest) -> Iterator[Difference]:
    """Where the page names another manifest than the one beside it."""
    path = manifest.folder / evidence.PAGE
    if evidence.PAGE not in manifest.content.outputs or not path.is_file():
        return
    named = evidence.printed_hashes(path.read_text("utf-8", "replace"))
    if named != {manifest.printed_sha256}:
        expected = f"the hash {manifest.printed_sha256}, as it follows from {evidence.MANIFEST}"
        found = " and ".join(sorted(named)) or "none"
        yield Difference(f"{evidence.PAGE}, the manifest that it names", expected, found)


def _table_faults(manifest: Manifest, name: str, verdict: Verdict) -> Iterator[Difference]:
    """What is wrong with a table beside its cells: header, number of rows, order."""
    table, promised = TABLES.get(name.split(".")[0]), manifest.content.outputs[name].rows
    if table is None or not name.endswith(evidence.TABLE_FORMATS):
        if promised is not None:
            yield Difference(f"{evidence.MANIFEST}, output {name}", "no number of rows", f"{promised:,}")
        return
    count, last = 0, None
    try:
        rows = evidence.rows_of(manifest.folder / name)
        header = next(rows, [])
        if tuple(header) != table.columns:
            yield Difference(f"{name}, header", ", ".join(table.columns), ", ".join(header))
            return
        for count, row in enumerate(rows, start=1):
            key = _order(table, row[: table.key_length])
            if last is not None and key < last:
                yield Difference(f"{name}, row {count:,}", "rows in the order of their key", "one that comes earlier")
                return
            last = key
    except ValueError as error:
        yield Difference(name, "a table", str(error))
        return
    if count != promised:
        yield Difference(name, f"{promised} rows, as the manifest says", f"{count:,}")
    verdict.rows += count


def _inputs(content: Content, raw: RawInputs, verdict: Verdict) -> list[witness.Input] | None:
    """Every input, proved by its hash; None when one is not there as it was."""
    files = []
    for entry in content.inputs:
        read = raw.read(entry)
        if isinstance(read, Difference):
            verdict.differences.append(read)
        else:
            files.append(read)
    verdict.inputs = len(files)
    verdict.lines = sum(entry.lines for entry in content.inputs)
    return files if len(files) == len(content.inputs) else None


def _recount_all(
    manifest: Manifest, files: Sequence[witness.Input], secret: bytes | None, sound: set[str], verdict: Verdict
) -> None:
    """Compare every table, cell by cell, with what the witness makes of the raw lines."""
    content = manifest.content
    told = witness.shown(files, secret, lambda read: witness.audit(read, content.settings.rules, content.as_of_us))
    if content.no_input:
        told["findings"].append(dict.fromkeys(TABLES["findings"].columns, "") | _NO_INPUT)
    standing = {f"breach {row['breach_id']}": {**_AS_BEFORE, **row} for row in told["breaches"]}
    standing |= {f"finding {row['finding_id']}": {**_AS_BEFORE, **row} for row in told["findings"]}
    is_open = OpenRows(content.open_from, told["issuances"], told["limits"])
    for name, table in TABLES.items():
        if name == _CHANGES:
            for output in (f"{name}.{kind}" for kind in evidence.TABLE_FORMATS):
                if output in content.outputs and output in sound:
                    verdict.differences += _change_faults(manifest.folder / output, standing, is_open)
            continue
        shown = (row for row in told[name] if is_open.holds(name, row))
        rows = sorted(([row[column] for column in table.columns] for row in shown), key=_by(table))
        verdict.differences += _total_faults(content, name, len(told[name]))
        for output in (f"{name}.{kind}" for kind in evidence.TABLE_FORMATS):
            # Parquet of other bytes than promised is not read: it has no checksums, and its readers trust it.
            if output in content.outputs and (output in sound or output.endswith(".csv")):
                verdict.differences += _cell_faults(manifest.folder / output, table, rows)
    verdict.differences += _file_faults(content, told["files"])
    verdict.breaches = len(told["breaches"])
    verdict.recounted = ALL


def _change_faults(path: Path, standing: Mapping[str, Mapping[str, str]], is_open: OpenRows) -> Iterator[Difference]:
    """What two nights have to say of each other no single night tells; but which flags stand tonight is recounted, and
    of those that stand as before which are open."""
    columns = TABLES[_CHANGES].columns
    told, closed = set(), set()
    for cells in islice(evidence.rows_of(path), 1, None):
        row = dict(zip_longest(columns, cells[: len(columns)], fillvalue=""))
        flag = f"{row['kind']} {row['flag_id']}"
        if row["state"] in _STANDING:
            told.add(flag)
        if not is_open.holds(_CHANGES, row):
            closed.add(flag)
    for flag in sorted(closed)[:1]:
        yield Difference(f"{path.name}, {flag}", "open rows alone", "a flag of which nothing became")
    expected = {flag for flag, row in standing.items() if is_open.holds(_CHANGES, row)}
    for flag in sorted((expected - told) | (told - standing.keys()))[:1]:
        seen = ("told as standing", "not told as standing")
        yield Difference(f"{path.name}, {flag}", *(seen if flag in standing else seen[::-1]))


def _total_faults(content: Content, name: str, rows: int) -> Iterator[Difference]:
    """Where a manifest of open rows does not say how many rows a table has in all."""
    for output in (f"{name}.{kind}" for kind in evidence.TABLE_FORMATS):
        promise = content.outputs.get(output)
        expected = rows if content.settings.rows == "open" else None
        if promise is not None and promise.of != expected:
            of, found = ("none" if count is None else f"{count:,}" for count in (expected, promise.of))
            yield Difference(f"{evidence.MANIFEST}, output {output}, key of", of, found)


def _cell_faults(path: Path, table: Table, expected: Iterable[Row]) -> Iterator[Difference]:
    try:
        found = islice(evidence.rows_of(path), 1, None)
        fault = evidence.first_row_difference(
            table, path.name, expected, found, free=_FREE.get(table.name, frozenset())
        )
        if fault is not None:
            yield fault
    except FileNotFoundError:
        # It has been told as missing.
        return
    except ValueError as error:
        yield Difference(path.name, "a table", str(error))


def _file_faults(content: Content, told: Sequence[Mapping[str, str]]) -> Iterator[Difference]:
    """The reconciliation of lines; files of one path are taken together, as the witness does."""
    by_path: dict[str, Counter[str]] = {row["path"]: Counter() for row in told}
    for entry in content.inputs:
        by_path.setdefault(entry.path, Counter()).update({name: getattr(entry, name) for name in _COUNTS})
    for row in told:
        for name in _COUNTS:
            if int(row[name]) != by_path[row["path"]][name]:
                found = f"{by_path[row['path']][name]:,}"
                yield Difference(f"{evidence.MANIFEST}, input {row['path']}, {name}", f"{int(row[name]):,}", found)


def _recount_sample(
    manifest: Manifest,
    files: Sequence[witness.Input],
    secret: bytes | None,
    sound: set[str],
    verdict: Verdict,
    size: int,
    seed: int,
) -> None:
    """Recount some breaches, and some counted rows whatever they are: a breach that is not told would show there."""
    outputs = {}
    for name in ("breaches", "issuances"):
        output = next((f"{name}.{kind}" for kind in evidence.TABLE_FORMATS if f"{name}.{kind}" in sound), None)
        if output is None:
            verdict.recounted = f"no: the table {name} is missing or changed"
            return
        outputs[name] = output
    draw = random.Random(seed)
    over = _drawn((row["row_key"] for row in _cells(manifest, outputs["breaches"])), size, draw)
    counted = _cells(manifest, outputs["issuances"])
    others = _drawn((row["row_key"] for row in counted if row["counted"] == "true"), size, draw)
    keys = {*over, *others}
    content = manifest.content
    rules, as_of = content.settings.rules, content.as_of_us
    told = witness.shown(files, secret, lambda read: witness.recount(read, rules, as_of, keys))
    is_open = OpenRows(content.open_from, told["issuances"], limits=())
    for name, output in outputs.items():
        table = TABLES[name]
        shown = (row for row in told[name] if is_open.holds(name, row))
        expected = sorted(([row[column] for column in table.columns] for row in shown), key=_by(table))
        rows = [list(row.values()) for row in _cells(manifest, output) if row["row_key"] in keys]
        fault = evidence.first_row_difference(table, f"{output}, of the sampled rows", expected, rows)
        if fault is not None:
            verdict.differences.append(fault)
    verdict.breaches = len(told["breaches"])
    verdict.recounted = f"{len(keys):,} rows drawn with seed {seed}"


def _cells(manifest: Manifest, output: str) -> Iterator[dict[str, str]]:
    columns = TABLES[output.split(".")[0]].columns
    for row in islice(evidence.rows_of(manifest.folder / output), 1, None):
        # A short row has been told; here it must not stop the others.
        yield dict(zip_longest(columns, row[: len(columns)], fillvalue=""))


def _drawn(keys: Iterable[str], size: int, draw: random.Random) -> list[str]:
    """As many keys, each as likely as any other, in one reading."""
    drawn: list[str] = []
    for number, key in enumerate(keys):
        if number < size:
            drawn.append(key)
        elif (place := draw.randrange(number + 1)) < size:
            drawn[place] = key
    return drawn


def _by(table: Table) -> Callable[[Row], Any]:
    return lambda row: _order(table, row)


def _order(table: Table, row: Row) -> list[tuple[bool, int, str]]:
    """The order of rows in the contract: numbers by value, text by code point, none first."""
    return [
        (True, int(cell), "") if name in _WHOLE_NUMBERS and cell.lstrip("-").isdecimal() else (bool(cell), 0, cell)
        for name, cell in zip(table.columns, row, strict=False)
    ]
