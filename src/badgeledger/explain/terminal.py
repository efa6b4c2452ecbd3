"""A story as a terminal page. Every text that may come from a log enters as sanitized text, never as Rich's markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..calendar import zone
from ..reports.text import amount, instant
from ..text import plain
from .sentences import change_words, count_sentence, decision_sentence
from .story import (
    CELLS,
    Badge,
    Count,
    Customer,
    Cycle,
    Expiry,
    Finding,
    Guidance,
    Issuance,
    Line,
    Remark,
    Source,
    Story,
    Tally,
    Use,
    Version,
)

WIDTH = 100
_RAW_SHOWN = 1_200
_SOFT, _HOT, _WARM, _FINE, _HEAD = "bright_black", "bold red", "yellow", "green", "bold"
_SEVERITIES = {"error": _HOT, "warning": _WARM, "notice": _SOFT}


def show(story: Story) -> None:
    """Print a story on stdout: as wide as the terminal, and 100 columns without color where there is none."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH, color_system=None)
    with console.capture() as shown:
        console.print(page(story))
    print("\n".join(line.rstrip() for line in shown.get().splitlines()))
    # Commands are copied: they stand on one line each, however narrow the page is.
    print("\nNext", *(f"  {plain(command)}" for command in story.next), sep="\n")


def page(story: Story) -> RenderableType:
    """The page of a story, without the commands that lead on."""
    zoned = _Zoned(story.zone)
    parts: list[RenderableType] = [
        _text((f"{story.kind.upper()}  ", _SOFT), (story.id, _SOFT)),
        _text((story.title, _HEAD)),
        _text(story.sentence),
        _text((f"as of {zoned.both(story.as_of)}", _SOFT)),
    ]
    if story.finding is not None:
        parts += _finding(story.finding, zoned)
    if story.guidance is not None:
        parts += _guidance(story.guidance)
    if story.remarks:
        parts += _section("The newest", [_remark(one, zoned) for one in story.remarks])
    if story.version is not None:
        parts += _section("The version", _version(story.version, zoned))
    if story.issuance is not None:
        parts += _issuance(story.issuance, zoned, story.focus)
    if story.badge is not None:
        parts += _badge(story.badge, zoned)
    if story.customer is not None:
        parts += _customer(story.customer, zoned)
    return Group(*parts)


class _Zoned:
    """Instants in UTC, and in the rule book's zone where that is another one."""

    def __init__(self, name: str) -> None:
        self._zone = zone(name)

    def utc(self, us: int | None) -> str:
        return "never" if us is None else f"{instant(us)} UTC"

    def both(self, us: int | None) -> str:
        if us is None or self._zone.name in ("UTC", "Etc/UTC"):
            return self.utc(us)
        return f"{self.utc(us)} ({instant(self._zone.wall_of(us))} {self._zone.name})"


def _text(*pieces: str | tuple[str, str]) -> Text:
    text = Text()
    for piece in pieces:
        words, style = piece if isinstance(piece, tuple) else (piece, "")
        text.append(plain(words), style)
    return text


def _section(title: str, body: Iterable[RenderableType]) -> list[RenderableType]:
    return [Text(), _text((title, _HEAD)), Padding(Group(*body), (0, 0, 0, 2))]


def _pairs(rows: Sequence[tuple[str, str | Text]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style=_SOFT)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(_text(label), value if isinstance(value, Text) else _text(value))
    return table


def _table(heads: Sequence[str], rows: Iterable[Sequence[str | Text]], right: Sequence[int] = ()) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_SOFT, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else _text(cell) for cell in row))
    return table


def _source(source: Source) -> list[RenderableType]:
    lines: list[RenderableType] = [_text(f"{source.file}, line {source.line:,}")]
    if source.raw is None:
        return [*lines, *([_text((f"its text is not shown: {source.missing}", _SOFT))] if source.missing else [])]
    lines.append(_text((source.raw[:_RAW_SHOWN], _SOFT)))
    if len(source.raw) > _RAW_SHOWN:
        lines.append(_text((f"… cut: the line has {len(source.raw):,} characters, --json holds all", _SOFT)))
    return lines


def _issuance(told: Issuance, zoned: _Zoned, focus: str | None) -> list[RenderableType]:
    said = told.clocks
    asked = f"request {told.request_id or 'without an id'}, position {told.position:,}"
    call = f"{told.endpoint or 'a row of no call'}, {told.kind}" + (f" by {told.owner_type}" if told.owner_type else "")
    counts = sorted(told.counts, key=lambda count: count.limit_name != focus)
    limits: list[RenderableType] = [part for count in counts for part in _count(count, zoned)]
    parts = _section("The request as it came", [*_source(told.source), _text(f"{asked}; {call}")])
    parts += _section(
        "Both clocks",
        [
            _pairs(
                [
                    ("event_at", zoned.both(said.event_at)),
                    ("processed_at", f"{zoned.both(said.processed_at)}: {said.processed_from}"),
                ]
            )
        ],
    )
    if told.version is not None:
        parts += _section("The version in force", _version(told.version, zoned))
    parts += _section("Limits", limits or [_text("none judges it")])
    if not told.counted:
        parts.append(Padding(_text((told.why_counted, _SOFT)), (0, 0, 0, 2)))
    if told.expiry is not None:
        parts += _section("Expiry", [_expiry(told.expiry, zoned)])
    parts += _section("The platform answered", _answer(told, zoned))
    if told.replay is not None:
        style = _HOT if told.replay.decision == "REJECT" else _FINE
        parts += _section("Replay", [_text((decision_sentence(told.replay), style))])
    if told.findings:
        parts += _section("Findings", [_remark(one, zoned) for one in told.findings])
    return parts


