"""The released layout of relations on disk: reading it, and writing fresh relations in it.

`neurons_relations/data.json` has what each function maps from and to, its exception (under the released spelling,
"exeption") and exemplars, `unit_test_data.json` its unit tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from find_gym.categories.relations.answers import UNDEFINED
from find_gym.categories.relations.catalogue import RELATIONS, Relation
from find_gym.categories.relations.conditions import ATTRIBUTES, KNOWN_ATTRIBUTES, Condition
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.tables import normalise
from find_gym.categories.triplets import Triplet
from find_gym.core.files import check_agreement, load_json, read_each, write_tables, write_text

TRIPLETS = 10
_NOUN = re.compile(r"^(?:the )?input(?: (?!is\b|was\b|lives\b|begins\b)\w+)* (is|was|lives|begins)\b")
_LETTER = re.compile(r"begins with (?:the letter )?['\"]?(\w)['\"]?$")
_YEAR = re.compile(r"(after|before) (-?\d{3,4})$")
_ARTICLE = re.compile(r"\bthe ")


def read_functions(folder: Path) -> tuple[dict[str, RelationSpec], dict[str, str]]:
    """Reads the functions of a dataset.

    Args:
        folder: the folder of the category.

    Returns:
        The specs by the functions' ids; and for each function that could not be read, its id and why.

    Raises:
        DatasetError: a file of metadata is missing or broken.
    """
    rows, unit_tests = load_json(folder / "data.json", list), load_json(folder / "unit_test_data.json", list)
    return read_each(rows, "dir", _read_row, unit_tests)


def _read_row(row: Any, test: Any) -> RelationSpec:
    if "find_gym" in row:
        spec = RelationSpec.from_json(row["find_gym"])
        check_agreement(row, _released_keys(RelationFunction(spec)))
        return spec
    wanted = normalise(row["concept1"]), normalise(row["concept2"])
    found = [r for r in RELATIONS.values() if (normalise(r.subject), normalise(r.object)) == wanted]
    if not found:
        raise ValueError(f"expected a relation of the catalogue, actual: {row['concept1']!r} to {row['concept2']!r}")
    exceptions = (read_exception(found[0], row["exeption"]),) if row.get("exeption") else ()
    triplets = read_triplets(test) if test is not None else ()
    return RelationSpec(found[0].name, exceptions, tuple(map(str, row.get("initial", ()))), triplets)


def read_exception(relation: Relation, text: str) -> Condition:
    """Reads an exception in the released wording, such as "the input city is in Mexico".

    Raises:
        ValueError: the tables can't tell which words it means.
    """
    plain = _plain(text)
    letter, year = _LETTER.search(plain), _YEAR.search(plain)
    if letter:
        return Condition("begins_with", letter.group(1))
    if year and KNOWN_ATTRIBUTES[year.group(1)].column in relation.facts.columns:
        return Condition(year.group(1), year.group(2))
    for attribute in ATTRIBUTES.values():
        if attribute.kind != "is" or attribute.column not in relation.facts.columns:
            continue
        values = {relation.facts.value(word, attribute.column) for word in relation.facts.facts}
        for value in sorted(value for value in values if value):
            condition = Condition(attribute.name, value)
            if _plain(condition.english(relation)) == plain:
                return condition
    raise ValueError(f"expected an exception that the tables tell of, actual value: {text!r}")


def _plain(exception: str) -> str:
    """Returns an exception without the noun of its input and without articles, in which wordings differ."""
    return _ARTICLE.sub("", _NOUN.sub(r"\1", normalise(exception)))


def read_triplets(row: dict[str, Any]) -> tuple[Triplet, ...]:
    """Reads a row of `unit_test_data.json`; the blanks around the released answers are left out."""
    return tuple(
        Triplet(tuple(str(word).strip() for word in words), tuple(str(a).strip() for a in answers), int(correct) - 1)
        for (words, answers), correct in zip(row["test_vec"], row["correct_inx"], strict=True)
    )


def write_functions(folder: Path, specs: Iterable[RelationSpec]) -> list[str]:
    """Writes relations in the released layout; the row of each has its whole spec under `find_gym` as well.

    Args:
        folder: the folder of the category; made where it does not exist.
        specs: the functions.

    Returns:
        The ids of the functions, in order.
    """
    functions = [RelationFunction(spec) for spec in specs]
    identifiers = [f"f{index:05d}" for index in range(len(functions))]
    rows, tests = [], []
    for identifier, function in zip(identifiers, functions, strict=True):
        rows.append(
            {
                "dir": identifier,
                **_released_keys(function),
                "initial": list(function.exemplars),
                "find_gym": function.spec.to_json(),
            }
        )
        triplets = function.spec.triplets or _draw_triplets(function)
        tests.append(
            {
                "name": identifier,
                "test_vec": [[list(triplet.inputs), list(triplet.outputs)] for triplet in triplets],
                "correct_inx": [triplet.correct + 1 for triplet in triplets],
            }
        )
        (folder / identifier).mkdir(parents=True, exist_ok=True)
        write_text(folder / identifier / "function_code.py", function.source())
    write_tables(folder, tests, "data.json", rows)
    return identifiers


def _released_keys(function: RelationFunction) -> dict[str, Any]:
    return {
        "concept1": function.relation.subject,
        "concept2": function.relation.object,
        "exeption": function.domain() if function.spec.exceptions else None,
    }


def _draw_triplets(function: RelationFunction) -> list[Triplet]:
    """Draws executions, a fifth of them exceptions as in the release, each with two of other relations."""
    rng = np.random.default_rng([*np.frombuffer(function.identity(), dtype=np.uint32).tolist(), 2])
    words = [function.words[int(place)] for place in rng.permutation(len(function.words))]
    answers = function.truth(words)
    excepted = [word for word, answer in zip(words, answers, strict=True) if answer == UNDEFINED][: TRIPLETS // 5]
    regular = [word for word, answer in zip(words, answers, strict=True) if answer != UNDEFINED]
    names = tuple(RELATIONS)
    triplets = []
    for word in [*excepted, *regular][:TRIPLETS]:
        options: list[tuple[str, str]] = []
        while len(options) < 2:
            other = RelationFunction(RelationSpec(names[int(rng.integers(len(names)))]))
            input_word = other.words[int(rng.integers(len(other.words)))]
            answer = other.truth([input_word])[0]
            if not function.accepts(input_word, answer):
                options.append((input_word, answer))
        place = int(rng.integers(3))
        options.insert(place, (word, function.truth([word])[0]))
        triplets.append(Triplet(tuple(o[0] for o in options), tuple(o[1] for o in options), place))
    return triplets
