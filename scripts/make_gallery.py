"""Makes the galleries in `docs/`: what there is of each category of functions, with examples.

python scripts/make_gallery.py [numeric] [strings] ...

The page of a category is what `page()` of `scripts/gallery_CATEGORY.py` returns.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from find_gym.core.registry import categories_by_name

SCRIPTS = Path(__file__).resolve().parent
DOCS = SCRIPTS.parent / "docs"


def gallery(category: str) -> str:
    """Returns the gallery of a category as Markdown."""
    if str(SCRIPTS) not in sys.path:
        sys.path.append(str(SCRIPTS))
    text: str = import_module(f"gallery_{category}").page()
    return text.rstrip() + "\n"


def main(categories: Sequence[str]) -> None:
    """Writes the pages of some categories, or of all where none is named."""
    for category in categories or categories_by_name():
        (DOCS / f"gallery-{category}.md").write_text(gallery(category), encoding="utf-8")


if __name__ == "__main__":
    import find_gym  # noqa: F401  (registers the categories)

    main(sys.argv[1:])
