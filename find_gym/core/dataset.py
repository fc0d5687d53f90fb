"""Datasets on disk in the layout of the published benchmark: reading them as specs, and writing fresh ones.

Nothing that is read is run: what a category's reader makes of the files are specs, and sources stay text until the
sandbox gets them.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from find_gym.core.category import Category
from find_gym.core.files import DatasetError
from find_gym.core.registry import categories_by_name, category_named

# Functions of a dataset that a warning names.
_NAMED = 8


@dataclass(frozen=True)
class DatasetEntry:
    """One function of a dataset.

    Attributes:
        id: its directory's name, such as "f00042".
        spec: what defines the function.
    """

    id: str
    spec: Any


class FINDDataset(Sequence[DatasetEntry]):
    """The functions of one category of a dataset in the released layout.

    Args:
        path: the folder that holds the folders of the categories, such as `numeric/` and `neurons_entities/`.
        category: the name of the category; None for the first registered one whose folder is there.

    Attributes:
        path: the folder.
        category: the name of the category.
        entries: the functions that could be read, in the order of the metadata.
        skipped: for each function that could not, its id and why (a missing or broken file).

    Raises:
        DatasetError: a file that all functions need is missing or not what it should be.
        ValueError: an unknown category.

    A warning says how many functions were skipped and why the first one was.
    """

    def __init__(self, path: str | os.PathLike[str], category: str | None = None) -> None:
        self.path = Path(path)
        self._category = _first_within(self.path) if category is None else category_named(category)
        self.category = self._category.name
        folder = self.path / self._category.folder
        specs, self.skipped = self._category.read_dataset(folder)
        self.entries = [DatasetEntry(identifier, spec) for identifier, spec in specs.items()]
        if self.skipped:
            identifier, reason = next(iter(self.skipped.items()))
            count = len(self.skipped) + len(self.entries)
            warnings.warn(
                f"{folder}: skipped {len(self.skipped)} of {count} functions; the first, {identifier}: {reason}",
                stacklevel=2,
            )

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: Any) -> Any:
        return self.entries[index]

    def __iter__(self) -> Iterator[DatasetEntry]:
        return iter(self.entries)

    def servable(self) -> tuple[list[DatasetEntry], dict[str, str]]:
        """Returns the entries that can be served, and for each of the others its id and why it can't.

        A warning names the others.
        """
        entries: list[DatasetEntry] = []
        unserved: dict[str, str] = {}
        for entry in self.entries:
            try:
                self._category.make(entry.spec)
            except ValueError as error:
                unserved[entry.id] = str(error)
            else:
                entries.append(entry)
        if unserved:
            names, first = list(unserved), next(iter(unserved.values()))
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            warnings.warn(
                f"{self.path}: left out {len(names)} of {len(self)} {self.category} functions, which can't be "
                f"served: {', '.join(names[:_NAMED])}{more}; the first: {first}",
                stacklevel=3,
            )
        return entries, unserved


def _first_within(path: Path) -> Category:
    """Returns the first registered category whose folder is there, or else the first."""
    registered = list(categories_by_name().values())
    return next((category for category in registered if (path / category.folder).is_dir()), registered[0])


def write_dataset(path: str | os.PathLike[str], specs: Iterable[Any]) -> list[str]:
    """Writes functions of one category in the released layout.

    Every function gets a directory with `function_code.py`; numeric ones that are not plain also
    `noised_function_code.py`, `corrupted_function_code.py`, or `load_mlp.py` with the weights in `mlp_approx_model.pt`
    (which needs torch). The metadata are written last and atomically, so a folder without `data.json` (strings:
    `test_data.json`) is an unfinished dataset.

    The row of each function has its whole spec under `find_gym`, which is what is read. A row of numbers, entities or
    relations whose released keys are not those of that spec is skipped, and named: edit the spec, or take it out.

    Args:
        path: the dataset's folder; made where it does not exist.
        specs: the functions, at least one.

    Returns:
        The ids of the functions, in order.

    Raises:
        DatasetError: there is a dataset at this place already.
        ValueError: there are no specs, or they are of several categories.
        ImportError: a network is to be written and torch is not installed.
    """
    specs = list(specs)
    names = {spec.category for spec in specs}
    if len(names) != 1:
        raise ValueError(f"expected specs of one category, actual: {sorted(names)}")
    category = category_named(names.pop())
    folder = Path(path) / category.folder
    if (folder / category.metadata).exists():
        raise DatasetError(f"expected a folder without a dataset, actual: {folder / category.metadata} exists")
    return category.write_dataset(folder, specs)
