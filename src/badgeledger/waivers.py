"""Waivers: flags that somebody has accepted as they are, until a day (CONTRACT, Waivers).

A waiver marks a flag and hides nothing; the run names those that have expired and those that meet no flag.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_serializer, model_validator

from .configuration import ConfigModel, checked, read_toml

_Text = Annotated[str, Field(min_length=1)]


class Waiver(ConfigModel):
    """One accepted flag: `flag` is the id of a breach or finding; or `badge` and `limit`, and `customer` where it is
    for one alone. It holds up to and including the local day `until`.
    """

    flag: _Text | None = None
    badge: _Text | None = None
    limit: _Text | None = None
    customer: _Text | None = None
    reason: _Text
    who: _Text
    until: date

    @model_validator(mode="after")
    def _names_a_flag(self) -> Waiver:
        if (self.flag is not None) == (self.badge is not None) or (self.badge is None) != (self.limit is None):
            raise ValueError("either flag, or badge with limit")
        if self.flag is not None and self.customer is not None:
            raise ValueError("customer beside badge and limit; a flag has one already")
        return self

    @field_serializer("until")
    def _iso_day(self, until: date) -> str:
        return until.isoformat()

    @property
    def subject(self) -> str:
        """What it waives, in words."""
        if self.flag is not None:
            return f"flag {self.flag}"
        of = "" if self.customer is None else f", customer {self.customer}"
        return f"badge {self.badge}, limit {self.limit}{of}"


class _WaiverFile(ConfigModel):
    waiver: tuple[Waiver, ...] = Field(default=(), strict=False)


def recorded(waivers: Iterable[Waiver]) -> list[dict[str, Any]]:
    """The waivers as the settings of a run and the manifest hold them."""
    return [waiver.model_dump(exclude_none=True) for waiver in waivers]


def of_record(values: Iterable[Mapping[str, Any]]) -> tuple[Waiver, ...]:
    """The waivers that :func:`recorded` wrote. Raises ValueError for anything else."""
    return tuple(Waiver.model_validate_json(json.dumps(value)) for value in values)


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file, in its order. Raises ConfigError."""
    return checked(_WaiverFile, read_toml(path, "a file of waivers with [[waiver]]"), path).waiver
