"""The sentences of a story: what terminal page, HTML and JSON say in the same words."""

from __future__ import annotations

from ..reports.text import decision_words
from ..text import counted
from .story import Change, Count, Decision, Issuance


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def badge_words(told: Issuance) -> str:
    """The badge by its name, else by its id."""
    return told.badge_name or told.badge_id


def issuance_sentence(told: Issuance) -> str:
    """What happened, in one sentence."""
    verb = "was issued" if told.kind == "ISSUE" else "earned"
    over = [count for count in told.counts if count.excess]
    if told.answer.outcome == "REJECTED":
        happened = f"asked for {badge_words(told)} and was {told.answer.says}"
    else:
        happened = f"{verb} {badge_words(told)}: {told.answer.says}"
    if not told.counted:
        return f"Customer {told.customer_id} {happened}. It does not count."
    if not over:
        judged = sum(count.number is not None for count in told.counts)
        kept = f"It is within {counted(judged, 'limit')}." if judged else "No limit judges it."
        return f"Customer {told.customer_id} {happened}. {kept}"
    return f"Customer {told.customer_id} {happened}. It is over {counted(len(over), 'limit')}."


def breach_sentence(told: Issuance, over: Count) -> str:
    """What was broken, in one sentence."""
    who = "All customers together have" if over.scope == "BADGE" else f"Customer {told.customer_id} has"
    return (
        f"{who} {counted(over.count, 'counted issuance')} of {badge_words(told)} where the limit is {over.number:,}"
        f" ({over.words}). This one is {over.excess:,} over."
    )


def count_sentence(count: Count) -> str:
    """How a limit judged the row: `5th of 4, 1 over`."""
    if count.number is None:
        return count.note
    if not count.counted:
        return f"does not count: {count.count:,} of {count.number:,} were taken before it"
    judged = f"{count.excess:,} over" if count.excess else f"{count.number - count.count:,} left"
    return f"{ordinal(count.count)} of {count.number:,}, {judged}"


def decision_sentence(decision: Decision) -> str:
    """What replay says, and whether that is what happened."""
    return decision_words(decision.decision, decision.reason, decision.limit_name, decision.compared)


def change_words(change: Change) -> str:
    """`number 1 → 2`."""
    return f"{change.what}: {change.before or 'none'} → {change.after or 'none'}"
