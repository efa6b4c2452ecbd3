"""What an error of DuckDB stands for."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from badgeledger.trouble import explained


def test_an_error_is_told_also_where_what_is_cleared_up_behind_it_is_refused() -> None:
    with duckdb.connect() as con:
        con.execute("BEGIN")
        with pytest.raises(duckdb.TransactionException) as caught:
            try:
                con.execute("SELECT error('No space left on device')")
            finally:
                con.execute("SELECT 1")
    found = explained(Path("ledger.duckdb"), caught.value)
    assert isinstance(found, OSError)
    assert found.errno == errno.ENOSPC
