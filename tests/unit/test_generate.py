"""The synthetic logs: stable bytes, right counts, every shape, ids that say their time."""

import gzip
import hashlib
import json
from collections import Counter
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from badgeledger.errors import UsageError
from badgeledger.generate import GeneratedLog, generate
from badgeledger.generate_badges import add_months, epoch, iso

ISSUANCES = 30_000


def read_bytes(path: Path) -> bytes:
    opened = {".gz": gzip.decompress, ".zst": zstd.decompress}.get(path.suffix, bytes)
    return opened(path.read_bytes())


def digests(log: GeneratedLog) -> list[tuple[str, str]]:
    return [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in log.files]


def no_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({key for key, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> GeneratedLog:
    return generate(tmp_path_factory.mktemp("log"), issuances=ISSUANCES, badges=20, seed=7)


@pytest.fixture(scope="module")
def lines(log: GeneratedLog) -> list[str]:
    return [line for path in log.files for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def records(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line, object_pairs_hook=no_repeated_keys) for line in lines]


def asked(record: dict[str, Any]) -> list[int]:
    request = record.get("request", record)
    one = [request["customerId"]] if "customerId" in request else []
    people: list[int] = request.get("customers", request.get("customerIds", one))
    return people


def calls_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if "customer" in record.get("endpoint", "") and "response" in record]


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    first = generate(tmp_path / "a", issuances=3_000, seed=3, suffix="mixed")
    second = generate(tmp_path / "b", issuances=3_000, seed=3, suffix="mixed")
    assert digests(first) == digests(second)
    assert (first.issuances, first.lines) == (second.issuances, second.lines)


def test_the_bytes_are_those_of_every_other_machine(tmp_path: Path) -> None:
    log = generate(tmp_path, issuances=2_000, badges=10, seed=1)
    whole = hashlib.sha256(b"".join(path.read_bytes() for path in log.files)).hexdigest()
    assert whole == "e6b20abe3554fe7d8f6bc844067bed7b7360ecdd7d1df69a10123b6225100d07"


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    first = generate(tmp_path / "a", issuances=3_000, seed=3)
    second = generate(tmp_path / "b", issuances=3_000, seed=4)
    assert not {digest for _, digest in digests(first)} & {digest for _, digest in digests(second)}


def test_compressed_files_hold_the_same_lines(tmp_path: Path) -> None:
    plain = generate(tmp_path / "plain", issuances=3_000, seed=5)
    mixed = generate(tmp_path / "mixed", issuances=3_000, seed=5, suffix="mixed")
    assert {path.suffix for path in mixed.files} == {".jsonl", ".gz", ".zst"}
    assert [read_bytes(path) for path in plain.files] == [read_bytes(path) for path in mixed.files]


def test_lines_and_files_are_as_said(log: GeneratedLog, lines: list[str]) -> None:
    assert [path.name for path in log.files] == ["badges.jsonl", *(f"calls-000{n}.jsonl" for n in range(1, 5))]
    assert len(lines) == log.lines


@pytest.mark.parametrize("issuances", [1, 2, 999, 5_000])
def test_the_log_holds_exactly_the_issuances_asked_for(tmp_path: Path, issuances: int) -> None:
    log = generate(tmp_path, issuances=issuances, seed=issuances)
    found = {line for path in log.files for line in path.read_text().splitlines()}
    assert log.issuances == issuances
    assert sum(len(asked(record)) for record in map(json.loads, found) if "data" not in record) == issuances


def test_every_endpoint_and_half_occurs(records: list[dict[str, Any]]) -> None:
    shapes = Counter(
        (record["endpoint"].rsplit("/", 1)[1], "request" in record, "response" in record)
        if "endpoint" in record
        else ("bare", "data" not in record, "data" in record)
        for record in records
    )
    for endpoint in ("issueBulk", "earn", "earnBulk"):
        assert shapes[endpoint, True, True] > 20
        assert shapes[endpoint, True, False] > 0
    assert shapes["badgeMeta", True, True] > 20
    assert shapes["issueBulk", False, True] + shapes["earn", False, True] > 0
    assert shapes["bare", True, False] == shapes["bare", False, True] > 0


def test_lines_are_delivered_twice(lines: list[str]) -> None:
    assert 0 < len(lines) - len(set(lines)) < len(lines) // 20


def test_every_limit_kind_occurs_in_both_scopes(records: list[dict[str, Any]]) -> None:
    definitions = [record["response"]["data"] for record in records if record.get("endpoint", "").endswith("badgeMeta")]
    found = {
        (constraint["constraintType"], constraint.get("durationType", constraint.get("rollType")))
        for definition in definitions
        for constraint in definition["customerConstraints"] + definition["badgeConstraints"]
    }
    units = ("DAYS", "WEEKS", "MONTHS")
    assert found >= {(f"{scope}_FIXED_WINDOW", unit) for scope in ("CUSTOMER_BADGE", "BADGE") for unit in units}
    assert found >= {
        (f"{scope}_{kind}", None) for scope in ("CUSTOMER_BADGE", "BADGE") for kind in ("FIXED_VALUE", "NO_LIMIT")
    }
    assert found >= {("BADGE_ROLLING_WINDOW", unit) for unit in units} | {("CUSTOMER_BADGE_ROLLING_WINDOW", None)}


def test_badges_change_their_number_their_geometry_and_their_expiry(records: list[dict[str, Any]]) -> None:
    versions: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if record.get("endpoint", "").endswith("badgeMeta"):
            versions.setdefault(record["response"]["data"]["id"], []).append(record["response"]["data"])
    changed: set[str] = set()
    for history in versions.values():
        for before, after in pairwise(history):
            changed |= {key for key in before if before[key] != after[key]}
            for old, new in zip(before["customerConstraints"], after["customerConstraints"], strict=True):
                changed |= {key for key in old if old[key] != new[key]}
    assert len(versions) == 20
    assert {len(history) for history in versions.values()} == {1, 2, 3, 4, 5}
    assert {"maxEarnLimit", "refreshRate", "startDayOfTheWeek", "rollForDays", "earnedBadgeExpiry"} <= changed


def test_refusals_repeats_and_silence_occur(records: list[dict[str, Any]]) -> None:
    calls = calls_of(records)
    codes = Counter(error["code"] for call in calls for error in call["response"]["errors"])
    assert codes[809] > 0 and codes[816] > 0
    rows = [row for call in calls for row in (call["response"]["data"] or {}).get("issuedBadges", [])]
    assert {row["error"]["code"] for row in rows if row["error"]} == {1040}
    accepted = Counter(row["issuedId"] for row in rows if not row["error"])
    assert max(accepted.values()) > 1
    failed = [row for call in calls for row in (call["response"]["data"] or {}).get("failedEarnBadgeErrorList", [])]
    assert failed
    answered = [(call, call["response"]["data"].get("issuedBadges")) for call in calls if call["response"]["data"]]
    assert any(len(given) < len(asked(call)) for call, given in answered if given is not None)


def test_requests_share_instants_and_reach_2000_customers(records: list[dict[str, Any]]) -> None:
    calls = {(call["loggedAt"], json.dumps(call["request"])) for call in calls_of(records) if "request" in call}
    assert max(Counter(logged for logged, _ in calls).values()) > 1
    assert max(len(asked(call)) for call in calls_of(records) if "request" in call) == 2_000


def test_few_customers_have_much(records: list[dict[str, Any]]) -> None:
    counts = Counter(customer for call in calls_of(records) if "request" in call for customer in asked(call))
    most = [count for _, count in counts.most_common(len(counts) // 10)]
    assert sum(most) > sum(counts.values()) // 5


def test_ids_hold_the_second_of_their_call_and_are_unique(records: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for call in calls_of(records):
        data = call["response"]["data"] or {}
        rows = data.get("earnedBadgesList", [data] if "earnedBadgeId" in data else [])
        ids = [row["earnedBadgeId"] for row in rows]
        logged = datetime.fromisoformat(call["loggedAt"]).timestamp()
        assert all(len(row_id) == 24 and int(row_id[:8], 16) == int(logged) for row_id in ids)
        assert not seen & set(ids) or records.count(call) == 2
        seen.update(ids)
    assert len(seen) > 5_000


def test_instants_rise_and_stay_inside_the_days(tmp_path: Path) -> None:
    log = generate(tmp_path, issuances=4_000, days=30, first_day=date(2024, 2, 1), seed=2, files=1)
    records = [json.loads(line) for line in log.files[1].read_text().splitlines()]
    logged = [record["loggedAt"] for record in records if "request" in record]
    assert logged[0] >= "2024-02-01" and max(logged) < "2024-03-02"
    assert sum(before > after for before, after in pairwise(logged)) < len(logged) // 50


def test_events_come_late_and_twins_agree(lines: list[str]) -> None:
    late = twins = 0
    for line in lines:
        record = json.loads(line, parse_float=str, parse_int=str)
        request = record.get("request", {})
        name = "issueEventDate" if "issueEventDate" in request else "earnEventDate"
        if name in request and "loggedAt" in record:
            event = int(request[name].partition(".")[0])
            late += datetime.fromisoformat(record["loggedAt"]).timestamp() - event > 86_400
            if f"{name}ISO" in request:
                twins += 1
                assert int(datetime.fromisoformat(request[f"{name}ISO"]).timestamp()) == event
    assert late > 50 and twins > 100


def test_numbers_are_epoch_seconds_with_nine_decimals(lines: list[str]) -> None:
    assert any('EventDate":17' in line and '.000000000,"' in line for line in lines)
    assert '"startOn":17' in lines[0] and '"startOn":"' not in lines[0]


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    generate(tmp_path, issuances=90_000, progress=lambda done, total: told.append((done, total)))
    assert len(told) > 1 and told == sorted(told)
    assert told[-1] == (90_000, 90_000)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"issuances": 0}, "issuances: expected a number from 1"),
        ({"issuances": 1, "customers": 0}, "customers: expected"),
        ({"issuances": 1, "suffix": ".csv"}, "suffix: expected one of .jsonl"),
        ({"issuances": 1, "first_day": date(1969, 1, 1)}, "first_day: expected"),
    ],
)
def test_an_argument_out_of_range_is_named(tmp_path: Path, arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        generate(tmp_path / "none", **arguments)
    assert not (tmp_path / "none").exists()


def test_months_are_clamped_to_their_last_day() -> None:
    end_of_january_us = int(datetime.fromisoformat("2024-01-31T10:00:00.25Z").timestamp() * 1_000_000)
    assert iso(add_months(end_of_january_us, 1)) == "2024-02-29T10:00:00.250000Z"
    assert iso(add_months(end_of_january_us, 13)) == "2025-02-28T10:00:00.250000Z"
    assert epoch(end_of_january_us) == "1706695200.250000000"
