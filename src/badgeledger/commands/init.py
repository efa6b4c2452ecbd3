"""`badgeledger init`: a folder to start from."""

from __future__ import annotations

from pathlib import Path

from ..errors import UsageError
from ..resources import pipelines_folder, samples_folder
from ..text import counted


def write_starter(folder: Path) -> None:
    """Write the starter pipelines and the samples. Raises UsageError rather than change a file that is there."""
    wanted = {
        folder / name / path.relative_to(source): path
        for name, source in (("pipelines", pipelines_folder()), ("data-samples", samples_folder()))
        for path in sorted(source.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    changed = [target for target, source in wanted.items() if target.exists() and not _same(target, source)]
    if changed:
        raise UsageError(
            where=str(folder),
            expected="no file that init would change",
            found=f"{changed[0]}" + (f" and {len(changed) - 1} more" if len(changed) > 1 else ""),
            next_step="Name another folder, or move those files away.",
        )
    for target, source in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    print(f"{folder}: {counted(len(wanted), 'file')} written")
    print(f"next: badgeledger run {folder / 'pipelines' / 'nightly.toml'}")


def _same(target: Path, source: Path) -> bool:
    return target.is_file() and target.read_bytes() == source.read_bytes()
