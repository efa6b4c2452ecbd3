"""`badgeledger verify`: a report is proved from its raw inputs, and any tampering is found."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import harness
import polars as pl
import pytest
from conftest import SLOW

from badgeledger import cli, witness
from badgeledger.errors import DifferenceFound
from badgeledger.evidence import Difference, KnownInput
from badgeledger.raw_inputs import RawInputs
from badgeledger.verify import Verdict, verify
from badgeledger.warehouse import Warehouse

REPOSITORY = Path(__file__).resolve().parents[2]
PIPELINE = harness.nightly(
    'as_of = "2024-02-01T00:00:00Z"',
    "max_quarantined = 0.5",
    more="""\
[[inputs]]
path = "local/*.jsonl"
zone = "Asia/Kolkata"

[rules]
zone = "Europe/Berlin"
""",
)
PRINTED = "report.html, the manifest that it names"
CALL = harness.issue_bulk("B", ["c1", "c2"], "2024-01-10T00:00:00Z", answers=[("c1", "i1"), ("c2", 1040)])
LIMITS = [harness.fixed_value(1), harness.every_days(5, 1), harness.every_days(5, 4, "BADGE")]
LOCAL = harness.earn("B", "c4", "2024-01-05T10:00:00Z", rid="r4") | {"loggedAt": "2024-01-05T10:00:00"}
FIRST: dict[str, Iterable[harness.Line]] = {
    "logs/b.jsonl": [
        harness.define(harness.definition("B", limits=LIMITS)),
        *(harness.earn("B", "c1", f"2024-01-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
        harness.unanswered(CALL),
        "}{",
    ],
    "logs/packed.jsonl.gz": [harness.earn("B", "c3", "2024-01-03T10:00:00Z", rid="p1"), "}{"],
    "logs/packed.jsonl.zst": [harness.earn("B", "c3", "2024-01-03T10:00:00Z", rid="p1"), "}{"],
    "local/c.jsonl": [LOCAL],
}
SECOND: dict[str, Iterable[harness.Line]] = {
    "logs/d.jsonl": [harness.unasked(CALL), harness.earn("B", "c1", "2024-01-04T10:00:00Z", rid="r5")]
}


def write(folder: Path, files: dict[str, Iterable[harness.Line]]) -> None:
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        harness.write_files(path.parent, harness.files_of({path.name: lines}))


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three nights: the second brings nothing new, the third a late answer. `reports` holds the report of each."""
    base = tmp_path_factory.mktemp("nights")
    (base / "nightly.toml").write_text(PIPELINE)
    write(base, FIRST)
    run("run", base / "nightly.toml")
    run("run", base / "nightly.toml", "--as-of", "2024-02-02T00:00:00Z")
    write(base, SECOND)
    run("run", base / "nightly.toml", "--as-of", "2024-02-03T00:00:00Z")
    return base


@pytest.fixture
def copied(nights: Path, tmp_path: Path) -> Path:
    """A copy of the first night alone: `logs`, `local` and `report`, to tamper with."""
    for name in ("logs", "local"):
        shutil.copytree(nights / name, tmp_path / name)
    (tmp_path / "logs" / "d.jsonl").unlink()
    shutil.copytree(nights / "reports" / "2024-02-01", tmp_path / "report")
    return tmp_path


def proved(base: Path, **options: Any) -> Verdict:
    return verify(base / "report", inputs=[base / "logs", base / "local"], **options)


def places(verdict: Verdict) -> list[str]:
    return [difference.where for difference in verdict.differences]


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    run("verify", *arguments, "--json", code=code)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def forge(folder: Path, name: str, change: Callable[[Path], None]) -> None:
    """Change a file and let the manifest vouch for it."""
    change(folder / name)
    content = json.loads((folder / "manifest.json").read_bytes())
    data = (folder / name).read_bytes()
    content["outputs"][name]["sha256"] = hashlib.sha256(data).hexdigest()
    if name.endswith(".csv"):
        content["outputs"][name]["rows"] = len(list(csv.reader(io.StringIO(data.decode())))) - 1
    (folder / "manifest.json").write_text(json.dumps(content, indent=2) + "\n")


