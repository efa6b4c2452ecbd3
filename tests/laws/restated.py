"""A second meaning of the table `changes`: two reports of the witness compared in plain Python (CONTRACT, changes)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import harness
from harness import Row, micros

from badgeledger import witness
from badgeledger.witness.books import Books
from badgeledger.witness.calls import Row as Issuance
from badgeledger.witness.counts import Settings
from badgeledger.witness.cycles import ordered, version_at, versions_of
from badgeledger.witness.definitions import Definition, md5
from badgeledger.witness.halves import CallLine

# Findings about a version, not about an issuance or a line.
OF_VERSIONS = {
    "start-after-end", "start-changed-when-live", "expiry-in-past", "illegal-constraint-change", "invalid-constraint",
    "duplicate-limit", "duplicate-badge-name",
}  # fmt: skip
FIELDS = (
    "badge_id", "limit_name", "code", "scope", "customer_id", "processed_at", "row_key", "number", "count",
    "source_file", "source_line",
)  # fmt: skip
# A cause, the file and the line that brought it.
Cause = tuple[str, str, str]
NONE: Cause = ("", "", "")


class Report:
    """What the witness says of some files at an instant, under some settings; `changes` is filled in by `compared`."""

    def __init__(self, files: Mapping[str, bytes], as_of: str, rules: Mapping[str, str], software: str) -> None:
        self.files, self.rules, self.software = dict(files), dict(rules), software
        self.as_of, self.as_of_us = harness.full(as_of), micros(as_of)
        self.tables = witness.audit(list(files.items()), rules, self.as_of_us, None)
        self.changes: list[Row] = []
        settings = Settings(rules, self.as_of_us)
        books = Books(list(files.items()), None)
        self.versions = witness._by_badge(books.definitions)
        self.in_order = witness._rows(books, settings)
        self.rows = {row["row_key"]: row for row in self.tables["issuances"]}
        self.revocations = books.revocations

    def version(self, badge: str, processed_at: int) -> Definition | None:
        """The version in force when a row was processed."""
        told = ordered(self.versions.get(badge, ()))
        return version_at(told, processed_at) if told else None

    @property
    def flags(self) -> dict[tuple[str, str], Row]:
        """Breaches and findings by kind and id, with the fields of `changes`; of one id the first by its source."""
        found: dict[tuple[str, str], Row] = {}
        for kind, table, name in (("breach", "breaches", "breach_id"), ("finding", "findings", "finding_id")):
            for row in sorted(self.tables[table], key=_source):
                said = {field: row.get(field, "") for field in FIELDS} | {"version": row.get("version", "")}
                found.setdefault((kind, row[name]), said)
        return found


def _source(row: Row) -> tuple[bool, str, int, str]:
    return row["source_file"] == "", row["source_file"], int(row["source_line"] or 0), row.get("detail", "")


@dataclass(frozen=True)
class Fresh:
    """An issuance that the earlier report did not show, or showed otherwise: what brought it."""

    row: Issuance
    place: int
    brought: Cause
    counted_before: bool

    @property
    def badge(self) -> str:
        return self.row.badge


def compared(now: Report, then: Report | None) -> list[Row]:
    """The table `changes` of a report, in order of its key; it is remembered in the report."""
    rows = [*_flag_changes(now, then), *_cycle_changes(now, then)]
    now.changes = sorted(rows, key=lambda row: (row["kind"], row["flag_id"]))
    return now.changes


class Comparison:
    """What came between two reports."""

    def __init__(self, now: Report, then: Report) -> None:
        self.now, self.then = now, then
        self.settings_differ = harness_rules(now.rules) != harness_rules(then.rules)
        self.software_differs = now.software != then.software
        self.fresh_files = {path for path in now.files if path not in then.files}
        self.fresh = self._fresh_rows()
        self.by_key = {one.row.key: one for one in self.fresh}
        self.definitions = self._fresh_definitions()

    def _lines(self, *, fresh: bool) -> list[CallLine]:
        """The lines of calls in the files that came since, or in those that were known."""
        files = [file for file in self.now.files.items() if (file[0] in self.fresh_files) == fresh]
        # One by one: no line is a duplicate of another file's here.
        return [line for file in files for line in Books([file], None)._records if isinstance(line, CallLine)]

    def _fresh_rows(self) -> list[Fresh]:
        known = {key for line in self._lines(fresh=False) for key in _keys(line)}
        answers: dict[str, list[tuple[str, int]]] = {}
        asked_by: dict[tuple[Any, ...], set[str]] = {}
        for line in [*self._lines(fresh=False), *self._lines(fresh=True)]:
            if line.request is not None and line.response is None:
                place = (line.endpoint, line.request.request_id, line.request.badge)
                asked_by.setdefault(place, set()).add(md5(line.request_text()))
        for line in self._lines(fresh=True):
            keys = _keys(line)
            if line.request is None and line.response is not None and line.response.request_id is not None:
                for (endpoint, request_id, badge), of in asked_by.items():
                    same = (endpoint, request_id) == (line.endpoint, line.response.request_id)
                    if same and line.response.badge in (None, badge):
                        keys |= of
            for key in keys:
                answers.setdefault(key, [])
                if line.response is not None:
                    answers[key].append(line.source)
        return [
            one
            for place, row in enumerate(self.now.in_order)
            if (one := self._fresh_row(row, place, answers, known)) is not None
        ]

    def _fresh_row(
        self, row: Issuance, place: int, answers: Mapping[str, Sequence[tuple[str, int]]], known: set[str]
    ) -> Fresh | None:
        before, shown, key = self.then.rows.get(row.key), self.now.rows[row.key], row.call.request_key
        own = (shown["source_file"], shown["source_line"])
        counted = before is not None and before["counted"] == "true"
        is_later = row.processed_at > self.then.as_of_us
        if key in answers or is_later:
            answer = min(answers.get(key, ()), default=None)
            by_answer = ("answer", *(own if answer is None else (answer[0], str(answer[1]))))
            if before is None and is_later:
                return Fresh(row, place, ("new-data", *own), counted)
            if before is None:
                is_known = key not in answers or key in known
                return Fresh(row, place, by_answer if is_known else ("late-data", *own), counted)
            if any(before[name] != shown[name] for name in ("outcome", "code", "reported_expires_at")):
                return Fresh(row, place, by_answer, counted)
        if before is not None and shown["revoked_at"] and shown["revoked_at"] != before["revoked_at"]:
            cause = "new-data" if shown["revoked_at"] > self.then.as_of else "late-data"
            return Fresh(row, place, (cause, *self._revocation(row)), counted)
        return None

    def _revocation(self, row: Issuance) -> tuple[str, str]:
        """The line that took an issuance back: one that came since, else the first."""
        assert row.revoked_at is not None
        named = []
        for file in self.now.files.items():
            for one in Books([file], None).revocations:
                for target in one.targets:
                    is_it = target.row_id == row.row_id if target.row_id else target.customer == row.customer
                    if (one.badge, target.kind) == (row.badge, row.kind) and is_it and one.at <= row.revoked_at:
                        named.append((file[0] not in self.fresh_files, *one.source))
        _, path, line = min(named)
        return path, str(line)

    def _fresh_definitions(self) -> dict[str, Cause]:
        """By badge, the latest version that came since or came into force since."""
        found = {}
        for badge, definitions in self.now.versions.items():
            for version in versions_of(definitions, self.now.as_of_us):
                if version.source[0] in self.fresh_files or (version.in_force or 0) > self.then.as_of_us:
                    found[badge] = ("definition", version.source[0], str(version.source[1]))
        return found

    def nearest(self, badge: str, subject: str | None, processed_at: int) -> Fresh | None:
        """The last fresh row of a badge, or of a customer of it, up to an instant."""
        of = [one for one in self.fresh if one.badge == badge and subject in (None, one.row.customer)]
        return max((one for one in of if one.row.processed_at <= processed_at), key=lambda one: one.place, default=None)


def harness_rules(rules: Mapping[str, str]) -> dict[str, str]:
    """All settings, defaults filled in."""
    return dict(Settings(rules, 0).rules)


def _keys(line: CallLine) -> set[str]:
    """What the calls of a line are known by."""
    if line.request is not None:
        return {md5(line.request_text())}
    return set() if line.response is None else {md5(line.response.text())}


# --- breaches and findings ----------------------------------------------------------------------------------------


def _remembered(then: Report) -> dict[tuple[str, str], Row]:
    """What the earlier report told or remembered, each with its `memory`: it stood, was gone, or was not judged."""
    known = {(row["kind"], row["flag_id"]): row for row in then.changes}
    found = {}
    for key, flag in then.flags.items():
        first = known[key]["first_seen"] if key in known else then.as_of
        found[key] = flag | {"memory": "stood", "first_seen": first, "gone_at": ""}
    for key, row in known.items():
        if row["kind"] != "cycle" and row["state"] in ("gone", "gone-before", "not-judged"):
            memory = "not judged" if row["state"] == "not-judged" else "gone"
            said = {field: row[field] for field in FIELDS} | {"count": row["count"] or row["count_before"]}
            found[key] = said | {"memory": memory, "first_seen": row["first_seen"], "gone_at": row["gone_at"]}
    return found


def _flag_changes(now: Report, then: Report | None) -> list[Row]:
    flags = now.flags
    if then is None:
        return [
            _told(key, flag, None, "new", ("new-data", flag["source_file"], flag["source_line"]), True, now)
            for key, flag in flags.items()
        ]
    between, before = Comparison(now, then), _remembered(then)
    found = []
    for key in flags.keys() | before.keys():
        flag, earlier = flags.get(key), before.get(key)
        memory = "" if earlier is None else earlier["memory"]
        comparable = not between.settings_differ and not between.software_differs
        if flag and earlier and memory == "stood" and key[0] == "breach":
            comparable &= (flag["version"], flag["number"]) == (earlier["version"], earlier["number"])
        if flag is not None and earlier is not None and memory != "gone" and flag["count"] == earlier["count"]:
            found.append(_told(key, flag, earlier, "still-open", NONE, comparable, now))
        elif flag is None and memory == "gone":
            found.append(_told(key, flag, earlier, "gone-before", NONE, comparable, now))
        else:
            state = _state(key, flag, earlier, between)
            either = flag or earlier
            assert either is not None
            comparable &= _same_version(either, between)
            found.append(_told(key, flag, earlier, state, _cause(key, flag, either, state, between), comparable, now))
    return found


def _state(key: tuple[str, str], flag: Row | None, earlier: Row | None, between: Comparison) -> str:
    if flag is not None:
        if earlier is not None:
            return "reopened" if earlier["memory"] == "gone" else "still-open"
        return "new" if _was_judged(key[0], flag, between.then) else "newly-judged"
    assert earlier is not None
    return "gone" if _is_judged(key[0], earlier, between) else "not-judged"


def _was_judged(kind: str, flag: Row, then: Report) -> bool:
    """False for a row that the earlier report showed and did not judge."""
    row = then.rows.get(flag["row_key"])
    if row is None:
        return True
    if kind == "breach":
        return row["counted"] == "true"
    return row["outcome"] in ("ACCEPTED", "ASSUMED") and bool(then.versions.get(row["badge_id"]))


def _is_judged(kind: str, flag: Row, between: Comparison) -> bool:
    """Whether this report can tell of a flag that stood."""
    if flag["processed_at"] > between.now.as_of:
        return False
    row = between.now.rows.get(flag["row_key"])
    if row is None or row["outcome"] not in ("ACCEPTED", "ASSUMED"):
        return True
    counts = kind == "finding" or row["counted"] == "true" or not between.settings_differ
    return bool(between.now.versions.get(row["badge_id"])) and counts


def _versions_of_row(flag: Row, between: Comparison) -> tuple[Definition | None, Definition | None] | None:
    """The versions that judge a flag's row, now and as they were known then; None when it has no row."""
    row = between.now.rows.get(flag["row_key"])
    if row is None:
        return None
    at, before = micros(row["processed_at"]), between.then.rows.get(flag["row_key"], row)
    # A lone response may have had no badge then.
    return between.now.version(row["badge_id"], at), between.then.version(before["badge_id"], at)


