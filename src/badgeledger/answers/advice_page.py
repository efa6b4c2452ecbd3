"""The breach curves as one self-contained page: no script, no network, every text escaped."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from markupsafe import Markup

from ..reports.charts import paired_columns
from ..reports.templates import asset, environment, policy
from ..reports.text import limit_words
from ..text import counted, number
from .shown import Answer


def advice_page(answer: Answer) -> str:
    """The page of an answer of :func:`.advice.advise` as text; the same answer gives the same bytes."""
    style = asset("report.css") + asset("replay.css")
    zone = str(answer.facts["rules"]["zone"])
    section = answer.section
    assert section is not None
    return (
        environment(zone)
        .get_template("advice.html.j2")
        .render(
            answer=answer,
            curves=[_curve(head, list(rows)) for head, rows in groupby(answer.rows, key=section)],
            # What the macros of the report ask of its context.
            context={"zone": zone},
            style=Markup(style),
            policy=policy(style),
        )
    )


def _curve(head: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One limit's curve: of a long one the numbers that a terminal shows, too."""
    brief = [row for row in rows if row["brief"]]
    titles = [
        f"{number(row['number'])}: {counted(row['issuances_over'], 'issuance')} and "
        f"{counted(row['customers_over'], 'customer')} over it"
        for row in brief
    ]
    chart = paired_columns([row["issuances_over"] for row in brief], [row["customers_over"] for row in brief], titles)
    name, _, facts = head.partition("  ")
    words = limit_words(name)
    return {
        "name": name,
        "words": words[:1].upper() + words[1:],
        "facts": facts,
        "rows": brief,
        "chart": chart,
        "left_out": len(rows) - len(brief),
    }
