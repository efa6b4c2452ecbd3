"""How an answer is shown: a table in a terminal, tab-separated and uncut when piped, CSV, or one JSON document.

An answer is a title, columns and rows. A terminal gets what a person reads, in short; the other three forms get every
row and every value, instants as `2024-01-01T00:00:00.000000Z`. Text from logs never moves the cursor.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UsageError
from ..text import number, plain

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table
    from rich.text import Text

Row = dict[str, Any]
Form = Literal["terminal", "tabs", "csv", "json"]
GOOD, CLOSE, BAD, QUIET, STRONG, PART = "green", "yellow", "bold red", "dim", "bold", "cyan"
_BAR_WIDTH = 10
_EIGHTHS = " ▏▎▍▌▋▊▉"
_COLUMN_LEAST = 4


@dataclass(frozen=True)
class Bar:
    """A bar of a share of 1; more than 1 fills it. It is drawn in as many places as its column is given."""

    share: float
    style: str
    cell_len: int = _BAR_WIDTH

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        from rich.text import Text

        width = min(self.cell_len, options.max_width)
        eighths = round(min(max(self.share, 0.0), 1.0) * width * 8)
        eighths = max(eighths, 1) if self.share > 0 else 0
        full, rest = divmod(eighths, 8)
        drawn = "█" * full + (_EIGHTHS[rest] if rest else "")
        yield Text.assemble((drawn, self.style), ("·" * (width - len(drawn)), QUIET))


@dataclass(frozen=True)
class Column:
    """One column. `name` is its public name, empty where only a person sees it; `head` stands above it in a terminal,
    None where only a program sees it. `cell` makes what a person sees of a row; `style` is Rich's.
    """

    name: str
    head: str | None = None
    cell: Callable[[Row], Bar | Text | str] | None = None
    style: str = ""
    right: bool = False


@dataclass(frozen=True)
class Answer:
    """What was asked for. `facts` stand beside the rows in JSON; `about` and `notes` are for a person. Rows that share
    the value of `section` stand in a table of their own. A terminal shows the `brief` rows of each, the last ones where
    `newest_last`.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    facts: Mapping[str, Any]
    about: str = ""
    section: Callable[[Row], str] | None = None
    notes: Sequence[str] = field(default=())
    nothing: str = "nothing"
    newest_last: bool = False
    brief: Callable[[Row], bool] = lambda _: True

    @property
    def names(self) -> list[str]:
        """The public columns."""
        return [column.name for column in self.columns if column.name]


def form_of(*, as_json: bool, as_csv: bool) -> Form:
    """The form that the options and standard output ask for. Raises UsageError for two at once."""
    if as_json and as_csv:
        raise UsageError(
            where="--json --csv", expected="one form of the answer", found="two", next_step="Leave one of them out."
        )
    if as_json or as_csv:
        return "json" if as_json else "csv"
    return "terminal" if sys.stdout.isatty() else "tabs"


def show(answer: Answer, form: Form, *, rows: int = 40) -> None:
    """Print an answer; a terminal shows at most so many `rows` of each table, all of them where it is 0."""
    sys.stdout.write("".join(_lines(answer, form, rows)))


def _lines(answer: Answer, form: Form, rows: int) -> Iterator[str]:
    if form == "json":
        kept = [{name: _value(row[name]) for name in answer.names} for row in answer.rows]
        yield json.dumps({**answer.facts, "rows": kept}, indent=2) + "\n"
    elif form == "csv":
        # A file gets the bytes of the log; a terminal never does.
        yield from csv_lines(answer.names, answer.rows, plain if sys.stdout.isatty() else str)
    elif form == "tabs":
        yield "\t".join(answer.names) + "\n"
        for row in answer.rows:
            yield "\t".join(plain(_text(row[name])) for name in answer.names) + "\n"
    else:
        yield _drawn(answer, rows)


def csv_lines(names: Sequence[str], rows: Sequence[Row], safe: Callable[[str], str] = str) -> Iterator[str]:
    """Rows as CSV, the names first; `safe` is what becomes of each text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for cells in (names, *([safe(_text(row[name])) for name in names] for row in rows)):
        writer.writerow(cells)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _value(value: Any) -> Any:
    return _text(value) if isinstance(value, datetime | date) else value


def _text(value: Any) -> str:
    """A value as the CSV files of a report hold it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return value.isoformat() if isinstance(value, date) else str(value)