def _version(version: Version, zoned: _Zoned) -> list[RenderableType]:
    where = f"{version.source.file}, line {version.source.line:,}"
    told = f"{where}; in force from {zoned.both(version.in_force_from)}"
    parts: list[RenderableType] = [_text(version.version), _text((told, _SOFT))]
    if version.limits:
        limits = Table.grid(padding=(0, 2))
        limits.add_column(justify="right")
        for limit in version.limits:
            limits.add_row(amount(limit.number), _text(limit.words), _text((limit.limit_name, _SOFT)))
        parts.append(limits)
    if version.first:
        parts.append(_text(("the first: it also covers all time before it", _SOFT)))
    elif not version.changes:
        parts.append(_text((f"says the same as {version.before}", _SOFT)))
    else:
        parts.append(_text((f"otherwise than {version.before}:", _SOFT)))
        parts += [_text("  ", (change_words(change), _WARM)) for change in version.changes]
    return parts


def _count(count: Count, zoned: _Zoned) -> list[RenderableType]:
    mark, style = ("▲", _HOT) if count.excess else ("–", _SOFT) if count.number is None else ("✓", _FINE)
    head = _text((f"{mark} ", style), (count.words, _HEAD), "  ", (count.limit_name, _SOFT))
    body: list[RenderableType] = [_text((count_sentence(count), style))]
    if count.cycle:
        body.append(_text((count.cycle, _SOFT)))
    if count.timeline:
        body += _timeline(count, zoned)
        body.append(_filled(count, zoned))
    if count.full:
        again = "never under this limit" if count.free_from is None else f"from {zoned.both(count.free_from)}"
        body.append(
            _text(f"room again {again}", ("" if count.free_from is None else ", if nothing else is issued", ""))
        )
    return [head, Padding(Group(*body), (0, 0, 1, 2))]


def _timeline(count: Count, zoned: _Zoned) -> list[RenderableType]:
    """The span as a line of cells: a dot for one that fits, a triangle for one over, a digit for several."""
    held = {place: (fits, over) for place, fits, over in count.timeline}
    line = Text("├")
    for place in range(CELLS):
        fits, over = held.get(place, (0, 0))
        both = fits + over
        shown = "─" if not both else ("▲" if over else "●") if both == 1 else str(both) if both < 10 else "#"
        line.append(shown, _HOT if over else "" if both else _SOFT)
    line.append("┤")
    start = "the first" if count.span_from is None else zoned.utc(count.span_from)
    return [line, _text((f"{count.clock} from {start} to {zoned.utc(count.span_to)}, not included", _SOFT))]


def _filled(count: Count, zoned: _Zoned) -> Table:
    rows: list[list[str | Text]] = []
    before = 0
    for one in count.filled:
        if one.place > before + 1:
            rows.append(["…", "", "", ""])
        before = one.place
        over = count.number is not None and one.place > count.number
        place = _text((f"{one.place:,}", _HOT if over else ""))
        who = one.issuance_id + (f" of {one.customer_id}" if count.scope == "BADGE" else "")
        rows.append([place, zoned.utc(one.at), who, "← this one" if one.own else "over" if over else ""])
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for _ in range(3):
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else _text(cell) for cell in row))
    return table


def _expiry(expiry: Expiry, zoned: _Zoned) -> Table:
    rows: list[tuple[str, str | Text]] = [("rule", f"{expiry.rule}: {expiry.why}")]
    if expiry.base is not None:
        rows.append(("base", zoned.both(expiry.base)))
    rows.append(("expires_at", f"{zoned.both(expiry.expires_at)} ({expiry.state} at as-of)"))
    if expiry.reported is not None:
        agrees = {True: "agrees", False: "does not agree", None: "is not compared"}[expiry.agrees]
        answer = f"{zoned.both(expiry.reported)}: {agrees}"
        rows.append(("platform said", _text((answer, _HOT if expiry.agrees is False else ""))))
    return _pairs(rows)


def _answer(told: Issuance, zoned: _Zoned) -> list[RenderableType]:
    answer = told.answer
    style = _HOT if answer.outcome == "REJECTED" else ""
    parts: list[RenderableType] = [_text((f"{answer.outcome}: {answer.says}", style))]
    if answer.outcome in ("ACCEPTED", "REPEAT"):
        parts.append(_text(f"its id: {answer.issuance_id}"))
    if answer.source is not None:
        parts += _source(answer.source)
    if told.revoked_at is not None:
        parts.append(_text((f"revoked at {zoned.both(told.revoked_at)}", _WARM)))
    return parts


