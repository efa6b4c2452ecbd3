"""The first sheet of report.xlsx: the verdict, the counts with links to their sheets, and native charts."""

from __future__ import annotations

from typing import Any

from ..calendar import iso_instant
from ..text import plain
from .charts import bins
from .columns import Row
from .context import ReportContext
from .facts import Facts, verdict
from .guides import guides

_BADGES = 15


def write_summary(
    book: Any,
    sheet: Any,
    facts: Facts,
    context: ReportContext,
    formats: dict[str, Any],
    counts: dict[str, tuple[int, int]],
) -> None:
    """Write the summary sheet, row after row as `constant_memory` demands."""
    judged = verdict(facts)
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 3, 16)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, plain(f"badgeledger {context.name}"), formats["title"])
    sheet.write_string(1, 0, judged.headline, formats["verdict"])
    row = 2
    for sentence in judged.sentences:
        sheet.write_string(row, 0, sentence)
        row += 1
    row = _write_origin(sheet, row + 1, facts, context, formats)
    row = _write_counts(sheet, row + 1, facts, formats, counts)
    first = row + 1
    row = _write_badges(sheet, row + 1, facts.breaches_by_badge[:_BADGES], formats)
    if facts.breaches_by_badge:
        _chart_badges(book, sheet, first, row)
    row = _write_findings(sheet, row + 1, facts.finding_codes, formats)
    _write_days(book, sheet, row + 1, facts, formats)


def _write_origin(sheet: Any, row: int, facts: Facts, context: ReportContext, formats: dict[str, Any]) -> int:
    newest = facts.issuances["newest_us"]
    for label, value in (
        ("As of", iso_instant(context.as_of_us)),
        ("Newest processed_at", "none" if newest is None else iso_instant(newest)),
        ("Zone in which days are cut", context.zone),
        ("Inputs known", f"{len(context.known_at):,}"),
        ("Digest of the inputs known", context.known_digest),
    ):
        sheet.write_string(row, 0, label, formats["label"])
        sheet.write_string(row, 1, plain(value))
        row += 1
    return row


def _write_counts(
    sheet: Any, row: int, facts: Facts, formats: dict[str, Any], counts: dict[str, tuple[int, int]]
) -> int:
    sheet.write_string(row, 0, "Counts of all rows", formats["head"])
    sheet.write_string(row, 1, "", formats["head"])
    lines = [(name, total, f"internal:'{name}'!A1") for name, (_, total) in counts.items()]
    others = [
        ("Issuances", facts.issuances["issuances"]),
        ("Counted issuances", facts.issuances["counted"]),
        ("Lines read", facts.files["lines"]),
        ("Lines in quarantine", facts.refused),
        ("Findings of severity error", facts.findings("error")),
        ("Findings of severity warning", facts.findings("warning")),
        ("Expire in 30 days", facts.expiry("next_30")),
    ]
    for name, total, link in lines:
        row += 1
        sheet.write_url(row, 0, link, formats["link"], name)
        sheet.write_number(row, 1, total, formats["number"])
    for name, total in others:
        row += 1
        sheet.write_string(row, 0, name)
        sheet.write_number(row, 1, total, formats["number"])
    return row + 1


def _write_badges(sheet: Any, row: int, badges: list[Row], formats: dict[str, Any]) -> int:
    for place, head in enumerate(("Breaches by badge", "Breaches", "Customers", "Worst excess")):
        sheet.write_string(row, place, head, formats["head"])
    for badge in badges:
        row += 1
        name = plain(badge["badge_name"] or badge["badge_id"])
        # What begins and ends like this is no text to the library, but its own markup.
        name += " " if name.startswith("<r>") else ""
        sheet.write_string(row, 0, name, formats["text"])
        for place, column in enumerate(("breaches", "customers", "worst"), start=1):
            sheet.write_number(row, place, badge[column], formats["number"])
    return row + 1


def _write_findings(sheet: Any, row: int, codes: list[Row], formats: dict[str, Any]) -> int:
    for place, head in enumerate(("Findings by code", "Findings", "Severity", "Code")):
        sheet.write_string(row, place, head, formats["head"])
    for found in codes:
        row += 1
        guide = guides().get(found["code"])
        sheet.write_string(row, 0, guide.fails if guide else found["code"])
        sheet.write_number(row, 1, found["findings"], formats["number"])
        sheet.write_string(row, 2, found["severity"])
        sheet.write_string(row, 3, found["code"])
    return row + 1


def _write_days(book: Any, sheet: Any, row: int, facts: Facts, formats: dict[str, Any]) -> None:
    unit, found = bins(facts.days)
    for place, head in enumerate((f"By {unit} of processing", "Breaches", "Counted")):
        sheet.write_string(row, place, head, formats["head"])
    for place, one in enumerate(found, start=1):
        sheet.write_string(row + place, 0, one.label)
        sheet.write_number(row + place, 1, one.breaches, formats["number"])
        sheet.write_number(row + place, 2, one.counted, formats["number"])
    if found:
        chart = book.add_chart({"type": "column"})
        _series(chart, "Breaches", 1, row + 1, row + len(found), "#C9423A")
        _finish(chart, f"Breaches by {unit}")
        sheet.insert_chart(1, 5, chart, {"x_scale": 1.6, "y_scale": 1.1})


def _chart_badges(book: Any, sheet: Any, first: int, after: int) -> None:
    chart = book.add_chart({"type": "bar"})
    _series(chart, "Breaches", 1, first + 1, after - 1, "#C9423A")
    chart.set_y_axis({"reverse": True})
    _finish(chart, "Breaches by badge")
    sheet.insert_chart(19, 5, chart, {"x_scale": 1.6, "y_scale": 1.3})


def _series(chart: Any, name: str, column: int, first: int, last: int, color: str) -> None:
    chart.add_series(
        {
            "name": name,
            "categories": ["Summary", first, 0, last, 0],
            "values": ["Summary", first, column, last, column],
            "fill": {"color": color},
            "gap": 40,
        }
    )


def _finish(chart: Any, title: str) -> None:
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"none": True})
