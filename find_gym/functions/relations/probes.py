"""Probe words: a fixed bank of words of all relations, that tells relations and common exceptions apart."""

from __future__ import annotations

from functools import cache

import numpy as np

from find_gym.functions.relations.catalogue import RELATIONS, TABLES
from find_gym.knowledge.relations import load_table

_EACH = 10
# Words of tables that many of FIND's exceptions are about.
_MORE = {"country": 20, "city": 16, "person": 16, "monument": 14}


@cache
def probe_words() -> tuple[str, ...]:
    """Returns the bank: for each table words whose facts differ the most, and words that no relation knows."""
    chosen = [word for table in TABLES for word in _spread(table)]
    # Some words are in two tables: a city of the world and of the United States, an opera and a book.
    return tuple(dict.fromkeys([*chosen, "justice", "umbrella"]))


def _spread(table: str) -> list[str]:
    """Chooses words one by one, each with the most values of facts that no chosen word has yet."""
    facts = load_table(table)
    columns = {relation.column for relation in RELATIONS.values() if relation.table == table}
    # Words that most of the relations know; of these, every few, so that much is left to be held out.
    complete = [word for word, row in facts.facts.items() if len(columns & row.keys()) >= 0.6 * len(columns)]
    pool = [complete[int(place)] for place in np.linspace(0, len(complete) - 1, min(90, len(complete)))]
    seen: dict[tuple[str, str], int] = {}
    chosen: list[str] = []
    for _ in range(_MORE.get(table, _EACH)):
        rest = [word for word in pool if word not in chosen]
        best = max(rest, key=lambda word: sum(0.5 ** seen.get(entry, 0) for entry in _entries(facts.facts[word])))
        chosen.append(best)
        for entry in _entries(facts.facts[best]):
            seen[entry] = seen.get(entry, 0) + 1
    return chosen


def _entries(row: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(column, values[0]) for column, values in row.items()]
