"""The quick answers: `cycles`, `limits`, `headroom`, `expiring` and `owners`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ..answers.ledger import Ledger
from ..answers.shown import Answer, form_of, show
from ..ledgers import open_ledger
from ..options import Asking
from ..progress import Progress, progress
from ..settings import instant_option, load
from ..text import plain
from .status import say_settings, warehouse_path


def answer(asking: Asking, question: Callable[[Ledger, Progress], Answer]) -> None:
    """Ask the ledger that the options name and print the answer. Raises the errors of :mod:`badgeledger.errors`."""
    form = form_of(as_json=asking.as_json, as_csv=asking.as_csv)
    path = warehouse_path(asking.pipeline, asking.warehouse)
    if asking.as_of not in {None, "now", "start-of-day"}:
        instant_option("--as-of", str(asking.as_of))
    with (
        progress() as shown,
        open_ledger(
            Ledger,
            path,
            file=None if asking.pipeline is None else load(asking.pipeline),
            overrides=asking.overrides or (),
            as_of=asking.as_of,
            lock_timeout=asking.lock_timeout,
            progress=shown,
        ) as ledger,
    ):
        say_settings(asking.pipeline, ledger.rules.model_dump())
        found = question(ledger, shown)
    show(found, form, rows=asking.rows)


def written(page: Path | None, found: Answer) -> Answer:
    """The breach curves, also written as a page where one is asked for. Raises OSError."""
    if page is not None:
        from ..answers.advice_page import advice_page

        page.write_text(advice_page(found), encoding="utf-8", newline="\n")
        print(f"written: {plain(str(page))}", file=sys.stderr)
    return found
