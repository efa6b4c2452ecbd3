"""Where the files beside the code are: in a checkout at its top, in an installed wheel inside the package."""

from __future__ import annotations

from pathlib import Path

from .errors import InternalCheckFailed

_PACKAGE = Path(__file__).resolve().parent


def sql_folder() -> Path:
    """The relations, one file each."""
    return _folder("_sql", "sql")


def pipelines_folder() -> Path:
    """The starter pipelines."""
    return _folder("_pipelines", "pipelines")


def samples_folder() -> Path:
    """The sample logs."""
    return _folder("_samples", "data-samples")


def docs() -> dict[str, Path]:
    """The built-in texts: name to file, in order of name."""
    return {path.stem: path for path in sorted((_PACKAGE / "docs").glob("*.md"))}


def dictionary_file() -> Path:
    """What each column of the warehouse says."""
    return _PACKAGE / "docs" / "columns.toml"


def _folder(in_wheel: str, in_checkout: str) -> Path:
    for folder in (_PACKAGE / in_wheel, _PACKAGE.parents[1] / in_checkout):
        if folder.is_dir():
            return folder
    raise InternalCheckFailed(
        where=str(_PACKAGE),
        expected=f"the folder {in_wheel} inside the package, or {in_checkout} at the top of a checkout",
        found="neither",
        next_step="Install badgeledger again from a complete wheel or checkout.",
    )