def _same_version(flag: Row, between: Comparison) -> bool:
    told = _versions_of_row(flag, between)
    if told is None or told[0] is None or told[1] is None:
        return True
    return told[0].version == told[1].version


def _cause(key: tuple[str, str], flag: Row | None, either: Row, state: str, between: Comparison) -> Cause:
    """Of several causes the first that holds."""
    here = either["row_key"] in between.now.rows
    if state == "not-judged":
        return ("setting", "", "") if between.settings_differ and here else NONE
    if either["row_key"] in between.by_key:
        return between.by_key[either["row_key"]].brought
    of_version, badge = either["code"] in OF_VERSIONS, either["badge_id"]
    is_fresh = flag is not None and flag["source_file"] in between.fresh_files
    if of_version and flag is not None and (is_fresh or flag["processed_at"] > between.then.as_of):
        return ("definition", flag["source_file"], flag["source_line"])
    if flag is not None and is_fresh:
        late = flag["processed_at"] != "" and flag["processed_at"] <= between.then.as_of
        return ("late-data" if late else "new-data", flag["source_file"], flag["source_line"])
    told = _versions_of_row(either, between)
    if told is not None and told[0] is not None and (told[1] is None or told[0].version != told[1].version):
        return ("definition", told[0].source[0], str(told[0].source[1]))
    if between.settings_differ:
        return ("setting", "", "")
    defined = between.definitions.get(badge)
    if of_version and defined is not None:
        return defined
    return _brought(key, either, between, defined)


