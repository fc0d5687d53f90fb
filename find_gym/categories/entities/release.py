"""The released layout of entity functions on disk: reading it, and writing fresh functions in it.

`neurons_entities/data.json` has the concepts and exemplars of each function, `unit_test_data.json` its unit tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from find_gym.categories.entities.exemplars import held_out_words
from find_gym.categories.entities.formulas import Combination, Formula
from find_gym.categories.entities.function import ACTIVE, INACTIVE, EntityFunction, EntitySpec, WordTriplet
from find_gym.core.files import check_agreement, load_json, read_each, write_tables, write_text

TRIPLETS = 10


def read_functions(folder: Path) -> tuple[dict[str, EntitySpec], dict[str, str]]:
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


def _read_row(row: Any, test: Any) -> EntitySpec:
    if "find_gym" in row:
        spec = EntitySpec.from_json(row["find_gym"])
        check_agreement(row, _released_keys(spec))
        return spec
    names = [name for name in (row["concept1"], row.get("concept2")) if name]
    formula: Formula = names[0] if len(names) == 1 else Combination("or", tuple(names))
    triplets = () if test is None else read_triplets(test)
    return EntitySpec(formula, exemplars=tuple(map(str, row.get("initial", ()))), triplets=triplets)


def read_triplets(row: dict[str, Any]) -> tuple[WordTriplet, ...]:
    """Reads a row of `unit_test_data.json`."""
    return tuple(
        WordTriplet(tuple(map(str, words)), int(correct) - 1)
        for words, correct in zip(row["test_vec"], row["correct_inx"], strict=True)
    )


def write_functions(folder: Path, specs: Iterable[EntitySpec]) -> list[str]:
    """Writes entity functions in the released layout; the row of each has its whole spec under `find_gym` as well.

    Args:
        folder: the folder of the category; made where it does not exist.
        specs: the functions.

    Returns:
        The ids of the functions, in order.
    """
    functions = [EntityFunction(spec) for spec in specs]
    identifiers = [f"f{index:05d}" for index in range(len(functions))]
    rows, tests = [], []
    for identifier, function in zip(identifiers, functions, strict=True):
        rows.append(
            {
                "dir": identifier,
                **_released_keys(function.spec),
                "initial": function.exemplars(),
                "find_gym": function.spec.to_json(),
            }
        )
        triplets = function.spec.triplets or _draw_triplets(function)
        tests.append(
            {
                "name": identifier,
                "test_vec": [list(triplet.words) for triplet in triplets],
                "correct_inx": [triplet.correct + 1 for triplet in triplets],
            }
        )
        (folder / identifier).mkdir(parents=True, exist_ok=True)
        write_text(folder / identifier / "function_code.py", function.source())
    write_tables(folder, tests, "data.json", rows)
    return identifiers


def _released_keys(spec: EntitySpec) -> dict[str, Any]:
    first, *others = _names(spec.formula)
    return {"concept1": first, "concept2": others[0] if others else None}


def _names(formula: Formula) -> Iterable[str]:
    """Returns the concepts where the formula is one or an OR of two, as in the release; else its English."""
    from find_gym.categories.entities import formulas

    if isinstance(formula, Combination) and formula.operator == "or" and len(formula.parts) == 2:
        return [formulas.english(part) for part in formula.parts]
    return [formulas.english(formula)]


def _draw_triplets(function: EntityFunction) -> list[WordTriplet]:
    """Draws a word that activates the function, and two that do not, ten times."""
    rng = np.random.default_rng([*np.frombuffer(function.identity(), dtype=np.uint32).tolist(), 2])
    words = held_out_words()
    values = function.truth(words)
    active, inactive = np.flatnonzero(values >= ACTIVE), np.flatnonzero(values < INACTIVE)
    triplets = []
    for place in rng.permutation(active)[:TRIPLETS]:
        options = [words[other] for other in rng.choice(inactive, 2, replace=False)]
        correct = int(rng.integers(3))
        options.insert(correct, words[place])
        triplets.append(WordTriplet(tuple(options), correct))
    return triplets
