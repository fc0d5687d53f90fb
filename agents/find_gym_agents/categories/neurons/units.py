"""Units that the command line names: patterns are drawn from, and what can't be served is found out at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np

from find_gym.categories.neurons.function import NeuronFunction, NeuronSpec
from find_gym.categories.neurons.live import prepare
from find_gym.categories.neurons.network import load_network
from find_gym.categories.neurons.units import READINGS, Reading, Unit, UnitPattern
from find_gym.language.embeddings import DEFAULT_MODEL
from find_gym_agents.categories.units import UnitOptions


def select_units(options: UnitOptions, seed: int) -> tuple[dict[str, NeuronSpec], dict[str, str]]:
    """Returns the specs of units by their names, and by the names of those that can't be served the reasons.

    Units that a pattern names may be such; in place of one that was drawn another is.

    Args:
        options: which units.
        seed: seeds what is drawn of patterns.

    Raises:
        ValueError: a name is no unit, the network has no such unit, or a unit that is named itself can't be served.
        MissingModelError: the network is missing, or what runs it.
    """
    selection = _Selection(options)
    patterns = [UnitPattern.parse(name) for name in options.names]
    rng = np.random.default_rng([seed, 0])
    named = [spec for pattern in patterns if pattern.unit is not None for spec in selection.specs(pattern.unit)]
    drawn = [(selection.all(pattern, rng), pattern.count) for pattern in patterns if pattern.unit is None]
    # What is computed together takes hardly longer than one unit.
    prepare([*named, *(spec for specs, count in drawn for spec in specs[:count])])
    found = {_name(spec): spec for spec in named if NeuronFunction(spec)}
    reasons: dict[str, str] = {}
    for specs, count in drawn:
        served = _served((spec for spec in specs if _name(spec) not in found), reasons)
        for spec, _ in zip(served, specs[:count], strict=False):
            found[_name(spec)] = spec
    return found, reasons


class _Selection:
    """Makes specs of units with the options' network, reading and directions."""

    def __init__(self, options: UnitOptions) -> None:
        self._network = options.network or DEFAULT_MODEL
        self._reading = cast(Reading, options.reading or READINGS[0])
        self._directions = options.directions

    def specs(self, unit: Unit) -> list[NeuronSpec]:
        """Returns the specs of a unit: one, or one for each direction."""
        directions = self._directions if unit.kind == "residual" and unit.place is None else ()
        return [NeuronSpec(unit.name, self._network, self._reading, each) for each in directions or ("",)]

    def all(self, pattern: UnitPattern, rng: np.random.Generator) -> list[NeuronSpec]:
        """Returns the specs of all units that a pattern names; where some are drawn, in random order."""
        units: Sequence[Any] = load_network(self._network).matching(pattern)
        if pattern.count is not None:
            units = [units[place] for place in rng.permutation(len(units))]
        return [spec for unit in units for spec in self.specs(unit)]


def _served(specs: Iterator[NeuronSpec], reasons: dict[str, str]) -> Iterator[NeuronSpec]:
    """Yields those that can be served; of the others the reasons are noted."""
    for spec in specs:
        try:
            NeuronFunction(spec)
        except ValueError as error:
            reasons[_name(spec)] = str(error)
            continue
        yield spec


def _name(spec: NeuronSpec) -> str:
    return f"{spec.unit} {spec.direction}".strip()
