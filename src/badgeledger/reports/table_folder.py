"""A folder of a few tables, each as Parquet and CSV, with a manifest of its own: what replay and its grid write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from ..warehouse_files import sync
from . import manifest
from .folder import put, staged
from .tables import Table, write_csv_of, write_rows

FORMATS = ("csv", "parquet")


def put_tables(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    owner: Path,
    tables: Mapping[str, Table],
    facts: Mapping[str, Any],
    pages: Mapping[str, Callable[[Path], None]],
    progress: Callable[[str], None],
    writers: Mapping[str, Callable[[Path], int]] = MappingProxyType({}),
) -> tuple[Path, bool]:
    """Write the folder `target` and return its place, and whether it stood there already with the same content.

    `facts` begin the manifest, which is written last and means complete; `pages` write further files by their names.
    `writers` write a file of a table by its name and return the number of its rows, where that is cheaper than to sort
    the relation. `owner` is the warehouse whose lock the caller holds.
    """
    with staged(target, owner) as stage:
        outputs: list[tuple[Path, int | None]] = []
        for name, entry in tables.items():
            progress(f"replay: {name}.parquet")
            parquet, csv = stage / f"{name}.parquet", stage / f"{name}.csv"
            write = writers.get(parquet.name, partial(write_rows, con, entry, "parquet"))
            outputs.append((parquet, write(parquet)))
            progress(f"replay: {csv.name}")
            # Sorted once: the CSV follows the order of the Parquet file.
            write = writers.get(csv.name, partial(write_csv_of, con, entry, parquet))
            outputs.append((csv, write(csv)))
        for name, write_page in pages.items():
            write_page(stage / name)
            outputs.append((stage / name, None))
        told = {}
        for path, count in outputs:
            sync(path)
            told[path.name] = {"rows": count, "sha256": manifest.file_sha256(path)}
        text = json.dumps({**facts, "outputs": told}, indent=2) + "\n"
        (stage / manifest.NAME).write_bytes(text.encode())
        sync(stage / manifest.NAME)
        return put(stage, target, lambda place: manifest.holds(place, text))
