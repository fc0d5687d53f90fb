"""Datasets on disk in the layout of the published benchmark: reading them as specs, and writing fresh ones.

Nothing that is read is run: numeric functions come from the metadata, the weights of networks from their state dicts,
the sources of string functions stay text until the sandbox gets them.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from find_gym.categories.entities import release as entities_release
from find_gym.categories.entities.function import EntitySpec
from find_gym.categories.numeric import release
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.relations import release as relations_release
from find_gym.categories.relations.function import RelationSpec
from find_gym.categories.strings.function import StringSpec
from find_gym.categories.strings.published import PublishedStringSpec
from find_gym.categories.strings.release import read_rows, write_strings
from find_gym.core.files import write_text

Spec: TypeAlias = NumericSpec | StringSpec | PublishedStringSpec | EntitySpec | RelationSpec

# The folder of each category within a dataset, as released.
FOLDERS = {"numeric": "numeric", "strings": "strings", "entities": "neurons_entities", "relations": "neurons_relations"}
CATEGORIES = tuple(FOLDERS)
# The file that is written last: a folder without it is no dataset.
METADATA = {"numeric": "data.json", "strings": "test_data.json", "entities": "data.json", "relations": "data.json"}


class DatasetError(ValueError):
    """A dataset that can't be read: the message names the file, what was expected and what came."""


@dataclass(frozen=True)
class DatasetEntry:
    """One function of a dataset.

    Attributes:
        id: its directory's name, such as "f00042".
        spec: what defines the function.
    """

    id: str
    spec: Spec


class FINDDataset(Sequence[DatasetEntry]):
    """The functions of one category of a dataset in the released layout.

    Args:
        path: the folder that holds `numeric/`, `strings/`, `neurons_entities/` or `neurons_relations/`.
        category: "numeric", "strings", "entities" or "relations".

    Attributes:
        entries: the functions that could be read, in the order of the metadata.
        skipped: for each function that could not, its id and why (a missing or broken file).

    Raises:
        DatasetError: a file that all functions need is missing or not what it should be.
        ValueError: an unknown category.

    A warning says how many functions were skipped and why the first one was.
    """

    def __init__(self, path: str | os.PathLike[str], category: str = "numeric") -> None:
        if category not in CATEGORIES:
            raise ValueError(f"expected a category in {CATEGORIES}, actual value: {category!r}")
        self.path = Path(path)
        self.category = category
        self.entries: list[DatasetEntry] = []
        self.skipped: dict[str, str] = {}
        folder = self.path / FOLDERS[category]
        read = {
            "numeric": self._read_numeric,
            "strings": self._read_strings,
            "entities": self._read_entities,
            "relations": self._read_relations,
        }
        read[category](folder)
        if self.skipped:
            identifier, reason = next(iter(self.skipped.items()))
            count = len(self.skipped) + len(self.entries)
            warnings.warn(
                f"{folder}: skipped {len(self.skipped)} of {count} functions; the first, {identifier}: {reason}",
                stacklevel=2,
            )

    def _read_numeric(self, folder: Path) -> None:
        rows = _load_json(folder / "data.json", list)
        forms = _load_json(folder / "func_name_dict.json", dict)
        seen: set[str] = set()
        for index, row in enumerate(rows):
            identifier = row.get("dir") if isinstance(row, dict) else None
            if not isinstance(identifier, str) or identifier in seen:
                raise DatasetError(
                    f"{folder / 'data.json'}: expected rows with a 'dir' of their own, row {index}: {row!r}"
                )
            seen.add(identifier)
            try:
                spec = release.read_row(row, forms.get(identifier), folder / identifier)
            except (ValueError, KeyError, TypeError, IndexError, OSError, ImportError) as error:
                self.skipped[identifier] = f"{type(error).__name__}: {error}"
            else:
                self.entries.append(DatasetEntry(identifier, spec))

    def _read_strings(self, folder: Path) -> None:
        descriptions = _load_json(folder / "test_data.json", list)
        unit_tests = _load_json(folder / "unit_test_data.json", list)
        specs, self.skipped = read_rows(descriptions, unit_tests, folder)
        self.entries = [DatasetEntry(identifier, spec) for identifier, spec in specs.items()]

    def _read_entities(self, folder: Path) -> None:
        rows = _load_json(folder / "data.json", list)
        unit_tests = _load_json(folder / "unit_test_data.json", list)
        specs, self.skipped = entities_release.read_rows(rows, unit_tests)
        self.entries = [DatasetEntry(identifier, spec) for identifier, spec in specs.items()]

    def _read_relations(self, folder: Path) -> None:
        rows = _load_json(folder / "data.json", list)
        unit_tests = _load_json(folder / "unit_test_data.json", list)
        specs, self.skipped = relations_release.read_rows(rows, unit_tests)
        self.entries = [DatasetEntry(identifier, spec) for identifier, spec in specs.items()]

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: Any) -> Any:
        return self.entries[index]

    def __iter__(self) -> Iterator[DatasetEntry]:
        return iter(self.entries)


