"""A story as one self-contained page: no script, no network, every text escaped."""

from __future__ import annotations

from markupsafe import Markup

from ..reports.templates import asset, environment, policy
from .sentences import change_words, count_sentence, decision_sentence
from .story import CELLS, Count, Story

_CELL = 10
_TALLEST = 30


def story_page(story: Story) -> str:
    """The page of a story as text; the same story gives the same bytes."""
    style = asset("report.css")
    made = environment(story.zone)
    made.filters.update(change=change_words, judged=count_sentence, decided=decision_sentence, strip=_strip)
    counts = [] if story.issuance is None else story.issuance.counts
    return made.get_template("story.html.j2").render(
        story=story,
        counts=sorted(counts, key=lambda count: count.limit_name != story.focus),
        # What the macros of the report ask of its context.
        context={"zone": story.zone},
        style=Markup(style),
        policy=policy(style),
    )


def _strip(count: Count) -> Markup:
    """The span as a picture: a mark for each cell that holds issuances, those over the number in another color."""
    most = max((fits + over for _, fits, over in count.timeline), default=1)
    marks = []
    for place, fits, over in count.timeline:
        tall = 10 + round((_TALLEST - 10) * (fits + over) / most)
        words = f"{fits + over:,}, {over:,} over" if over else f"{fits:,}"
        marks.append(
            Markup('<path class="{}" d="M{} {}V40"><title>{}</title></path>').format(
                "out" if over else "in", place * _CELL + _CELL // 2, 40 - tall, words
            )
        )
    return Markup(
        '<svg viewBox="0 0 {0} 40" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="room" width="{0}" height="40"/><path class="end" d="M0 -4V44M{0} -4V44"/>{1}</svg>'
    ).format(CELLS * _CELL, Markup("").join(marks))
