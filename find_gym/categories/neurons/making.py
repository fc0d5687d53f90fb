"""Makes the table of units that ships with the package, from the weights of the network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import held_out_places, open_places
from find_gym.categories.neurons.predicates import bank_values
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.scaling import ACTIVE, QUANTILES, STEPS, Scale
from find_gym.categories.neurons.search import Population, balanced_area, best_program, gather
from find_gym.categories.neurons.units import Unit

LAYERS, NEURONS, HEADS, HEAD_SIZE = 6, 1536, 12, 32
LEAST_AREA = 0.74
"""What a unit is kept for: the area under the curve of its best program on the held-out words."""
MOST = {"mlp": 150, "attention": 50}
"""Units of each kind that are kept of one layer, those that are explained best."""
TRIED = 2.5
"""Programs are searched for so many times as many units: those that a single predicate explains best."""
LEAST_ACTIVE = 40
"""Active words that a unit has to have among the open and among the held-out words."""


@dataclass(frozen=True)
class Candidate:
    """A unit that may be kept.

    Attributes:
        unit: the unit.
        scale: its scale.
        outputs: its outputs over the bank in steps, uint8 of shape `(words,)`.
        program: the best program that was found on the open words.
        area: its area under the curve on the held-out words.
    """

    unit: Unit
    scale: Scale
    outputs: NDArray[np.uint8]
    program: NeuronProgram
    area: float


def all_units() -> list[Unit]:
    """Returns all candidates: neurons, lengths of what heads write, and coordinates of heads' outputs."""
    units = []
    for layer in range(LAYERS):
        units += [Unit("mlp", layer, place) for place in range(NEURONS)]
        for head in range(HEADS):
            units.append(Unit("attention", layer, head))
            units += [Unit("attention", layer, head, coordinate) for coordinate in range(HEAD_SIZE)]
    return units


def scaled(activations: NDArray[np.float32]) -> tuple[Scale, NDArray[np.uint8]] | None:
    """Returns the scale of a unit and its outputs in steps, or None where it is worth nothing as a test.

    Args:
        activations: its activations of the bank, shape `(words,)`.
    """
    try:
        scale = Scale.of(activations)
    except ValueError:
        return None
    steps = np.round(scale(activations) * STEPS).astype(np.uint8)
    active = steps >= ACTIVE * STEPS
    enough = min(np.count_nonzero(active[places]) for places in (open_places(), held_out_places()))
    return (scale, steps) if enough >= LEAST_ACTIVE else None


class Judge:
    """Finds the best programs of units.

    Args:
        population: the units that the words to tell from a unit's own come from.
    """

    def __init__(self, population: Population) -> None:
        self._population = population

    def __call__(self, unit: Unit, scale: Scale, steps: NDArray[np.uint8]) -> Candidate:
        """Returns a unit with its best program."""
        outputs = steps / STEPS
        program, _ = best_program(outputs, self._population)
        held_out = gather(outputs, held_out_places(), self._population, np.random.default_rng(0))
        area = float(balanced_area(program.bank_outputs(), held_out))
        return Candidate(unit, scale, steps, program, round(area, 4))


def select(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Returns the units that are kept, in the order of layers, kinds and places."""
    kept = []
    for layer in range(LAYERS):
        for kind, most in MOST.items():
            group = [one for one in candidates if (one.unit.layer, one.unit.kind) == (layer, kind)]
            good = [one for one in group if one.area >= LEAST_AREA]
            best = sorted(good, key=lambda one: (-one.area, one.unit.name))[:most]
            kept += sorted(best, key=lambda one: (one.unit.place or 0, one.unit.coordinate or -1))
    return kept


def promising(units: Sequence[Unit], activations: NDArray[np.float32]) -> list[int]:
    """Returns the places of the units that a single predicate explains best, of each layer and kind.

    Args:
        units: the candidates.
        activations: their activations of the bank, shape `(words, units)`.
    """
    ranks = np.stack([_ranks(values) for values in bank_values()[:, open_places()]], axis=1)
    is_active = (activations >= np.quantile(activations, QUANTILES[2], axis=0))[open_places()].astype(np.float32)
    count = is_active.sum(axis=0)
    pairs = count * (len(ranks) - count)
    areas = (is_active.T @ ranks - (count * (count + 1) / 2)[:, None]).max(axis=1) / np.maximum(pairs, 1)
    chosen = []
    for layer in range(LAYERS):
        for kind, most in MOST.items():
            group = [place for place, unit in enumerate(units) if (unit.layer, unit.kind) == (layer, kind)]
            best = sorted(group, key=lambda place: (-round(float(areas[place]), 6), place))
            chosen += sorted(best[: int(TRIED * most)])
    return chosen


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the ranks of values from 1, ties at their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse].astype(np.float32)


def table_of(kept: Sequence[Candidate], digest: str) -> dict[str, Any]:
    """Returns the arrays of the table's file."""
    programs = [one.program.to_json()["clauses"] for one in kept]
    return {
        "units": np.array([one.unit.name for one in kept]),
        "knots": np.array([one.scale.knots for one in kept]),
        "outputs": np.stack([one.outputs for one in kept]),
        "programs": np.array(json.dumps(programs)),
        "areas": np.array([one.area for one in kept]),
        "words": np.array(digest),
    }
