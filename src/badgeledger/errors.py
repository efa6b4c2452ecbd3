"""Errors that a person reads, and the exit codes of the contract.

```
BadgeledgerError            exit code
├── UsageError              2   the command line asks for something that is not there
├── ConfigError             2   the pipeline file or a setting is wrong
├── InputError              3   an input that cannot be read at all
│   └── TooManyQuarantined  3   more refused lines than max_quarantined allows
├── FailOnMet               4   what --fail-on names was found; the report is published
├── WarehouseError          5   the warehouse cannot be used
│   ├── WarehouseLocked     5   another process holds it
│   ├── WarehouseDamaged    5   it does not open, or is not a warehouse
│   └── WarehouseNewer      5   a later version of badgeledger made it
├── InternalCheckFailed     6   a check of our own failed, or the program stumbled; nothing is published
└── DifferenceFound         7   verify or reproduce found a difference
```

Exit code 0 is done. 1 never happens: it would be a crash. An interrupt from the keyboard ends with 130.
"""

from __future__ import annotations

from typing import ClassVar


class BadgeledgerError(Exception):
    """One paragraph: `where` it is wrong, what was `expected`, what was `found`, and the `next_step` to take.

    `next_step` is a whole sentence; the other three are parts of one, without a full stop.
    """

    exit_code: ClassVar[int] = 6

    def __init__(self, *, where: str, expected: str, found: str, next_step: str) -> None:
        super().__init__(where, expected, found, next_step)
        self.where = where
        self.expected = expected
        self.found = found
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}; found {self.found}. {self.next_step}"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling between processes.
        return (_rebuilt, (type(self), self.where, self.expected, self.found, self.next_step))


def _rebuilt(kind: type[BadgeledgerError], where: str, expected: str, found: str, next_step: str) -> BadgeledgerError:
    return kind(where=where, expected=expected, found=found, next_step=next_step)


class UsageError(BadgeledgerError):
    """The command line asks for something that is not there."""

    exit_code = 2


class ConfigError(BadgeledgerError):
    """The pipeline file, or a setting given beside it, is wrong."""

    exit_code = 2


class InputError(BadgeledgerError):
    """An input that cannot be read at all."""

    exit_code = 3


class TooManyQuarantined(InputError):
    """More lines were refused than `max_quarantined` allows; nothing of this run is committed."""


class FailOnMet(BadgeledgerError):
    """What `--fail-on` names was found. The report is published all the same."""

    exit_code = 4


class WarehouseError(BadgeledgerError):
    """The warehouse cannot be used."""

    exit_code = 5


class WarehouseLocked(WarehouseError):
    """Another process holds the warehouse, longer than `--lock-timeout` allows to wait."""


class WarehouseDamaged(WarehouseError):
    """The file does not open, or is no warehouse of badgeledger."""


class WarehouseNewer(WarehouseError):
    """A later version of badgeledger has written the warehouse."""


class InternalCheckFailed(BadgeledgerError):
    """A check of our own failed, or the program stumbled over itself; nothing is published."""

    exit_code = 6


class DifferenceFound(BadgeledgerError):
    """`verify` or `reproduce` found a difference."""

    exit_code = 7
