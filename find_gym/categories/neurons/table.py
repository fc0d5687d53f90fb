"""The units that ship with the package: numpy is all they need.

`scripts/make_neuron_table.py` makes the file from the weights of all-MiniLM-L6-v2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import bank_digest
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.scaling import STEPS, Scale
from find_gym.categories.neurons.search import Population
from find_gym.categories.neurons.units import Unit
from find_gym.core.splits import divide

FILE = "units.npz"


@dataclass(frozen=True, eq=False)
class UnitTable:
    """The shipped units.

    Attributes:
        names: their names, in the order of layers, kinds and places.
        knots: their scales, float64 of shape `(units, 4)`.
        steps: their outputs over the bank as multiples of 1 / 250, uint8 of shape `(units, words)`.
        programs: the best programs that are known of them.
        areas: the areas under the curve of these on the held-out words, float64 of shape `(units,)`.
    """

    names: tuple[str, ...]
    knots: NDArray[np.float64]
    steps: NDArray[np.uint8]
    programs: tuple[NeuronProgram, ...]
    areas: NDArray[np.float64]

    @cached_property
    def population(self) -> Population:
        """The units as those that the inactive words of scores come from."""
        return Population.of(self.steps)

    def row(self, name: str) -> int | None:
        """Returns the row of a unit; None for units that do not ship."""
        return _rows().get(name)

    def outputs(self, row: int) -> NDArray[np.float64]:
        """Returns the outputs of a unit over the bank, float64 of shape `(words,)`."""
        return self.steps[row] / STEPS

    def scale(self, row: int) -> Scale:
        """Returns the scale of a unit."""
        return Scale(tuple(self.knots[row].tolist()))


@cache
def unit_table() -> UnitTable:
    """Returns the shipped units, read once.

    Raises:
        ValueError: they belong to another bank.
    """
    place = resources.files("find_gym.categories.neurons").joinpath("tables", FILE)
    with place.open("rb") as file, np.load(file, allow_pickle=False) as data:
        if str(data["words"]) != bank_digest():
            raise ValueError(
                f"expected the units of the bank of words, actual: {FILE} is of others; run "
                "scripts/make_neuron_table.py"
            )
        rows = json.loads(str(data["programs"]))
        programs = tuple(NeuronProgram.from_json({"clauses": clauses}) for clauses in rows)
        names = tuple(data["units"].tolist())
        return UnitTable(names, data["knots"], data["outputs"], programs, data["areas"])


@cache
def _rows() -> dict[str, int]:
    return {name: row for row, name in enumerate(unit_table().names)}


@cache
def splits_of_units() -> dict[str, str]:
    """Returns the split of each shipped unit: those of each layer and kind are divided evenly."""
    groups: dict[tuple[int, str], list[str]] = {}
    for name in unit_table().names:
        unit = Unit.parse(name)
        groups.setdefault((unit.layer, unit.kind), []).append(name)
    return divide(groups.values())


@cache
def ranks_of_units() -> NDArray[np.float64]:
    """Returns how well each unit is explained beside the others, from 0 (least) to 1, float64 of shape `(units,)`."""
    areas = unit_table().areas
    order = np.argsort(areas, kind="stable")
    ranks = np.empty(len(areas))
    ranks[order] = np.arange(len(areas)) / max(len(areas) - 1, 1)
    return ranks
