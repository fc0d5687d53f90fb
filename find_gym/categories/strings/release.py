"""The released layout of string functions on disk: reading it, and writing fresh functions in it.

`strings/test_data.json` has a description of each function and inputs to test it on, `strings/unit_test_data.json` its
unit tests (triplets), and `strings/f00000/function_code.py` its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from find_gym.categories.strings import writing
from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.inputs import balanced_inputs
from find_gym.categories.strings.published import PublishedStringSpec
from find_gym.categories.strings.sampling import sample_string
from find_gym.categories.triplets import Triplet
from find_gym.core.files import load_json, read_each, write_tables, write_text

METADATA = "test_data.json"
TRIPLETS = 10
_OPTIONS = 3
_FRESH_FUNCTIONS = 8
_CODE = "function_code.py"


def read_functions(folder: Path) -> tuple[dict[str, StringSpec | PublishedStringSpec], dict[str, str]]:
    """Reads the functions of a dataset; their sources are read as text and not run.

    Args:
        folder: the folder of the category; the functions' directories within it may be missing.

    Returns:
        The specs by the functions' names, those written by this project as programs; and for each function that could
        not be read, its name and why.

    Raises:
        DatasetError: a file of metadata is missing or broken.
    """
    return read_rows(load_json(folder / METADATA, list), load_json(folder / "unit_test_data.json", list), folder)


def read_rows(
    descriptions: Sequence[Any], unit_tests: Sequence[Any], folder: Path
) -> tuple[dict[str, StringSpec | PublishedStringSpec], dict[str, str]]:
    """Reads the functions of a dataset from the content of its two files of metadata; see `read_functions`."""
    return read_each(descriptions, "name", lambda row, test: _read_row(row, test, folder), unit_tests)


def _read_row(row: Any, test: Any, folder: Path) -> StringSpec | PublishedStringSpec:
    if "find_gym" in row:
        return StringSpec.from_json(row["find_gym"])
    name = row["name"]
    code = folder / name / _CODE
    return PublishedStringSpec(
        id=name,
        description=_without_label(row["description"]),
        triplets=() if test is None else read_triplets(test),
        code=code.read_text(encoding="utf-8") if code.is_file() else None,
    )


def read_triplets(row: dict[str, Any]) -> tuple[Triplet, ...]:
    """Reads a row of `unit_test_data.json`."""
    return tuple(
        Triplet(inputs, outputs, int(correct) - 1)
        for (inputs, outputs), correct in zip(row["test_vec"], row["correct_inx"], strict=True)
    )


def _without_label(description: str) -> str:
    """Strips the colon and the blank lines that the released descriptions begin and end with."""
    return description.strip().removeprefix(":").strip()


def write_functions(folder: Path, specs: Iterable[StringSpec]) -> list[str]:
    """Writes string functions in the released layout.

    The metadata are written last and atomically, so a folder without `test_data.json` is an unfinished dataset. The row
    of each function has its whole spec under `find_gym` besides the released keys.

    Args:
        folder: the folder of the category; made where it does not exist.
        specs: the functions.

    Returns:
        The ids of the functions, in order.
    """
    functions = [StringFunction(spec) for spec in specs]
    executions = [_executions(function) for function in [*functions, *_fresh_functions()]]
    names = [f"f{index:05d}" for index in range(len(functions))]
    descriptions, tests = [], []
    for index, (name, function) in enumerate(zip(names, functions, strict=True)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        write_text(folder / name / _CODE, writing.source(function.spec.program))
        descriptions.append(
            {
                "name": name,
                "description": function.describe(),
                "test_inputs": ", ".join(json.dumps(text) for text, _ in executions[index]),
                "find_gym": function.spec.to_json(),
            }
        )
        tests.append({"name": name, **_unit_test(index, function, executions)})
    write_tables(folder, tests, METADATA, descriptions)
    return names


def _fresh_functions() -> list[StringFunction]:
    """Samples functions that provide distractors in any dataset, however small."""
    rng = np.random.default_rng(3)
    return [StringFunction(sample_string(rng)) for _ in range(_FRESH_FUNCTIONS)]


def _executions(function: StringFunction) -> list[tuple[str, str]]:
    inputs, followed = balanced_inputs(_generator(function, 0), TRIPLETS, function)
    return list(zip(inputs, followed.outputs, strict=True))


def _generator(function: StringFunction, stream: int) -> np.random.Generator:
    return np.random.default_rng([*np.frombuffer(function.identity(), dtype=np.uint32).tolist(), stream])


def _unit_test(
    index: int, function: StringFunction, executions: Sequence[Sequence[tuple[str, str]]]
) -> dict[str, list[Any]]:
    """Makes the triplets of a function: one of its executions, and two that it would answer otherwise."""
    rng = _generator(function, 1)
    vectors, places = [], []
    for own in executions[index]:
        options: list[tuple[str, str]] = []
        while len(options) < _OPTIONS - 1:
            other = executions[int(rng.integers(len(executions)))]
            text, output = other[int(rng.integers(len(other)))]
            if function.truth([text])[0] != output:
                options.append((text, output))
        place = int(rng.integers(_OPTIONS))
        options.insert(place, own)
        vectors.append([[text for text, _ in options], [output for _, output in options]])
        places.append(place + 1)
    return {"test_vec": vectors, "correct_inx": places}
