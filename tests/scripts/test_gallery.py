"""The gallery of string functions: what is in `docs/` is what the script writes now."""

import importlib.util
import re
from pathlib import Path

import pytest

from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.operations import OPERATIONS

pytest.importorskip("matplotlib")
ROOT = Path(__file__).parents[2]


def load():
    spec = importlib.util.spec_from_file_location("make_gallery", ROOT / "scripts" / "make_gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_gallery_of_strings_is_up_to_date_and_complete():
    gallery = load()
    page = gallery.strings_page().rstrip() + "\n"
    assert page == (ROOT / "docs" / "gallery-strings.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted([*OPERATIONS, *CONDITIONS])
    for operation in OPERATIONS.values():
        assert operation.source().strip() in page
    # Tables have as many cells in every row: nothing in a cell breaks out of it.
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_texts_are_written_as_code_that_stays_in_its_cell():
    gallery = load()
    assert gallery.code("a|b") == "`'a\\|b'`"
    assert gallery.code("`") == "`` '`' ``"
    assert gallery.choose_examples(lambda texts: [text.strip() for text in texts])[0] == (
        "  two  Spaces ",
        "two  Spaces",
    )
