"""Settings: the pipeline file of the contract and the settings of the rule book, checked where they enter.

Every mistake is a :class:`~badgeledger.errors.ConfigError` that names the file and the key, or the line and column.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from . import calendar
from .configuration import ConfigModel, checked, like, read_toml
from .errors import ConfigError
from .waivers import Waiver, load_waivers

STEPS = ("ingest", "account", "check", "report", "verify", "replay")
_FOLDER_DIRECTIVES = "YmdHMSfjyGVu"


def _known_zone(name: str) -> str:
    try:
        return calendar.zone(name).name
    except ConfigError as error:
        raise ValueError(error.expected) from None


def _as_of(value: object) -> object:
    """Accept an offset date-time of TOML as well as text; the text is what is kept."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError('"now", "start-of-day", or an instant with an offset such as 2024-09-17T00:00:00Z')
        return value.isoformat()
    return value


def _as_of_text(text: str) -> str:
    if text not in {"now", "start-of-day"}:
        parse_instant(text)
    return text


def _folder_template(template: str) -> str:
    _filled(template, datetime(2000, 1, 1), "name")
    return template


def _steps(steps: tuple[str, ...]) -> tuple[str, ...]:
    if list(steps) != [step for step in STEPS if step in steps] or not steps:
        raise ValueError("each step at most once, in the order " + ", ".join(STEPS))
    if "report" in steps and "account" not in steps:
        raise ValueError('"account" before "report": a report shows what was accounted')
    if "replay" in steps and "account" not in steps:
        raise ValueError('"account" before "replay": what is decided again is what was accounted')
    if "verify" in steps and "report" not in steps:
        raise ValueError('"report" before "verify": a report is what is proved')
    return steps


Zone = Annotated[str, AfterValidator(_known_zone)]


class Rules(ConfigModel):
    """The settings of the rule book; each default is the book's own (RULEBOOK 2, 4, 6.2, 8)."""

    zone: Zone = "UTC"
    rolling_clock: Literal["processed", "event"] = "processed"
    rolling_edge: Literal["instant", "local-day"] = "instant"
    month: Literal["calendar", "30-days"] = "calendar"
    counted: Literal["by-earn-type", "issue", "earn", "both"] = "by-earn-type"
    revoked: Literal["count", "exclude"] = "count"
    imported: Literal["count", "ignore"] = "count"