def _remark(remark: Remark, zoned: _Zoned) -> Text:
    style = _SEVERITIES.get(remark.severity, "")
    when = "" if remark.processed_at is None else f"  {zoned.utc(remark.processed_at)}"
    return _text(
        (f"{remark.severity} ", style), f"{remark.code}: {remark.detail}", (f"{when}  {remark.finding_id}", _SOFT)
    )


def _finding(found: Finding, zoned: _Zoned) -> list[RenderableType]:
    rows: list[tuple[str, str | Text]] = [
        ("severity", _text((found.remark.severity, _SEVERITIES.get(found.remark.severity, "")))),
        ("platform code", found.platform_code or "none"),
    ]
    for label, value in (("badge", found.badge_id), ("customer", found.customer_id), ("request", found.request_id)):
        if value:
            rows.append((label, value))
    if found.remark.processed_at is not None:
        rows.append(("processed_at", zoned.both(found.remark.processed_at)))
    parts = _section("The finding", [_pairs(rows)])
    return parts + (_section("Where it stands", _source(found.source)) if found.source is not None else [])


def _guidance(guide: Guidance) -> list[RenderableType]:
    rows = [("why it matters", guide.why), ("what to do", guide.do), ("in this report", f"{guide.count:,}")]
    return _section(guide.code, [_pairs(rows)])


def _tallies(tallies: Sequence[Tally]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for tally in tallies:
        table.add_row(f"{tally.count:,}", _text(tally.label))
    return table


def _badge(told: Badge, zoned: _Zoned) -> list[RenderableType]:
    rows = [
        ("badge", told.badge_id),
        ("earn type", told.earn_type + ("" if told.active is not False else ", not active")),
        ("period", f"{zoned.both(told.starts_at)} to {zoned.both(told.expires_at)}, not included"),
    ]
    parts = _section("The badge", [_pairs(rows if told.earn_type else rows[:1])])
    parts += _section("Counts", [_tallies(told.tallies)])
    for version in told.versions:
        parts += _section("A version" if not version.first else "The first version", _version(version, zoned))
    if told.cycles:
        parts += _section("Cycles around as-of", [_cycles(told.cycles)])
    return parts + _common(told, zoned)


def _cycles(cycles: Sequence[Cycle]) -> Table:
    rows = []
    for one in cycles:
        counts = f"{one.count:,} counted, {one.subjects:,} subjects, highest {one.highest:,}" if one.count else "–"
        over = _text((f"{one.over:,} over", _HOT)) if one.over else _text("; ".join(one.odd_days))
        name = _text((f"{one.when}", _HEAD if one.when == "current" else ""))
        rows.append((name, one.scope, f"{one.cycle_no:,}", f"{one.first_day} to {one.last_day}", counts, over))
    return _table(("", "scope", "cycle", "days", "counts", ""), rows, right=(2,))


def _customer(told: Customer, zoned: _Zoned) -> list[RenderableType]:
    parts = _section("Counts", [_tallies(told.tallies)])
    parts += _section("Badges", [_tallies(told.badges)])
    parts += _section("Expire", [_tallies(told.expiring)])
    return parts + _common(told, zoned)


def _common(told: Badge | Customer, zoned: _Zoned) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if told.closest:
        parts += _section("Closest to their limits at as-of", [_use(told.closest, zoned)])
    if told.breaches:
        parts += _section("Breaches by limit", [_tallies(told.breaches)])
    if told.findings:
        parts += _section("Findings by code", [_tallies(told.findings)])
    if told.newest:
        parts += _section("The newest rows", [_lines(told.newest, zoned)])
    return parts


def _use(used: Sequence[Use], zoned: _Zoned) -> Table:
    rows: list[list[str | Text]] = []
    for one in used:
        full = one.count >= one.number
        room = "now" if not full else "never" if one.free_from is None else zoned.utc(one.free_from)
        count = _text((f"{one.count:,} of {one.number:,}", _HOT if one.count > one.number else _WARM if full else ""))
        rows.append([count, one.limit_name, one.badge_name or one.badge_id, one.customer_id or "all", room])
    return _table(("count", "limit", "badge", "customer", "room"), rows)


def _lines(lines: Sequence[Line], zoned: _Zoned) -> Table:
    rows: list[list[str | Text]] = []
    for one in lines:
        result = one.outcome + (f" {one.code}" if one.code else "")
        over = _text((f"{one.breaches:,}", _HOT)) if one.breaches else _text("0" if one.counted else "–")
        rows.append([zoned.utc(one.processed_at), one.row_key, one.kind, result, one.badge_name or one.badge_id,
                     one.customer_id, over])  # fmt: skip
    return _table(("processed_at", "row_key", "kind", "outcome", "badge", "customer", "over"), rows, right=(6,))
