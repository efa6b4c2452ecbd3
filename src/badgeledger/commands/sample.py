"""`badgeledger sample`: a pack of issuances for an audit, and how it was drawn."""

from __future__ import annotations

import os
from pathlib import Path

from ..answers.ledger import Ledger
from ..answers.shown import PART, Answer, Bar, Column
from ..options import Asking
from ..progress import Progress
from ..sampling import sample
from ..text import counted
from .answers import answer
from .status import warehouse_path


def draw_sample(asking: Asking, out: Path, *, size: int, seed: str, badge: str | None) -> None:
    """Publish the pack and print its strata. Raises UsageError when there is nothing to draw from."""
    owner = warehouse_path(asking.pipeline, asking.warehouse)

    def draw(ledger: Ledger, progress: Progress) -> Answer:
        pack = sample(ledger, out, owner, size=size, seed=seed, badge=badge, progress=progress)
        total = sum(row["issuances"] for row in pack.strata)
        place = os.path.relpath(pack.folder)
        place = str(pack.folder) if place.startswith("..") else place
        return Answer(
            title=f"{pack.drawn:,} of {counted(total, 'issuance')} drawn by seed {seed}: {place}"
            + ("  (unchanged)" if pack.kept else ""),
            columns=(
                Column("badge_id"),
                Column("badge_name", "badge", lambda row: row["badge_name"] or row["badge_id"] or "no badge"),
                Column("outcome", "outcome"),
                Column("issuances", "issuances", right=True),
                Column("", "share", lambda row: Bar(row["drawn"] / row["issuances"], PART)),
                Column("drawn", "drawn", right=True),
            ),
            rows=pack.strata,
            facts=ledger.facts | {"size": size, "seed": seed, "folder": str(pack.folder), "kept": pack.kept},
            about=ledger.about,
        )

    answer(asking, draw)