class PipelineSection(ConfigModel):
    """What runs, where the warehouse and the reports are, and for which instant.

    `max_quarantined` is the share of refused lines, from 0 to 1, over which a run is refused as a whole. `waivers` is
    a file that says which flags are accepted as they are.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    steps: Annotated[
        tuple[Literal["ingest", "account", "check", "report", "verify", "replay"], ...], AfterValidator(_steps)
    ] = Field(default=("ingest", "account", "check", "report"), strict=False)
    warehouse: Annotated[str, Field(min_length=1)]
    reports: Annotated[str, Field(min_length=1), AfterValidator(_folder_template)] = "reports/{as_of:%Y-%m-%d}"
    as_of: Annotated[str, BeforeValidator(_as_of), AfterValidator(_as_of_text)] = "now"
    max_quarantined: Annotated[float, Field(ge=0, le=1)] = 0.01
    waivers: Annotated[str, Field(min_length=1)] | None = None


class InputSection(ConfigModel):
    """A file, folder or glob; `zone` is for feeds that write times without offset."""

    path: Annotated[str, Field(min_length=1)]
    zone: Zone | None = None


class ReportsSection(ConfigModel):
    """Which rows the tables hold, in which formats they are written, and the file of the key under which customers have
    pseudonyms; without it they have their ids.
    """

    rows: Literal["all", "open"] = "all"
    formats: tuple[Literal["csv", "parquet", "html", "xlsx"], ...] = Field(
        default=("csv", "parquet", "html", "xlsx"), strict=False, min_length=1
    )
    pseudonymize: Annotated[str, Field(min_length=1)] | None = None


class CheckSection(ConfigModel):
    """How many subjects the step `check` recounts from their raw lines by the second program; 0 for none."""

    self_check: Annotated[int, Field(ge=0, le=1_000_000)] = 200


class VerifySection(ConfigModel):
    """How much the step `verify` recounts: everything, or `sample` breaches and as many other rows, drawn by `seed`."""

    sample: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0


class ReplaySection(ConfigModel):
    """What the step `replay` decides under: `rules` is a file of other rules, relative to the pipeline file."""

    rules: Annotated[str, Field(min_length=1)] | None = None


class Settings(ConfigModel):
    """A pipeline file as a whole."""

    pipeline: PipelineSection
    inputs: tuple[InputSection, ...] = Field(default=(), strict=False)
    rules: Rules = Rules()
    reports: ReportsSection = ReportsSection()
    check: CheckSection = CheckSection()
    verify: VerifySection = VerifySection()
    replay: ReplaySection = ReplaySection()


@dataclass(frozen=True)
class PipelineFile:
    """Checked settings and the file that they stand in; paths in it are relative to its folder."""

    path: Path
    settings: Settings
    waivers: tuple[Waiver, ...] = ()

    @property
    def base(self) -> Path:
        return self.path.parent.absolute()

    @property
    def warehouse(self) -> Path:
        return self.base / self.settings.pipeline.warehouse


def load(path: Path, overrides: Iterable[str] = ()) -> PipelineFile:
    """Read a pipeline file; `overrides` are `KEY=VALUE` texts that replace settings of its `[rules]`.

    Raises ConfigError.
    """
    settings = checked(Settings, read_toml(path), path)
    named = settings.pipeline.waivers
    waivers = () if named is None else load_waivers(path.parent / named)
    return PipelineFile(path, settings.model_copy(update={"rules": with_overrides(settings.rules, overrides)}), waivers)


def with_overrides(rules: Rules, overrides: Iterable[str]) -> Rules:
    """The rules with each `KEY=VALUE` of `--set` put in. Raises ConfigError."""
    values = dict(rules.model_dump())
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals or key not in values:
            raise ConfigError(
                where=f"--set {override}",
                expected="KEY=VALUE with a KEY of " + ", ".join(values),
                found=repr(key) + like(key, values) if equals else "no equals sign",
                next_step="Correct the option; the settings are explained by: badgeledger docs rulebook",
            )
        values[key] = value
        checked(Rules, values, f"--set {override}")
    return Rules(**values)


def parse_instant(text: str) -> int:
    """Microseconds since the epoch of ISO text with an offset; digits after the sixth are cut. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise ValueError("an instant with an offset such as 2024-09-17T00:00:00Z")
    return calendar.microseconds_of(moment)


def instant_option(option: str, text: str) -> int:
    """As :func:`parse_instant`, of a command line option. Raises ConfigError."""
    try:
        return parse_instant(text)
    except (ValueError, OverflowError):
        raise ConfigError(
            where=f"{option} {text}",
            expected="an instant with an offset such as 2024-09-17T00:00:00Z",
            found=repr(text),
            next_step="Write the date, the time and its offset.",
        ) from None


def zone_option(option: str, name: str | None) -> str | None:
    """The zone that a command line option names. Raises ConfigError."""
    if name is None:
        return None
    try:
        return _known_zone(name)
    except ValueError as error:
        raise ConfigError(
            where=f"{option} {name}", expected=str(error), found=repr(name), next_step="Correct the option."
        ) from None


def resolve_as_of(as_of: str, zone: str, now: int) -> int:
    """The as-of instant in microseconds; `now` is the one reading of the clock that a run makes."""
    if as_of == "now":
        return now
    if as_of == "start-of-day":
        local = calendar.zone(zone)
        return local.day_start(local.day_of(now))
    return parse_instant(as_of)


def report_folder(template: str, as_of: int, zone: str, name: str) -> str:
    """The report folder's path with as-of put in as wall time of the zone."""
    wall = datetime(1970, 1, 1) + timedelta(microseconds=calendar.zone(zone).wall_of(as_of))
    return _filled(template, wall, name)


def now_microseconds() -> int:
    """The clock, once a run."""
    return calendar.microseconds_of(datetime.now(tz=UTC))


def _filled(template: str, as_of: datetime, name: str) -> str:
    allowed = "a path in which only {as_of:%Y-%m-%d} and {name} stand in braces; of the date, %" + " %".join(
        _FOLDER_DIRECTIVES
    )
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        raise ValueError(allowed) from None
    text = ""
    for literal, field, spec, conversion in parts:
        text += literal
        if field is None:
            continue
        directives = re.findall(r"%(.?)", spec or "")
        if field == "name" and not spec and not conversion:
            text += name
        elif field == "as_of" and spec and not conversion and all(d and d in _FOLDER_DIRECTIVES for d in directives):
            text += as_of.strftime(spec)
        else:
            raise ValueError(allowed)
    return text
