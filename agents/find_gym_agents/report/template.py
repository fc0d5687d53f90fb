"""HTML pages from templates, each in one file that loads nothing and runs only its own script."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence
from importlib import resources

_STYLES = ("page.css", "episodes.css")


def fill(template: str, title: str, parts: Mapping[str, str], scripts: Sequence[str] = ()) -> str:
    """Fills a template in.

    The page's own policy allows its one script and its one style sheet by their hashes and nothing else, so that even
    a slip in what is filled in could neither run code nor load anything.

    Args:
        template: the name of the template, a file of assets with places such as `%%title%%`.
        title: the page's title, as text.
        parts: HTML for the other places.
        scripts: the files of assets that make up the place "script", in their order.

    Returns:
        The page.
    """
    style = "\n".join(read_asset(name) for name in _STYLES)
    # One block, so that no name of theirs hides one of the window's.
    script = '"use strict";\n{\n' + "\n".join(read_asset(name) for name in scripts) + "\n}\n" if scripts else ""
    allowed = f"; script-src '{_hash(script)}'" if scripts else ""
    filled = {
        "policy": f"default-src 'none'; img-src data:; style-src '{_hash(style)}'{allowed}",
        "title": html.escape(title),
        "style": style,
        "script": script,
        **parts,
    }
    # One pass over the template: what is filled in is never searched for places again.
    pieces = read_asset(template).split("%%")
    return "".join(filled[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def read_asset(name: str) -> str:
    """Returns the content of a file of assets."""
    return resources.files("find_gym_agents.report").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
