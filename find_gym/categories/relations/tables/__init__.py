"""Tables of facts, one for each kind of thing that relations map from, with their provenance.

A table is a text file: lines that begin with "#" say what it holds, where that comes from and under which licence it
may be used; then come the names of the columns and the rows, with "|" between cells. A cell may list several values
with ";" between them: the first is what functions answer, all are right. In the first column these are the names of
the same thing. Rows of `country_facts.psv` belong to the table "country".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

# Tables that more than one file holds.
_FILES = {"country": ("country", "country_facts")}
EDGES = " \t\n\"'`.,;:!?"


@dataclass(frozen=True)
class Provenance:
    """Where a file comes from.

    Attributes:
        title: what it holds.
        source: where that comes from.
        licence: the licence, by its name.
        note: how it was chosen, as far as there is something to say.
    """

    title: str
    source: str
    licence: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Facts about one kind of thing.

    Attributes:
        name: the kind, such as "country".
        columns: the names of the facts.
        facts: for each thing, by its name, the values of each fact that is known, the first one first.
        names: the thing's name by each of its normalised names.
    """

    name: str
    columns: tuple[str, ...]
    facts: dict[str, dict[str, tuple[str, ...]]]
    names: dict[str, str]

    def find(self, word: str) -> str | None:
        """Returns the name of the thing that a word stands for, whatever its spelling, or None."""
        return self.names.get(normalise(word))

    def value(self, name: str, column: str) -> str | None:
        """Returns the first value of a fact about a thing, or None where it is not known."""
        values = self.facts[name].get(column)
        return values[0] if values else None


@lru_cache(maxsize=1 << 16)
def normalise(text: str) -> str:
    """Returns text without what spellings differ by: case, diacritics, "the", underscores, dots and quotes at the ends.

    Example:
        >>> normalise(" The Potala_Palace. "), normalise("Shinzō Abe")
        ('potala palace', 'shinzo abe')
    """
    plain = text.replace("’", "'").replace("_", " ")
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = re.sub(r"[\s\u2010-\u2015-]+", " ", plain.casefold()).strip(EDGES)
    return plain.removeprefix("the ") or plain


@cache
def table_names() -> tuple[str, ...]:
    """Returns the names of all tables, sorted."""
    merged = {file for files in _FILES.values() for file in files[1:]}
    found = {entry.name.removesuffix(".psv") for entry in resources.files(__name__).iterdir()}
    return tuple(sorted(name for name in found - merged if (resources.files(__name__) / f"{name}.psv").is_file()))


@cache
def load_table(name: str) -> Table:
    """Returns a table.

    Raises:
        ValueError: there is no such table, or it is broken.
    """
    if name not in table_names():
        raise ValueError(f"expected a table among {', '.join(table_names())}, actual value: {name!r}")
    facts: dict[str, dict[str, tuple[str, ...]]] = {}
    aliases: dict[str, list[str]] = {}
    columns: list[str] = []
    for file in _FILES.get(name, (name,)):
        lines = [line for line in _lines(file) if not line.startswith("#")]
        header = lines[0].split("|")
        columns += header[1:]
        for line in lines[1:]:
            cells = [tuple(filter(None, cell.split(";"))) for cell in line.split("|")]
            if len(cells) != len(header) or not cells[0]:
                raise ValueError(f"{file}.psv: expected {len(header)} cells, actual line: {line!r}")
            known = {column: cell for column, cell in zip(header[1:], cells[1:], strict=True) if cell}
            facts.setdefault(cells[0][0], {}).update(known)
            aliases.setdefault(cells[0][0], []).extend(cells[0][1:])
    # A thing's own name goes before another one's alias.
    names = {normalise(alias): name for name, others in reversed(aliases.items()) for alias in others}
    return Table(name, tuple(columns), facts, {**names, **{normalise(name): name for name in facts}})


@cache
def provenance(file: str) -> Provenance:
    """Returns where a file of this folder comes from, by its name without the ending."""
    found: dict[str, list[str]] = {}
    for line in _lines(file):
        if line.startswith("#"):
            key, _, value = line.removeprefix("#").partition(":")
            found.setdefault(key.strip(), []).append(value.strip())
    return Provenance(**{key: "; ".join(values) for key, values in found.items()})


def files_of(table: str) -> tuple[str, ...]:
    """Returns the names, without their ending, of the files that hold a table."""
    return _FILES.get(table, (table,))


def _lines(file: str) -> list[str]:
    text = (resources.files(__name__) / f"{file}.psv").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip()]