def instant(value: datetime | None) -> str:
    """An instant as people read it: to the second, a fraction cut; empty for none."""
    return "" if value is None else f"{_text(value)[:19].replace('T', ' ')}Z"


def instant_from(value: datetime) -> str:
    """As :func:`instant`, of the beginning of something: rounded up, so that what is shown lies inside."""
    return instant(value + timedelta(microseconds=-value.microsecond % 1_000_000))


def styled(text: str, style: str) -> Text:
    """Text of ours in a style of Rich."""
    from rich.text import Text

    return Text(text, style=style)


def tally(value: int, style: str = "") -> Text:
    """A count that stands out when it is not zero."""
    return styled(number(value), style) if value else styled("·", QUIET)


def level(count: int, limit: int) -> str:
    """The color of a count against its number: over, full, or room left."""
    return BAD if count > limit else CLOSE if count == limit else GOOD


def _drawn(answer: Answer, rows: int) -> str:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = [Text(plain(answer.title), style=STRONG)]
    if answer.about:
        parts.append(Text(plain(answer.about), style=QUIET))
    parts.append("")
    if answer.rows:
        parts += _tables(answer, rows)
    else:
        parts.append(Padding(Text(plain(answer.nothing)), (0, 0, 0, 1)))
    if answer.notes:
        parts += ["", *(Text(plain(note), style=QUIET) for note in answer.notes)]
    # Drawn into text first, so that a reader who leaves early is met where all commands meet it.
    page = io.StringIO()
    console = Console(
        file=page, force_terminal=True, width=shutil.get_terminal_size((120, 40)).columns, highlight=False
    )
    for part in parts:
        console.print(part)
    return page.getvalue()


def _width() -> int:
    return shutil.get_terminal_size((120, 40)).columns


def _tables(answer: Answer, rows: int) -> Iterator[RenderableType]:
    """The heads once, then the rows of each section, all in columns of one width."""
    from rich.text import Text

    drawn = [column for column in answer.columns if column.head is not None]
    sections = []
    for head, members in groupby(answer.rows, answer.section or (lambda _: "")):
        group = list(members)
        brief = [row for row in group if answer.brief(row)]
        kept = group if not rows else brief[-rows:] if answer.newest_last else brief[:rows]
        sections.append((head, [[_cell(column, row) for column in drawn] for row in kept], len(group) - len(kept)))
    every = [cells for _, lines, _ in sections for cells in lines]
    widths = [
        max([len(column.head or ""), *(cells[place].cell_len for cells in every)]) for place, column in enumerate(drawn)
    ]
    bars = [place for place in range(len(drawn)) if any(isinstance(cells[place], Bar) for cells in every)]
    while sum(widths) + 3 * len(widths) > _width() and max(widths) > _COLUMN_LEAST:
        # Bars become shorter first, then the widest column folds.
        giving = [place for place in bars if widths[place] > _COLUMN_LEAST] or range(len(widths))
        widths[max(giving, key=widths.__getitem__)] -= 1
    for place, (head, lines, left) in enumerate(sections):
        if place == 0:
            yield _table(drawn, widths, [], heads=True)
        if head:
            yield Text.assemble("" if place == 0 else "\n", (plain(head), STRONG))
        yield _table(drawn, widths, lines, heads=False)
        if left:
            which = "earlier" if answer.newest_last else "more"
            yield Text(f" {number(left)} {which} {'row' if left == 1 else 'rows'}: --rows 0 shows all", style=QUIET)


def _table(
    columns: Sequence[Column], widths: Sequence[int], lines: Sequence[Sequence[Bar | Text]], *, heads: bool
) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, show_header=heads, header_style=QUIET, border_style=QUIET, padding=(0, 1)
    )
    for column, width in zip(columns, widths, strict=True):
        align: Literal["left", "right"] = "right" if column.right else "left"
        # Folded, not cut: half an id is no id.
        table.add_column(Text(column.head or ""), justify=align, style=column.style, overflow="fold", width=width)
    for cells in lines:
        table.add_row(*cells)
    return table


def _cell(column: Column, row: Row) -> Bar | Text:
    from rich.text import Text

    shown = column.cell(row) if column.cell is not None else row[column.name]
    if isinstance(shown, Bar | Text):
        return shown
    if isinstance(shown, datetime):
        return Text(instant(shown))
    if isinstance(shown, int) and not isinstance(shown, bool):
        return Text(number(shown))
    return Text(plain(_text(shown)))
