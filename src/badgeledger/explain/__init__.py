"""`explain`: the story behind an id, gathered from the ledger and its report views, told as a tree of values."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import pipeline
from ..ledgers import open_ledger
from ..settings import PipelineFile
from ..text import counted
from .find import Thing, find
from .issuance import issuance_story
from .ledger import Ledger
from .overviews import badge_story, customer_story, finding_story, guidance, newest_of
from .sentences import breach_sentence, issuance_sentence, ordinal
from .story import Story

__all__ = ["Story", "explain", "tell"]


def explain(
    warehouse: Path,
    text: str,
    *,
    kind: str | None = None,
    file: PipelineFile | None = None,
    overrides: Sequence[str] = (),
    as_of: str | None = None,
    lock_timeout: float = pipeline.LOCK_TIMEOUT_SECONDS,
    progress: pipeline.Progress = lambda *_: None,
) -> Story:
    """The story of the thing whose id is `text` or begins with it, as of `as_of` (default: the last run's).

    Raises UsageError when there was no run, when nothing has that id, and when several things do.
    """
    with open_ledger(
        Ledger,
        warehouse,
        file=file,
        overrides=overrides,
        as_of=as_of,
        lock_timeout=lock_timeout,
        progress=progress,
    ) as ledger:
        progress("explain: gathering")
        story = tell(ledger, find(ledger.con, text, kind))
    place = shlex.quote(str(warehouse))
    commands = [f"badgeledger explain {shlex.quote(one)} --warehouse {place}" for one in story.next]
    return story.model_copy(update={"next": commands})


def tell(ledger: Ledger, thing: Thing) -> Story:
    """The story of a thing that was found in the ledger; `next` holds the ids that lead on."""
    story = Story(
        kind=thing.kind,
        id=thing.id,
        title="",
        sentence="",
        as_of=ledger.as_of,
        zone=ledger.rules.zone,
        settings=ledger.rules.model_dump(),
        next=[],
    )
    return _TELLERS[thing.kind](ledger, thing.id, story)


def _issuance(ledger: Ledger, row_key: str, story: Story) -> Story:
    told = issuance_story(ledger, row_key)
    breaches = [one.breach_id for one in told.counts if one.breach_id]
    subjects = [told.customer_id, told.badge_id]
    return story.model_copy(
        update={
            "title": f"Issuance {told.issuance_id}",
            "sentence": issuance_sentence(told),
            "issuance": told,
            "next": [*breaches, *subjects],
        }
    )


def _breach(ledger: Ledger, breach_id: str, story: Story) -> Story:
    told = issuance_story(ledger, breach_id.partition("~")[0])
    over = next(one for one in told.counts if one.breach_id == breach_id)
    fits = "none fits" if not over.number else f"only {over.number:,} {'fits' if over.number == 1 else 'fit'}"
    return story.model_copy(
        update={
            "title": f"The {ordinal(over.count)} where {fits}",
            "sentence": breach_sentence(told, over),
            "focus": over.limit_name,
            "issuance": told,
            "next": [told.row_key, told.customer_id, told.badge_id],
        }
    )


def _finding(ledger: Ledger, finding_id: str, story: Story) -> Story:
    found, row_key, version = finding_story(ledger, finding_id)
    told = None if row_key is None else issuance_story(ledger, row_key)
    badge = [found.badge_id] if found.badge_id else []
    return story.model_copy(
        update={
            "title": found.remark.title,
            "sentence": found.remark.detail,
            "finding": found,
            "guidance": guidance(ledger, found.remark.code),
            "issuance": told,
            "version": version,
            "next": [found.remark.code, *badge],
        }
    )


def _code(ledger: Ledger, code: str, story: Story) -> Story:
    guide = guidance(ledger, code)
    newest = newest_of(ledger, code)
    return story.model_copy(
        update={
            "title": guide.title,
            "sentence": f"{counted(guide.count, 'finding')}.",
            "guidance": guide,
            "remarks": newest,
            "next": [one.finding_id for one in newest[:1]],
        }
    )


def _badge(ledger: Ledger, badge_id: str, story: Story) -> Story:
    told = badge_story(ledger, badge_id)
    count = {tally.label: tally.count for tally in told.tallies}
    return story.model_copy(
        update={
            "title": f"Badge {told.name or badge_id}",
            "sentence": f"{told.status.capitalize()}: {counted(count['counted'], 'counted issuance')} of"
            f" {counted(count['issuances'], 'row')}, {counted(count['breaches'], 'breach', 'breaches')},"
            f" {counted(count['findings'], 'finding')}.",
            "badge": told,
            "next": [line.row_key for line in told.newest[:1]],
        }
    )


def _customer(ledger: Ledger, customer_id: str, story: Story) -> Story:
    told = customer_story(ledger, customer_id)
    count = {tally.label: tally.count for tally in told.tallies}
    breaches, findings = (sum(tally.count for tally in part) for part in (told.breaches, told.findings))
    return story.model_copy(
        update={
            "title": f"Customer {customer_id}",
            "sentence": f"{counted(count['counted'], 'counted issuance')} of {counted(count['issuances'], 'row')} on"
            f" {counted(len(told.badges), 'badge')}, {counted(breaches, 'breach', 'breaches')},"
            f" {counted(findings, 'finding')}.",
            "customer": told,
            "next": [line.row_key for line in told.newest[:1]],
        }
    )


_TELLERS: dict[str, Callable[[Ledger, str, Story], Story]] = {
    "issuance": _issuance,
    "breach": _breach,
    "finding": _finding,
    "code": _code,
    "badge": _badge,
    "customer": _customer,
}
