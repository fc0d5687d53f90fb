"""The galleries: what is in `docs/` is what the scripts write now."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.operations import OPERATIONS
from find_gym.core.registry import categories_by_name

ROOT = Path(__file__).parents[2]


def load(name):
    """Returns a module of `scripts`, under a name that leaves others alone."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The plots of numeric functions depend on fonts and take a minute.
@pytest.mark.parametrize(
    "category", sorted({"strings", "entities", "relations", "neurons"} & set(categories_by_name()))
)
def test_galleries_are_up_to_date(category, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    page = load("make_gallery").gallery(category)
    assert page == (ROOT / "docs" / f"gallery-{category}.md").read_text(encoding="utf-8")
    # Tables have as many cells in every row: nothing in a cell breaks out of it.
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_every_category_has_a_gallery():
    for category in ("numeric", "strings", "entities", "relations", "neurons"):
        assert (ROOT / "scripts" / f"gallery_{category}.py").exists()
        assert f"gallery-{category}.md" in (ROOT / "mkdocs.yml").read_text()


def test_the_gallery_of_strings_is_complete():
    page = (ROOT / "docs" / "gallery-strings.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted([*OPERATIONS, *CONDITIONS])
    for operation in OPERATIONS.values():
        assert operation.source().strip() in page


def test_texts_are_written_as_code_that_stays_in_its_cell():
    gallery = load("gallery_strings")
    assert gallery.code("a|b") == "`'a\\|b'`"
    assert gallery.code("`") == "`` '`' ``"
    assert gallery.choose_examples(lambda texts: [text.strip() for text in texts])[0] == (
        "  two  Spaces ",
        "two  Spaces",
    )