def write_dataset(
    path: str | os.PathLike[str], specs: Iterable[NumericSpec | StringSpec | EntitySpec | RelationSpec]
) -> list[str]:
    """Writes functions of one category in the released layout.

    Every function gets a directory with `function_code.py`; numeric ones that are not plain also
    `noised_function_code.py`, `corrupted_function_code.py`, or `load_mlp.py` with the weights in `mlp_approx_model.pt`
    (which needs torch). The metadata are written last, beside their place and then renamed, so a folder without
    `data.json` (strings: `test_data.json`) is an unfinished dataset.

    The row of each function has its whole spec under `find_gym`, which is what is read. A row of numbers, entities or
    relations whose released keys are not those of that spec is skipped, and named: edit the spec, or take it out.

    Args:
        path: the dataset's folder; made where it does not exist.
        specs: the functions.

    Returns:
        The ids of the functions, in order.

    Raises:
        DatasetError: there is a dataset at this place already.
        ValueError: the specs are of several categories.
        ImportError: a network is to be written and torch is not installed.
    """
    specs = list(specs)
    categories = {spec.category for spec in specs} or {"numeric"}
    if len(categories) > 1:
        raise ValueError(f"expected specs of one category, actual: {sorted(categories)}")
    category = categories.pop()
    folder = Path(path) / FOLDERS[category]
    if (folder / METADATA[category]).exists():
        raise DatasetError(f"expected a folder without a dataset, actual: {folder / METADATA[category]} exists")
    if category == "strings":
        return write_strings(folder, [spec for spec in specs if isinstance(spec, StringSpec)])
    if category == "entities":
        return entities_release.write_entities(folder, [spec for spec in specs if isinstance(spec, EntitySpec)])
    if category == "relations":
        return relations_release.write_relations(folder, [spec for spec in specs if isinstance(spec, RelationSpec)])
    return _write_numeric(folder, [spec for spec in specs if isinstance(spec, NumericSpec)])


def _write_numeric(folder: Path, specs: list[NumericSpec]) -> list[str]:
    rows: list[dict[str, Any]] = []
    forms: dict[str, str] = {}
    for index, spec in enumerate(specs):
        identifier = f"f{index:05d}"
        forms[identifier] = release.form_of(spec)
        rows.append(release.write_row(spec, identifier, folder / identifier))
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "func_name_dict.json", json.dumps(forms, indent=1) + "\n")
    write_text(folder / "data.json", json.dumps(rows, indent=1) + "\n")
    return list(forms)


def _load_json(path: Path, expected: type) -> Any:
    """Reads a JSON file whose top level has the expected type."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"expected a readable file {path} of a dataset, actual: {error}") from error
    except ValueError as error:
        raise DatasetError(f"{path}: expected JSON, actual: {error}") from error
    if not isinstance(data, expected):
        raise DatasetError(f"{path}: expected a JSON {expected.__name__}, actual type: {type(data).__name__}")
    return data