def _brought(key: tuple[str, str], flag: Row, between: Comparison, defined: Cause | None) -> Cause:
    """What came before a flag, and last what came at all."""
    badge, of_badge = flag["badge_id"], key[0] == "breach" and flag["scope"] == "BADGE"
    if flag["processed_at"]:
        at = micros(flag["processed_at"])
        subject = None if of_badge or not flag["customer_id"] else flag["customer_id"]
        for near in (between.nearest(badge, subject, at), between.nearest(badge, None, at)):
            if near is not None:
                return near.brought
    if defined is not None:
        return defined
    of = [one for one in between.fresh if one.badge == badge]
    if of:
        return min(of, key=lambda one: one.place).brought
    if between.software_differs:
        return ("software", "", "")
    definitions = sorted(between.definitions.values(), key=lambda one: (one[1], int(one[2])))
    if flag["code"] in OF_VERSIONS and definitions:
        return definitions[0]
    if between.fresh:
        return min(between.fresh, key=lambda one: (one.row.processed_at, one.row.key)).brought
    if definitions:
        return definitions[0]
    return ("new-data", min(between.fresh_files), "1") if between.fresh_files else NONE


def _told(
    key: tuple[str, str], flag: Row | None, earlier: Row | None, state: str, cause: Cause, comparable: bool, now: Report
) -> Row:
    said = flag or earlier
    assert said is not None
    return {
        "kind": key[0], "flag_id": key[1], "state": state,
        "cause": cause[0], "cause_file": cause[1], "cause_line": cause[2],
        "comparable": str(comparable).lower(), "waived": "false",
        "first_seen": now.as_of if earlier is None else earlier["first_seen"],
        "gone_at": {"gone": now.as_of, "gone-before": "" if earlier is None else earlier["gone_at"]}.get(state, ""),
        **{field: said[field] for field in FIELDS},
        "cycle_no": "",
        "count_before": "" if earlier is None else earlier["count"], "count": "" if flag is None else flag["count"],
    }  # fmt: skip


