"""What every page of ours is made with: templates that escape all text, and a policy that admits nothing foreign."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ..calendar import zone
from ..text import counted, plain
from .context import ReportContext
from .text import amount, instant, limit_words


@cache
def environment(zone_name: str) -> Environment:
    """Return a Jinja environment that escapes everything and shows unseen characters."""
    made = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    made.filters.update(
        n=amount,
        at=instant,
        local=lambda us: instant(None if us is None else zone(zone_name).wall_of(us)),
        limit=limit_words,
        many=counted,
    )
    return made


def policy(style: str, script: str = "") -> str:
    """Return the content policy: nothing but this style and this script, if any, known by their hashes."""
    scripts = f"script-src '{_source_hash(script)}'; " if script else ""
    return f"default-src 'none'; style-src '{_source_hash(style)}'; {scripts}base-uri 'none'; form-action 'none'"


def _source_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def page_margins(context: ReportContext, manifest: str = "") -> str:
    """Return the style rule that prints the report's name, as-of and the hash of its manifest on each sheet; of a page
    that has none, the digest of the inputs."""
    proof = f"manifest {manifest}" if manifest else f"inputs {context.known_digest}"
    told = f"{context.name} · as of {instant(context.as_of_us)} UTC", proof
    # Every character beyond plain ones is written as an escape: a name cannot end the string, the rule or the element.
    first, second = (
        re.sub(r"[^A-Za-z0-9 .:]", lambda found: f"\\{ord(found.group()):06x} ", plain(one)) for one in told
    )
    return (
        f'@page {{ @bottom-left {{ content: "{first}\\a {second}"; white-space: pre; font: 8pt sans-serif; }}\n'
        '  @bottom-right { content: counter(page) " of " counter(pages); font: 8pt sans-serif; } }\n'
    )


def asset(name: str) -> str:
    """Return the text of a file in `assets/`."""
    return files(__package__).joinpath("assets", *name.split("/")).read_text(encoding="utf-8")
