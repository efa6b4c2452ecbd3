"""Keys of pseudonyms: files that stay where they are. What is kept of a key is its place and a fingerprint."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ConfigError
from .settings import PipelineFile

_KEY_BYTES = range(16, 65_537)
_FINGERPRINT_OF = b"badgeledger: the fingerprint of a key of pseudonyms"


@dataclass(frozen=True)
class Key:
    """The bytes of a key file."""

    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Tells one key from another, and nothing else of it: 64 hex digits."""
        return self._digest(_FINGERPRINT_OF)

    def pseudonym(self, customer: str) -> str:
        """The name of a customer under this key."""
        return f"p_{self._digest(customer.encode('utf-8', 'surrogatepass'))[:20]}"

    def _digest(self, text: bytes) -> str:
        return hmac.digest(self.secret, text, "sha256").hex()


def read_key(path: Path, fingerprint: str | None = None) -> Key:
    """The key of a file of 16 to 65,536 bytes, all of which count. Raises ConfigError for any other file, and for a
    key that has not the `fingerprint` that is asked for.
    """
    expected = f"a key file of {_KEY_BYTES[0]:,} to {_KEY_BYTES[-1]:,} bytes"
    next_step = "Make one that nobody can guess, such as: head -c 32 /dev/urandom > pseudonyms.key"
    try:
        with path.open("rb") as file:
            secret = file.read(_KEY_BYTES.stop)
    except OSError as error:
        found = error.strerror or "a file that cannot be read"
        raise ConfigError(where=str(path), expected=expected, found=found, next_step=next_step) from None
    if len(secret) not in _KEY_BYTES:
        found = f"{len(secret):,} bytes" if len(secret) < _KEY_BYTES.stop else "more"
        raise ConfigError(where=str(path), expected=expected, found=found, next_step=next_step)
    key = Key(secret)
    if fingerprint not in {None, key.fingerprint}:
        raise ConfigError(
            where=str(path),
            expected=f"the key with fingerprint {fingerprint}, under which the report was made",
            found=f"one with fingerprint {key.fingerprint}",
            next_step="Name the file of that key with --pseudonymize.",
        )
    return key


def key_record(file: PipelineFile | None, replaced: Path | None, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings of a run hold of a key, nothing without one: of `replaced`, else of the pipeline file's, else,
    where there is no such file, of the settings of the run `before`. Raises ConfigError for a file that is no key.
    """
    named = None if file is None else file.settings.reports.pseudonymize
    path = replaced
    if path is None and file is not None and named is not None:
        path = file.base / named
    if path is None and file is None and "pseudonyms" in before:
        path = Path(before["pseudonyms"]["key_file"])
    if path is None:
        return {}
    return {"pseudonyms": {"key_file": str(path.absolute()), "fingerprint": read_key(path).fingerprint}}


def run_key_record(file: PipelineFile, replaced: Path | None) -> dict[str, Any]:
    """As :func:`key_record`, of a run of the file. Raises ConfigError also where one of its steps shows ids."""
    found = key_record(file, replaced, {})
    if found and "replay" in file.settings.pipeline.steps:
        raise ConfigError(
            where=f"{file.path}, key steps",
            expected='no step "replay" beside pseudonyms: what it publishes names customers by their ids',
            found='"replay"',
            next_step="Leave the step out, and call badgeledger replay for a folder that is not passed on.",
        )
    return found


def key_of_record(settings: Mapping[str, Any]) -> Key | None:
    """The key that the settings of a run record, None without one. Raises ConfigError when its file holds another."""
    found = settings.get("pseudonyms")
    return None if found is None else read_key(Path(found["key_file"]), found["fingerprint"])