# --- closed cycles ------------------------------------------------------------------------------------------------


def _cycle_changes(now: Report, then: Report | None) -> list[Row]:
    """Cycles that had ended by the earlier as-of and have another count."""
    if then is None:
        return []
    between, sides = Comparison(now, then), []
    for report in (now, then):
        rows = [row for row in report.tables["cycle_counts"] if row["ends_at"] <= then.as_of]
        sides.append({tuple(row[name] for name in _CYCLE): row for row in rows})
    found = []
    for key in sides[0].keys() | sides[1].keys():
        here, there = sides[0].get(key), sides[1].get(key)
        if here is None or there is None or here["count"] != there["count"]:
            found.append(_cycle_change(key, here, there, between))
    return found


_CYCLE = ("badge_id", "scope", "cycle_no", "customer_id")
_BOUNDS = ("limit_name", "starts_at", "ends_at")


def _cycle_change(key: tuple[str, ...], here: Row | None, there: Row | None, between: Comparison) -> Row:
    said = here or there
    assert said is not None
    both = here is not None and there is not None
    moved = both and any(here[name] != there[name] for name in _BOUNDS)  # type: ignore[index]
    state = "not-judged" if between.now.as_of_us < between.then.as_of_us else "count-changed"
    cause = _cycle_cause(key, said, moved, between) if state == "count-changed" else NONE
    renumbered = both and here["number"] != there["number"]  # type: ignore[index]
    comparable = not (between.settings_differ or between.software_differs or moved or renumbered)
    digest = hashlib.md5("/".join(key).encode(), usedforsecurity=False).hexdigest()[:16]
    number = next((side["number"] for side in (here, there) if side is not None and side["number"]), "")
    return {
        "kind": "cycle", "flag_id": f"{digest}~{said['limit_name']}", "state": state,
        "cause": cause[0], "cause_file": cause[1], "cause_line": cause[2],
        "comparable": str(comparable).lower(), "waived": "false", "first_seen": "", "gone_at": "",
        **dict.fromkeys(FIELDS, ""), **dict(zip(_CYCLE, key, strict=True)),
        "limit_name": said["limit_name"], "number": number,
        "count_before": "0" if there is None else there["count"], "count": "0" if here is None else here["count"],
    }  # fmt: skip


def _cycle_cause(key: tuple[str, ...], said: Row, moved: bool, between: Comparison) -> Cause:
    badge, _, _, customer = key
    starts_at, ends_at = micros(said["starts_at"]), micros(said["ends_at"])
    inside = [
        one
        for one in between.fresh
        if one.badge == badge
        and customer in ("", one.row.customer)
        and starts_at <= one.row.event_at < ends_at
        and (between.now.rows[one.row.key]["counted"] == "true") != one.counted_before
    ]
    if inside:
        return max(inside, key=lambda one: (one.row.event_at, one.place)).brought
    defined = between.definitions.get(badge)
    if moved and defined is not None:
        return defined
    if between.settings_differ:
        return ("setting", "", "")
    if defined is not None:
        return defined
    if between.software_differs:
        return ("software", "", "")
    of = [one.brought for one in between.fresh if one.badge == badge]
    return min(of, key=lambda one: (one[0], one[1], int(one[2] or 0)), default=NONE)
