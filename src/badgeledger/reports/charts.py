"""Charts as SVG text: drawn with the report, colored by the style sheet, each bar a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from ..text import counted
from .columns import Row

_BARS_MOST = 210
_STEP = 10


@dataclass(frozen=True)
class Bin:
    """A run of local days, both ends included, with the counts of its days."""

    first: str
    last: str
    breaches: int
    counted: int

    @property
    def label(self) -> str:
        """The days as text."""
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def link(self) -> str:
        """The hash route that shows the breaches of these days."""
        return f"#/breaches?{self._days}"

    @property
    def counted_link(self) -> str:
        """The hash route that shows the counted issuances of these days."""
        return f"#/issuances?counted=true&{self._days}"

    @property
    def _days(self) -> str:
        return f"on={self.first}" if self.first == self.last else f"from={self.first}&to={self.last}"


def bins(days: Sequence[Row]) -> tuple[str, list[Bin]]:
    """Return `day`, `week` or `month` and all days grouped by it, gaps filled, so that no chart has over 210 bars.

    Weeks begin on Monday. Totals over the bins are totals over all rows: nothing is left out.
    """
    if not days:
        return "day", []
    first, last = date.fromisoformat(days[0]["day"]), date.fromisoformat(days[-1]["day"])
    span = (last - first).days + 1
    unit = "day" if span <= _BARS_MOST else "week" if span <= 7 * _BARS_MOST else "month"
    starts = [_start(first, unit)]
    while (after := _next(starts[-1], unit)) <= last:
        starts.append(after)
    counts = {start: [0, 0] for start in starts}
    for row in days:
        pair = counts[_start(date.fromisoformat(row["day"]), unit)]
        pair[0] += row["breaches"]
        pair[1] += row["counted"]
    return unit, [
        Bin(start.isoformat(), (_next(start, unit) - timedelta(days=1)).isoformat(), *counts[start]) for start in starts
    ]


def _start(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def _next(start: date, unit: str) -> date:
    if unit == "month":
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start + timedelta(days=7 if unit == "week" else 1)


def columns(heights: Sequence[int], titles: Sequence[str], links: Sequence[str], tone: str, top: int = 0) -> Markup:
    """Draw a column chart; a column with a link and a count is an anchor with its title.

    The picture stretches to its frame, so it holds no text: axis labels stand beside it as HTML. It is for the eye and
    the pointer alone; the table beside it says and links the same. `top` is the count of a full column, for charts that
    share a scale.
    """
    top = max([top, 1, *heights])
    parts = []
    for place, (height, title, link) in enumerate(zip(heights, titles, links, strict=True)):
        if not height:
            continue
        tall = max(2, round(100 * height / top))
        body = Markup('<rect x="{}" y="{}" height="{}"><title>{}</title></rect>').format(
            place * _STEP + 1, 100 - tall, tall, title
        )
        parts.append(Markup('<a href="{}" tabindex="-1">{}</a>').format(link, body) if link else body)
    return Markup(
        '<svg class="columns {}" viewBox="0 0 {} 100" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="base" d="M0 100H{}"/>{}</svg>'
    ).format(
        tone,
        max(1, len(heights)) * _STEP,
        max(1, len(heights)) * _STEP,
        Markup("").join(parts),
    )


def breach_columns(found: Sequence[Bin]) -> Markup:
    """Draw breaches over time, each column a link to its breaches."""
    titles = [f"{one.label}: {counted(one.breaches, 'breach', 'breaches')}" for one in found]
    return columns([one.breaches for one in found], titles, [one.link for one in found], "hot")


def counted_columns(found: Sequence[Bin]) -> Markup:
    """Draw counted issuances over time."""
    titles = [f"{one.label}: {counted(one.counted, 'counted issuance')}" for one in found]
    return columns([one.counted for one in found], titles, [one.counted_link for one in found], "calm")


def expiry_columns(rows: Sequence[Row], days: int) -> tuple[Markup, Markup]:
    """Draw expiries per day of 24 hours, behind and ahead of as-of, on one scale."""
    counts = {row["day"]: row["expiries"] for row in rows}
    top = max(counts.values(), default=0)
    halves = []
    for tone, first in (("past", -days), ("ahead", 0)):
        span = range(first, first + days)
        titles = [f"{distance(day)}: {counts.get(day, 0):,}" for day in span]
        links = [expiry_link(day) for day in span]
        halves.append(columns([counts.get(day, 0) for day in span], titles, links, tone, top))
    return halves[0], halves[1]


def expiry_link(day: int) -> str:
    """The hash route that shows what expires on a day of 24 hours; day 0 begins with as-of."""
    return f"#/expirations?state={'EXPIRED' if day < 0 else 'ACTIVE'}&due={day + 1}"


def distance(day: int) -> str:
    """A day of 24 hours in words; day 0 begins with as-of."""
    return f"{counted(-day, 'day')} before as-of" if day < 0 else f"day {day + 1} after as-of"


def share_bar(part: int, whole: int, tone: str) -> Markup:
    """Draw `part` of `whole` as a bar; beyond the whole, a mark stands where the whole ends."""
    scale = max(part, whole, 1)
    filled = round(100 * part / scale)
    mark = Markup("")
    if part > whole:
        mark = Markup('<path class="mark" d="M{} 0V10"/>').format(round(100 * whole / scale))
    return Markup(
        '<svg class="share {}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="room" width="100" height="10"/><rect class="fill" width="{}" height="10"/>{}</svg>'
    ).format(tone, max(1, filled) if part else 0, mark)


def paired_columns(left: Sequence[int], right: Sequence[int], titles: Sequence[str]) -> Markup:
    """Draw two counts side by side for each bin, on one scale."""
    top = max([1, *left, *right])
    parts = []
    for place, (one, other, title) in enumerate(zip(left, right, titles, strict=True)):
        for side, height, offset in (("a", one, 1), ("b", other, 5)):
            tall = max(2, round(100 * height / top)) if height else 0
            parts.append(_rect(side, place * _STEP + offset, 100 - tall, 4, tall, title))
    return _picture("pairs", len(left), 100, 100, parts)


def diverging_columns(up: Sequence[int], down: Sequence[int], titles: Sequence[str]) -> Markup:
    """Draw one count above the base line and one below it for each bin, on one scale."""
    highest, lowest = max([0, *up]), max([0, *down])
    scale = 200 / max(highest + lowest, 1)
    base = round(highest * scale) if lowest else 200
    parts = []
    for place, (one, other, title) in enumerate(zip(up, down, titles, strict=True)):
        high, low = (max(2, round(count * scale)) if count else 0 for count in (one, other))
        parts.append(_rect("up", place * _STEP + 1, base - high, 8, high, title))
        parts.append(_rect("down", place * _STEP + 1, base, 8, low, title))
    return _picture("diverging", len(up), 200, base, parts)


def _rect(tone: str, left: int, top: int, width: int, height: int, title: str) -> Markup:
    if not height:
        return Markup("")
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
        tone, left, top, width, height, title
    )


def _picture(tone: str, bins: int, height: int, base: int, parts: Sequence[Markup]) -> Markup:
    width = max(1, bins) * _STEP
    return Markup(
        '<svg class="columns {}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '{}<path class="base" d="M0 {}H{}"/></svg>'
    ).format(tone, width, height, Markup("").join(parts), base, width)
