from __future__ import annotations

import pytest

from badgeledger.reports.columns import Columns, Row

ROWS: list[Row] = [{"badge": "a", "count": 3}, {"badge": "b", "count": None}, {"badge": "c", "count": 1}]


@pytest.mark.parametrize("many", range(5))
def test_columns_hold_the_rows_that_they_were_made_of(many: int) -> None:
    columns = Columns.of(ROWS).first(many)
    assert len(columns) == min(many, 3)
    assert columns.rows(range(len(columns))) == ROWS[:many]
    assert columns["count"] == [row["count"] for row in ROWS[:many]]


def test_a_column_beside_others_takes_the_place_of_one_of_its_name() -> None:
    columns = Columns.of(ROWS).beside({"count": [5, 6, 7], "number": [0, 0, 0]})
    assert columns.rows([2, 0]) == [{"badge": "c", "count": 7, "number": 0}, {"badge": "a", "count": 5, "number": 0}]


def test_no_rows_have_every_column() -> None:
    assert ("count" in Columns.of([]), Columns.of([])["count"]) == (False, [])
