"""`badgeledger verify`: a report folder proved without the program that made it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..errors import DifferenceFound
from ..evidence import read_manifest
from ..progress import progress
from ..text import counted, number, plain
from ..verify import ALL, Verdict, verify

_SHOWN = 20
_NOT_ANCHORED = "not anchored: no --warehouse was given, so nobody vouches for the manifest itself"


def verify_report(
    folder: Path,
    *,
    warehouse: Path | None,
    inputs: Sequence[Path],
    sample: int | None,
    seed: int,
    pseudonymize: Path | None,
    lock_timeout: float,
    as_json: bool,
) -> None:
    """Print PASS with counts, or what differs. Raises DifferenceFound after saying so, ConfigError for another key than
    that of the report's pseudonyms."""
    with progress() as shown:
        verdict = verify(
            folder,
            warehouse=warehouse,
            inputs=inputs,
            sample=sample,
            seed=seed,
            secret=None if pseudonymize is None else _secret(folder, pseudonymize),
            lock_timeout=lock_timeout,
            progress=shown,
        )
    print(json.dumps(verdict_facts(verdict), indent=2) if as_json else "\n".join(map(plain, _lines(verdict))))
    require_pass(verdict)


def _secret(folder: Path, key_file: Path) -> bytes | None:
    fingerprint = read_manifest(folder).content.pseudonyms
    if fingerprint is None:
        return None
    # Only a report with pseudonyms needs more than the proof itself.
    from ..keys import read_key

    return read_key(key_file, fingerprint).secret


def require_pass(verdict: Verdict) -> None:
    """Raise DifferenceFound, with the first difference, unless the report was proved."""
    if verdict.passed:
        return
    sys.stdout.flush()
    first = verdict.differences[0]
    raise DifferenceFound(
        where=f"{verdict.folder}: {first.where}",
        expected=first.expected,
        found=first.found,
        next_step="The report is not what its inputs and the rule book give. badgeledger reproduce makes it again.",
    )


def _lines(verdict: Verdict) -> list[str]:
    found = verdict.differences
    count = "" if verdict.passed else f": {counted(len(found), 'difference')}"
    differences = [f"  {one.where}: expected {one.expected}; found {one.found}" for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        differences.append(f"  and {number(len(found) - _SHOWN)} more: --json tells all")
    return [
        f"{'PASS' if verdict.passed else 'FAIL'} {verdict.folder}{count}",
        *differences,
        f"  outputs    {counted(verdict.outputs, 'file')} as promised, {counted(verdict.rows, 'row')} of tables",
        f"  inputs     {counted(verdict.inputs, 'file')} as read then, {counted(verdict.lines, 'line')} in all",
        f"  recounted  {recount_text(verdict)}",
        f"  manifest   {verdict.manifest_sha256}",
        f"  on sheets  {verdict.printed_sha256}",
        f"  {'anchored   ' + verdict.anchor if verdict.anchor is not None else _NOT_ANCHORED}",
    ]


def recount_text(verdict: Verdict) -> str:
    """What was recounted, in a few words."""
    breaches = counted(verdict.breaches, "breach", "breaches")
    if verdict.recounted == ALL:
        return f"all {breaches} and every other table, from raw lines"
    if verdict.recounted.startswith("no"):
        return verdict.recounted
    return f"{breaches} of {verdict.recounted}, from raw lines"


def verdict_facts(verdict: Verdict) -> dict[str, object]:
    """The verdict as it stands in `--json`."""
    facts = asdict(verdict) | {"folder": str(verdict.folder)}
    return {"verdict": "PASS" if verdict.passed else "FAIL", "anchored": verdict.anchor not in {None, "no"}, **facts}