def retell(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest itself, in its own spelling."""
    content = json.loads((folder / "manifest.json").read_bytes())
    change(content)
    (folder / "manifest.json").write_text(json.dumps(content, indent=2) + "\n")


@pytest.mark.parametrize(("night", "earlier", "inputs"), [(1, 0, 4), (2, 1, 4), (3, 2, 5)])
def test_every_night_passes_and_is_anchored_in_its_chain(
    night: int, earlier: int, inputs: int, nights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = nights / "reports" / f"2024-02-0{night}"
    facts = answer(capsys, folder, "--warehouse", nights / "ledger.duckdb")
    assert (facts["verdict"], facts["differences"], facts["anchored"]) == ("PASS", [], True)
    assert facts["anchor"] == f"run {night} of {nights / 'ledger.duckdb'}, {earlier} earlier in its chain"
    assert facts["manifest_sha256"] == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert (facts["outputs"], facts["inputs"], facts["recounted"]) == (26, inputs, "all")
    with (folder / "breaches.csv").open(newline="") as file:
        assert facts["breaches"] == len(list(csv.DictReader(file))) > 0
    assert ("no-input" in (folder / "findings.csv").read_text()) is (night == 2)


def test_a_person_reads_what_was_proved(nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = nights / "reports" / "2024-02-01"
    run("verify", folder, "--inputs", nights / "logs", "--inputs", nights / "local")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"PASS {folder}"
    assert lines[1].startswith("  outputs    26 files as promised, ")
    assert lines[2] == "  inputs     4 files as read then, 11 lines in all"
    assert lines[3] == "  recounted  all 6 breaches and every other table, from raw lines"
    assert lines[5] == f"  on sheets  {printed_hash(folder)}"
    assert lines[6].startswith("  not anchored: no --warehouse was given")


def test_a_sample_is_drawn_by_its_seed(nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (nights / "reports" / "2024-02-01", "--inputs", nights / "logs", "--inputs", nights / "local")
    found = [answer(capsys, *arguments, "--sample", 1, "--seed", seed) for seed in (0, 0, *range(1, 9))]
    assert found[0] == found[1]
    assert len({facts["breaches"] for facts in found}) > 1
    assert {facts["verdict"] for facts in found} == {"PASS"}
    assert {facts["recounted"].split()[-1] for facts in found} == {str(seed) for seed in range(9)}
    run("verify", *arguments, "--sample", 3)
    assert "drawn with seed 0, from raw lines" in capsys.readouterr().out


@pytest.mark.parametrize("part", range(34 if SLOW else 1))
def test_random_bit_flips_in_outputs_inputs_and_manifest_are_always_found(
    part: int, copied: Path, nights: Path
) -> None:
    seed = 20240201 + part
    draw = random.Random(seed)
    files = [path for name in ("report", "logs", "local") for path in sorted((copied / name).iterdir())]
    recorded = hashlib.sha256((copied / "report" / "manifest.json").read_bytes()).hexdigest()
    with Warehouse.open(nights / "ledger.duckdb") as warehouse:
        rows = warehouse.con.execute("SELECT manifest_sha256 FROM raw.run").fetchall()
    assert (recorded,) in rows
    hit = set()
    for trial in range(300):
        path = draw.choice(files)
        data = path.read_bytes()
        place, bit = draw.randrange(len(data)), draw.randrange(8)
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
        name = path.name if path.parent.name == "report" else f"input {path.name}"
        try:
            warehouse = nights / "ledger.duckdb" if name == "manifest.json" else None
            named = places(proved(copied, warehouse=warehouse))
        except DifferenceFound as error:
            named = [Path(error.where).name]
        assert any(where.startswith(name) for where in named), (seed, trial, name, place, bit, named)
        path.write_bytes(data)
        hit.add(name)
    assert len(hit) == len(files)
    assert proved(copied).passed


@pytest.mark.parametrize("name", ["breaches", "issuances", "cycles", "usage", "daily", "limits"])
def test_a_changed_cell_is_found_by_the_recount_also_when_the_manifest_was_changed_with_it(
    name: str, copied: Path
) -> None:
    def change(path: Path) -> None:
        header, *rows = list(csv.reader(io.StringIO(path.read_text(), newline="")))
        changed = {"issuances": "customer_id", "cycles": "last_day", "daily": "counted"}
        column = header.index(changed.get(name, "number"))
        rows[-1][column] += "7"
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])

    forge(copied / "report", f"{name}.csv", change)
    verdict = proved(copied)
    place, *others = places(verdict)
    assert place.startswith(f"{name}.csv, row ")
    assert others == [PRINTED]
    assert verdict.differences[0].found == f"{verdict.differences[0].expected}7"


def test_a_changed_parquet_table_is_found_by_the_recount(copied: Path) -> None:
    def change(path: Path) -> None:
        pl.read_parquet(path).with_columns(pl.col("excess") + 1).write_parquet(path)

    forge(copied / "report", "breaches.parquet", change)
    place, *others = places(proved(copied))
    assert place.startswith("breaches.parquet, row 1 (badge_id B, ")
    assert place.endswith(", column excess")
    assert others == [PRINTED]


@pytest.mark.parametrize("sample", [None, 50])
@pytest.mark.parametrize("copies", [0, 2])
def test_a_breach_that_is_hidden_or_told_twice_is_found(sample: int | None, copies: int, copied: Path) -> None:
    def change(path: Path) -> None:
        header, first, *rest = path.read_text().splitlines(keepends=True)
        path.write_text("".join([header, *[first] * copies, *rest]))

    forge(copied / "report", "breaches.csv", change)
    found = [place for place in places(proved(copied, sample=sample)) if place.startswith("breaches.csv")]
    assert len(found) == 1
    assert ("of the sampled rows" in found[0]) is (sample is not None)


def test_only_the_anchor_vouches_for_page_and_workbook(copied: Path, nights: Path) -> None:
    for name, known in (("report.html", []), ("report.xlsx", [PRINTED])):
        forge(copied / "report", name, lambda path: path.write_bytes(path.read_bytes() + b" ") and None)
        assert places(proved(copied)) == known
        anchored = proved(copied, warehouse=nights / "ledger.duckdb")
        assert (places(anchored), anchored.anchor) == (["manifest.json", *known], "no")


def printed_hash(folder: Path) -> str:
    """What docs/auditors.md tells to compare a print with."""
    content = json.loads((folder / "manifest.json").read_bytes())
    del content["outputs"]["report.html"]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.parametrize("before", ['manifest-hash">', "\\a manifest "])
def test_a_page_that_names_another_manifest_is_found(before: str, copied: Path, nights: Path) -> None:
    """In its words and in the margin of each sheet, also when the manifest vouches for the changed page."""
    report = copied / "report"
    told = printed_hash(report)
    assert (report / "report.html").read_text().count(before + told) == 1

    def change(path: Path) -> None:
        path.write_text(path.read_text().replace(before + told, f"{before}{'0' * 64}"))

    forge(report, "report.html", change)
    verdict = proved(copied)
    assert (places(verdict), verdict.printed_sha256) == ([PRINTED], told)
    assert verdict.differences[0].found == f"{'0' * 64} and {told}"


def test_a_print_of_another_night_is_told_by_its_hash(nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = sorted((nights / "reports").iterdir())
    places = ("--inputs", nights / "logs", "--inputs", nights / "local", "--sample", 1)
    told = [answer(capsys, folder, *places)["printed_sha256"] for folder in folders]
    assert told == [printed_hash(folder) for folder in folders]
    assert len(set(told)) == len(folders) == 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda content: content.update(as_of="2024-01-03T00:00:00.000000Z"), "badges.csv"),
        (lambda content: content.update(no_input=True), "findings.csv"),
        (lambda content: content["settings"]["rules"].update(rolling_clock="event", zone="UTC"), "cycles.csv"),
        (lambda content: content["settings"]["rules"].update(zone="Mars/Base"), "manifest.json, key settings.rules"),
        (lambda content: content["inputs"][1].update(zone="Mars/Base"), "manifest.json, key settings.rules"),
        (lambda content: content["inputs"][0].update(lines=7), "manifest.json, input b.jsonl"),
        (
            lambda content: content["inputs"][0].update(accepted=4, duplicate=1),
            "manifest.json, input b.jsonl, accepted",
        ),
        (lambda content: content["inputs"].pop(), "manifest.json, key known_at"),
        (lambda content: content["known_at"].update(inputs=5), "manifest.json, key known_at"),
        (lambda content: content["outputs"].pop("daily.csv"), "daily.csv"),
        (lambda content: content["outputs"]["daily.csv"].update(rows=1), "daily.csv"),
        (lambda content: content["outputs"]["report.html"].update(rows=1), "manifest.json, output report.html"),
        (lambda content: content["outputs"].update({"../x.csv": {"rows": 0, "sha256": "0" * 64}}), "../x.csv"),
        (lambda content: content["settings"].update(formats=["csv"]), "manifest.json, key outputs"),
    ],
)
def test_a_manifest_that_tells_something_else_is_found_without_anchor(
    change: Callable[[dict[str, Any]], object], named: str, copied: Path
) -> None:
    retell(copied / "report", change)
    assert any(f"{place}, ".startswith(f"{named}, ") for place in places(proved(copied)))


def test_another_spelling_of_the_manifest_is_found(copied: Path) -> None:
    path = copied / "report" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()), indent=1))
    assert places(proved(copied)) == ["manifest.json"]


def test_an_earlier_manifest_that_nobody_recorded_breaks_the_chain(
    nights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(nights / "ledger.duckdb", tmp_path / "ledger.duckdb")
    with Warehouse.open(tmp_path / "ledger.duckdb") as warehouse:
        warehouse.con.execute("DELETE FROM raw.run WHERE run_id = 1")
    facts = answer(capsys, nights / "reports" / "2024-02-03", "--warehouse", tmp_path / "ledger.duckdb", code=7)
    assert [difference["where"] for difference in facts["differences"]] == ["manifest.json, key since"]


def test_files_that_are_missing_or_too_many_are_named(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copied / "report" / "daily.csv").unlink()
    (copied / "report" / "notes.txt").write_text("mine")
    run("verify", copied / "report", "--inputs", copied / "logs", "--inputs", copied / "local", code=7)
    captured = capsys.readouterr()
    assert captured.out.splitlines()[:3] == [
        f"FAIL {copied / 'report'}: 2 differences",
        "  notes.txt: expected no such file; found one that the manifest does not name",
        "  daily.csv: expected a file; found none",
    ]
    assert f"badgeledger: {copied / 'report'}: notes.txt: expected no such file" in captured.err


def test_an_input_is_found_by_its_hash_where_it_was_moved_to_and_after_it_grew(copied: Path) -> None:
    (copied / "archive").mkdir()
    (copied / "logs" / "packed.jsonl.gz").rename(copied / "archive" / "2024.gz")
    with (copied / "logs" / "b.jsonl").open("ab") as log:
        log.write(b'{"half')
    (copied / "local" / "c.jsonl").rename(copied / "archive" / "c.jsonl")
    roots = [copied / "logs", copied / "archive"]
    assert verify(copied / "report", inputs=roots).passed
    assert places(verify(copied / "report", inputs=[copied / "logs"])) == ["input c.jsonl", "input packed.jsonl.gz"]


@pytest.mark.parametrize(
    ("name", "whole", "half", "lines"),
    [
        ("a.jsonl", b'{"a": 1}\n', b'{"b"', 1),
        ("two lines and no half.jsonl", b'{"a": 1}\n{"b"', b"", 2),
        ("a document.json", b'[{"a": 1},\n{"b": 2}\n]', b"", 2),
        ("a.csv", b"kind\nISSUE\n", b"EA", 1),
        ("rows of several lines.csv", b'kind\n"a\nb"\nISSUE\n', b"EA", 2),
        ("an open quote.csv.gz", b'kind\nISSUE\n"a\nb"\n', b'"c\nd', 2),
        ("no half row.tsv", b'kind\n"a\nb"\nEA', b"", 2),
        ("half a header.csv", b"ki", b"", 0),
    ],
)
def test_half_a_line_or_row_that_was_left_to_the_next_night_is_not_read(
    name: str, whole: bytes, half: bytes, lines: int, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(whole + half + b": 2}\n")
    entry = KnownInput(
        path=name,
        sha256=hashlib.sha256(whole + half).hexdigest(),
        bytes=len(whole + half),
        zone=None,
        lines=lines,
        accepted=0,
        duplicate=0,
        quarantined=lines,
    )
    read = RawInputs([tmp_path / "*"]).read(entry)
    assert not isinstance(read, Difference)
    assert read.data == whole


def test_a_lost_input_is_a_difference_and_no_place_to_look_a_usage_error(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copied / "local" / "c.jsonl").unlink()
    verdict = proved(copied)
    assert places(verdict) == ["input c.jsonl"]
    assert verdict.recounted == "no: an input is missing or changed"
    run("verify", copied / "report", code=2)
    assert "expected --inputs DIR, the place of the raw inputs" in capsys.readouterr().err
    run("verify", copied / "report", "--inputs", copied / "nowhere", code=2)
    run("verify", copied / "nowhere", "--inputs", copied / "logs", code=2)
    run("verify", copied / "logs", "--inputs", copied / "logs", code=7)


def test_trouble_with_the_warehouse_ends_with_5(copied: Path, nights: Path) -> None:
    run("verify", copied / "report", "--warehouse", copied / "none.duckdb", code=5)
    with Warehouse.open(nights / "ledger.duckdb"):
        run("verify", copied / "report", "--warehouse", nights / "ledger.duckdb", "--lock-timeout", "0", code=5)


def test_a_report_that_no_run_recorded_is_not_anchored(nights: Path, tmp_path: Path) -> None:
    run(
        "report",
        "--warehouse",
        nights / "ledger.duckdb",
        "--as-of",
        "2024-01-20T00:00:00Z",
        "--out",
        tmp_path / "report",
    )
    roots = [nights / "logs", nights / "local"]
    assert verify(tmp_path / "report", inputs=roots).passed
    assert places(verify(tmp_path / "report", inputs=roots, warehouse=nights / "ledger.duckdb")) == ["manifest.json"]


def test_a_report_without_tables_is_proved_by_its_hashes_alone(tmp_path: Path) -> None:
    (tmp_path / "nightly.toml").write_text(PIPELINE + '\n[reports]\nformats = ["html"]\n')
    write(tmp_path, FIRST)
    run("run", tmp_path / "nightly.toml", "--out", tmp_path / "report")
    verdict = proved(tmp_path)
    assert (verdict.passed, verdict.recounted) == (True, "no: the folder holds no table as CSV or Parquet")


def test_a_pipeline_can_end_with_the_proof_and_its_samples_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit = REPOSITORY / "pipelines" / "audit.toml"
    run("run", audit, "--warehouse", tmp_path / "w.duckdb", "--out", tmp_path / "report")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.split()[0] == "verified"]
    assert line.split(maxsplit=1)[1].startswith("PASS: all ")


def test_a_run_whose_report_is_not_proved_ends_with_7_and_the_report_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 'steps = ["ingest", "account", "check", "report", "verify"]'
    (tmp_path / "audit.toml").write_text(
        PIPELINE.replace('name = "nightly"', f'name = "audit"\n{steps}') + "\n[verify]\nsample = 9\nseed = 4\n"
    )
    write(tmp_path, FIRST)
    run("run", tmp_path / "audit.toml", "--json")
    verified = json.loads(capsys.readouterr().out)["verified"]
    assert (verified["verdict"], verified["anchored"]) == ("PASS", True)
    assert verified["recounted"].endswith(" rows drawn with seed 4")
    real = witness.recount
    monkeypatch.setattr(witness, "recount", lambda *given: real(*given) | {"breaches": []})
    run("run", tmp_path / "audit.toml", "--as-of", "2024-02-02T00:00:00Z", code=7)
    captured = capsys.readouterr()
    assert "verified    FAIL, 1 difference: " in captured.out
    assert "breaches.csv, of the sampled rows, row 1: expected the end of the table; found the row" in captured.err
    assert (tmp_path / "reports" / "2024-02-02" / "manifest.json").exists()


def test_nothing_that_counts_is_loaded(copied: Path) -> None:
    program = (
        "import sys; from badgeledger.cli import run_command;"
        f"code = run_command(['verify', {str(copied / 'report')!r}, '--inputs', {str(copied)!r}]);"
        "print(code, *sorted(name for name in sys.modules if name.startswith('badgeledger.') or name == 'numba'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    code, *modules = done.stdout.splitlines()[-1].split()
    assert (code, done.stdout.splitlines()[0]) == ("0", f"PASS {copied / 'report'}")
    loaded = {name.split(".")[1] for name in modules}
    assert loaded <= {
        *("cache", "chain", "cli", "commands", "errors", "evidence", "faults", "frames", "progress", "raw_inputs"),
        *("cli_answers", "cli_replay", "cli_starting", "endings", "macros", "open_rows", "options", "reports"),
        *("resources", "text", "trouble"),
        *("verify", "warehouse", "warehouse_files", "witness"),
    }
    assert [name for name in modules if name.startswith("badgeledger.reports.")] == ["badgeledger.reports.tables"]
