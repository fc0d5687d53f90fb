"""Files of datasets: written beside their place and renamed."""

from __future__ import annotations

import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Writes a file beside its place and renames it, so that it is never seen half written."""
    beside = path.with_name(f"{path.name}.partial")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
