"""Probe words: a fixed bank of words that tells relations and common exceptions apart."""

from __future__ import annotations

from functools import cache

import numpy as np

from find_gym.categories.relations.catalogue import RELATIONS, TABLES
from find_gym.categories.relations.conditions import conditions_of
from find_gym.categories.relations.tables import load_table

_EACH = 10
# More words of the tables that FIND's relations, and so most exceptions, are about.
_MORE = {
    "country": 22,
    "city": 22,
    "person": 22,
    "monument": 18,
    "us_city": 18,
    "given_name": 14,
    "animal": 14,
    "book": 14,
}


@cache
def probe_words() -> tuple[str, ...]:
    """Returns the bank: for each table words whose facts differ the most, and words that no relation knows."""
    chosen = [word for table in TABLES for word in _spread(table)]
    # Some words are in two tables: a city of the world and of the United States, an opera and a book.
    return tuple(dict.fromkeys([*chosen, "justice", "umbrella"]))


def _spread(table: str) -> list[str]:
    """Chooses words one by one, each with the most conditions that no chosen word meets yet."""
    facts = load_table(table)
    columns = {relation.column for relation in RELATIONS.values() if relation.table == table}
    # Words that most of the relations know; of these, every few, so that much is left to be held out.
    complete = [word for word, row in facts.facts.items() if len(columns & row.keys()) >= 0.6 * len(columns)]
    pool = [complete[int(place)] for place in np.linspace(0, len(complete) - 1, min(90, len(complete)))]
    seen: dict[tuple[str, str], int] = {}
    chosen: list[str] = []
    told = _conditions(table)
    for _ in range(_MORE.get(table, _EACH)):
        rest = [word for word in pool if word not in chosen]
        best = max(rest, key=lambda word: sum(0.5 ** seen.get(entry, 0) for entry in told[word]))
        chosen.append(best)
        for entry in told[best]:
            seen[entry] = seen.get(entry, 0) + 1
    return chosen


def _conditions(table: str) -> dict[str, list[tuple[str, str]]]:
    """Returns the conditions that each word of a table meets, those of exceptions that are sampled."""
    relations = [relation for relation in RELATIONS.values() if relation.table == table]
    conditions = {condition: relation for relation in relations for condition in conditions_of(relation.name)}
    return {
        word: [(c.attribute, c.value) for c, relation in conditions.items() if c.holds(relation, word)]
        for word in load_table(table).facts
    }
