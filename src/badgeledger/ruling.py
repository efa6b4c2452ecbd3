"""The versions that replay decides under: those of the warehouse, of another one, or other ones (RULEBOOK 5 and 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from . import deriving
from .counting import BadgeVersion
from .definitions import ExpiryRule
from .errors import ConfigError
from .settings import Rules
from .warehouse import Warehouse, first_row, statement


@dataclass(frozen=True)
class DecidedVersion:
    """A version as replay needs it, beside what counting needs of it; `rules` are the settings that hold with it."""

    counted: BadgeVersion
    active: bool
    earn_type: str
    earned_rule: ExpiryRule | None
    rules: Rules


@dataclass(frozen=True)
class RuledBadge:
    """What rules one badge: its versions in the order of coming into force. `name` and `tags` are those of the last
    version up to as-of; tags are `NAME` and `NAME=VALUE` in text order, None where they are not known."""

    name: str | None
    versions: Sequence[DecidedVersion]
    tags: Sequence[str] | None = ()


Badges = Mapping[str, RuledBadge]


def recorded(con: duckdb.DuckDBPyConnection, rules: Rules, as_of_us: int) -> dict[str, RuledBadge]:
    """Every badge with a version in the staging of the connection, all under the same settings."""
    said: dict[str, list[tuple[str | None, bool, str, ExpiryRule | None, Sequence[str] | None]]] = {}
    tagged = statement("6_replay", "badge_tags")
    for badge, name, active, earn_type, earned, known, tags in con.execute(
        "SELECT version.badge_id, name, active, earn_type, earned_rule, known, tags"
        f" FROM staging.version AS version LEFT JOIN ({tagged}) USING (badge_id, version_no)"
        " ORDER BY badge_id, version_no"
    ).fetchall():
        rule = ExpiryRule(**earned) if earned and earned["kind"] else None
        said.setdefault(badge, []).append((name, active, earn_type, rule, tuple(tags) if known else None))
    found = {}
    for badge, versions in deriving.versions(con).items():
        in_force = [place for place, version in enumerate(versions) if version.in_force_from <= as_of_us]
        last = said[badge][max(in_force, default=0)]
        found[badge] = RuledBadge(
            name=last[0],
            versions=[
                DecidedVersion(version, active, earn_type, earned_rule, rules)
                for version, (_, active, earn_type, earned_rule, _) in zip(versions, said[badge], strict=True)
            ],
            tags=last[4],
        )
    return found


def of_warehouse(path: Path, where: str, rules: Rules, as_of_us: int, lock_timeout: float) -> dict[str, RuledBadge]:
    """As :func:`recorded`, of the last run of another warehouse, which `where` names. Raises ConfigError."""
    with Warehouse.open(path, lock_timeout=lock_timeout, read_only=True) as other:
        if not first_row(other.con, "SELECT count(*) FROM raw.run")[0]:
            raise ConfigError(
                where=where,
                expected="a warehouse with at least one run",
                found=f"none in {path}",
                next_step="Run a pipeline on it first.",
            )
        return recorded(other.con, rules, as_of_us)
