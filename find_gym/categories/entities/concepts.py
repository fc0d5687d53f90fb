"""The concepts that synthetic neurons respond to, and the words related to each.

The tables in the folder `tables` were curated for find-gym from general knowledge, without copying from any source;
like the rest of the project they are under the MIT licence. A concept that FIND has as well has FIND's name, so that
published neurons are found here; the words are find-gym's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

THEMES = ("arts", "nature", "science", "society", "sport", "technology")
_GENERAL = "general_words"


@dataclass(frozen=True)
class Concept:
    """A concept.

    Attributes:
        name: its name, such as "golf".
        theme: the table that it is from, one of `THEMES`.
        members: words and names related to it; a word may be a member of several concepts.
    """

    name: str
    theme: str
    members: tuple[str, ...]


def table(name: str) -> Traversable:
    """Returns a file of the folder `tables`."""
    return resources.files("find_gym.categories.entities").joinpath("tables", name)


@cache
def concepts() -> dict[str, Concept]:
    """Returns all concepts by name, in a fixed order.

    Example:
        >>> concepts()["golf"].members[:3]
        ('putter', 'fairway', 'tee')
    """
    found: dict[str, Concept] = {}
    for theme in THEMES:
        for line in _lines(theme):
            name, _, members = line.partition(": ")
            found[name] = Concept(name, theme, tuple(members.split(", ")))
    return found


@cache
def vocabulary() -> tuple[str, ...]:
    """Returns all words that have a vector in the package, each once, in a fixed order.

    They are the members of the concepts, the names of the concepts, and common words of no concept.
    """
    words = [member for concept in concepts().values() for member in concept.members]
    general = [word for line in _lines(_GENERAL) for word in line.split(", ")]
    return tuple(dict.fromkeys([*words, *concepts(), *general]))


def _lines(name: str) -> Iterator[str]:
    for line in table(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line
