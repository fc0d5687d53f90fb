"""Files of datasets: rows of metadata read one by one, and all written beside their place and renamed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

Spec = TypeVar("Spec")


class DatasetError(ValueError):
    """A dataset that can't be read: the message names the file, what was expected and what came."""


def load_json(path: Path, expected: type) -> Any:
    """Reads a JSON file of a dataset whose top level has the expected type.

    Raises:
        DatasetError: the file can't be read, or has something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"expected a readable file {path} of a dataset, actual: {error}") from error
    except ValueError as error:
        raise DatasetError(f"{path}: expected JSON, actual: {error}") from error
    if not isinstance(data, expected):
        raise DatasetError(f"{path}: expected a JSON {expected.__name__}, actual type: {type(data).__name__}")
    return data


def read_each(
    rows: Sequence[Any], key: str, read: Callable[[Any, Any], Spec], unit_tests: Sequence[Any]
) -> tuple[dict[str, Spec], dict[str, str]]:
    """Reads the functions of a dataset; one that can't be read does not keep the others from it.

    Args:
        rows: the rows of the metadata.
        key: where a row has its id, which may be a path that ends in it.
        read: takes a row and the row of its unit tests (None where there is none) and returns the spec.
        unit_tests: the content of `unit_test_data.json`.

    Returns:
        The specs by the functions' ids; and for each function that could not be read, its id and why. Of rows with the
        same id, only the first is a function.
    """
    tests = {row["name"]: row for row in unit_tests if isinstance(row, dict) and isinstance(row.get("name"), str)}
    specs: dict[str, Spec] = {}
    skipped: dict[str, str] = {}
    for index, row in enumerate(rows):
        name = str(row.get(key, f"row {index}")).rsplit("/", 1)[-1] if isinstance(row, dict) else f"row {index}"
        if name in specs or name in skipped:
            skipped[f"{name} (row {index})"] = f"expected an id of its own, actual: that of an earlier row, {name!r}"
            continue
        try:
            specs[name] = read(row, tests.get(name))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError) as error:
            skipped[name] = f"{type(error).__name__}: {error}"
    return specs, skipped


def check_agreement(row: Mapping[str, Any], released: Mapping[str, Any]) -> None:
    """Checks that a row has the released keys of the spec under its key `find_gym`, which is the one that counts.

    Args:
        row: the row.
        released: what the spec's released keys are.

    Raises:
        ValueError: one of them is another, because it was edited for instance.
    """
    for name, value in json.loads(json.dumps(released)).items():
        if row.get(name) != value:
            raise ValueError(
                f"expected {name!r} as the spec under 'find_gym' has it, {value!r}, actual value: {row.get(name)!r}; "
                "edit that spec, or take 'find_gym' out of the row"
            )


def write_tables(folder: Path, unit_tests: list[dict[str, Any]], name: str, rows: list[dict[str, Any]]) -> None:
    """Writes the unit tests of a dataset and then its metadata, without which it is unfinished.

    Args:
        folder: the folder of the category; made where it does not exist.
        unit_tests: the rows of `unit_test_data.json`.
        name: the file of the metadata.
        rows: its rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "unit_test_data.json", json.dumps(unit_tests, indent=1) + "\n")
    write_text(folder / name, json.dumps(rows, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a file beside its place and renames it, so that it is never seen half written."""
    beside = path.with_name(f"{path.name}.partial")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
