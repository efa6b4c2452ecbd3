"""Why a line is put into quarantine."""

from __future__ import annotations


class Refusal(Exception):
    """A line that is not understood: `reason` is one of the codes of the page *readings*, `detail` says what was
    found."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
