"""What the gatherers of a story share: the ledger, and the raw lines behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property

from .. import ledgers
from ..evidence import Difference, ReadFile
from ..raw_inputs import RawInputs
from .story import Source

_BOM = b"\xef\xbb\xbf"
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Ledger(ledgers.Ledger):
    """A ledger that shows the raw lines behind its rows."""

    _files: dict[int, bytes | str] = field(default_factory=dict)

    @cached_property
    def _raw(self) -> RawInputs:
        return RawInputs(path for path in self.inputs if path.exists())

    def source(self, file_id: int, line: int, *, raw: bool = True) -> Source:
        """A line of a file, with its text unless `raw` is false or the file is no longer what was read."""
        entry = self.row(
            "SELECT path, sha256, bytes, file.lines AS lines, zone FROM raw.file AS file"
            " INNER JOIN staging.source USING (file_id, sha256) WHERE file_id = $1",
            file_id,
        )
        assert entry is not None
        if not raw:
            return Source(file=entry["path"], line=line)
        if file_id not in self._files:
            self._files[file_id] = self._read(ReadFile(**entry))
        data = self._files[file_id]
        if isinstance(data, str):
            return Source(file=entry["path"], line=line, missing=data)
        if data.startswith(_PARQUET):
            return Source(file=entry["path"], line=line, missing="a Parquet file: the line is the number of its row")
        return Source(file=entry["path"], line=line, raw=record_text(data, line))

    def _read(self, entry: ReadFile) -> bytes | str:
        found = self._raw.read(entry)
        if isinstance(found, Difference):
            return "the file no longer stands where the runs were told to look, or was changed"
        return found.data


def record_text(data: bytes, line: int) -> str:
    """The line of a file, or the record that begins on it where the file is one JSON document over several lines."""
    data = data.removeprefix(_BOM)
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
        if start == 0:
            return ""
    end = data.find(b"\n", start)
    own = data[start : end if end >= 0 else len(data)].decode("utf-8", "backslashreplace").removesuffix("\r")
    if _is_json(own) or not own.strip(" \t[,").startswith("{"):
        return own
    rest = data[start:].decode("utf-8", "backslashreplace").lstrip(" \t[,")
    try:
        _, length = json.JSONDecoder().raw_decode(rest)
    except (ValueError, RecursionError):
        return own
    return rest[:length]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
