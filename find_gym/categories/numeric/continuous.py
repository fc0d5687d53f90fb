"""The `continuous` interface for numeric functions: any input, constants from the agent itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS
from find_gym.categories.numeric.difficulty import NAMED_FAMILIES, NumericDifficulty, families_of
from find_gym.categories.numeric.function import QUERY_RANGE, NumericSpec
from find_gym.categories.numeric.rules import OPERATORS, AtomRule, CompoundRule, Rule
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.categories.numeric.variants import REGION_KINDS, Region
from find_gym.core.episode import Episode, Move, Query, Refuse, Submit
from find_gym.core.submissions import Submission
from find_gym.interfaces.features import log_magnitude, relative, squash

_PARTS = 2
_STRUCTURES = ("single", *OPERATORS)
_REGIONS = ("none", *REGION_KINDS)


def _fields(families: tuple[str, ...]) -> dict[str, int]:
    """Returns the fields of an action with their sizes, in order."""
    return {
        "submit": 1,
        "x": 1,
        "structure": len(_STRUCTURES),
        "family": _PARTS * len(families),
        "constants": _PARTS * max(ATOMS[name].action_size for name in families),
        "region": len(_REGIONS),
        "bounds": 2,
    }


ACTION_SIZE = sum(_fields(NAMED_FAMILIES).values())


def split_action(
    action: NDArray[np.float64], families: tuple[str, ...] = NAMED_FAMILIES
) -> dict[str, NDArray[np.float64]]:
    """Splits an action into its named fields, in order; families are those that it may describe."""
    fields = _fields(families)
    edges = np.cumsum([0, *fields.values()])
    return {name: action[edges[index] : edges[index + 1]] for index, name in enumerate(fields)}


def join_action(
    fields: Mapping[str, NDArray[np.floating]], families: tuple[str, ...] = NAMED_FAMILIES
) -> NDArray[np.float32]:
    """Returns the action with these fields, the others 0; the inverse of `split_action`."""
    sizes = _fields(families)
    return np.concatenate([fields.get(name, np.zeros(size)) for name, size in sizes.items()]).astype(np.float32)


class ContinuousInterface:
    """Queries are any numbers, descriptions are scores for structures and families with constants beside them.

    The action is a float32 box in [-1, 1] of shape (77,), or more where the difficulty names atoms that no named one
    does:

    - `submit` (1): a submission if positive, a query otherwise;
    - `x` (1): the input of the query, in units of 128;
    - `structure` (3): the greatest of "single", "sum", "product" holds;
    - `family` (2 × 22): for both parts, the greatest names the atom, in the order of the table of atoms;
    - `constants` (2 × 11): for both parts, the atom's constants in the table's order, in units of the ranges that they
      are drawn from; polynomials take six coefficients, highest power first, rationals five and six;
    - `region` (4): the greatest of "none", "below", "above", "inside" is the exception that is claimed;
    - `bounds` (2): its bounds in units of 128 (below: the first, above: the second, inside: both, in any order). Its
      mean is that of the described rule over its domain, as FIND has it.

    The observation is a float32 box of shape `(max_queries * 6,)` in [-1, 1], six numbers for each input asked so far:
    1, x / 128, asinh of the output, the output over the largest magnitude of the episode, the logarithm of its
    magnitude (all of these scaled), and whether it was undefined. What has not been asked is 0.

    Args:
        max_queries: the budget.
        level: the difficulty, for the atoms that can be described.
    """

    extra_steps = 10

    def __init__(self, max_queries: int, level: NumericDifficulty | None = None) -> None:
        self._rows = max(max_queries, 1)
        self._families = families_of(level)
        self._size = sum(_fields(self._families).values())
        self.action_space = spaces.Box(-1.0, 1.0, (self._size,), np.float32)
        self.observation_space = spaces.Box(-1.0, 1.0, (self._rows * 6,), np.float32)

    def begin(self, episode: Episode) -> NDArray[np.float32]:
        """Starts an episode and returns its first observation."""
        return self.observe(episode)

    def decode(self, action: Any, episode: Episode) -> Move:
        """Returns the move that an action stands for; entries beyond [-1, 1] are clipped."""
        try:
            values = np.asarray(action, dtype=np.float64)
        except (TypeError, ValueError):
            values = np.empty(0)
        if values.shape != (self._size,) or not np.isfinite(values).all():
            raise ValueError(f"expected {self._size} finite numbers in [-1, 1], actual value: {action!r}")
        fields = split_action(np.clip(values, -1.0, 1.0), self._families)
        if fields["submit"][0] > 0:
            return Submit(Submission(program=self._program(fields)))
        if episode.budget == 0:
            return Refuse("expected a submission: the budget of queries is spent")
        return Query((float(fields["x"][0]) * QUERY_RANGE[1],))

    def observe(self, episode: Episode) -> NDArray[np.float32]:
        """Returns the observation after a step, a fresh array."""
        x, y = np.array(episode.inputs), np.array(episode.outputs)
        rows = np.zeros((self._rows, 6), dtype=np.float32)
        undefined = ~np.isfinite(y)
        columns = (np.ones_like(x), x / QUERY_RANGE[1], squash(y), relative(y), log_magnitude(y), undefined)
        rows[: x.size] = np.stack(columns, axis=1)
        return rows.ravel()

    def _program(self, fields: dict[str, NDArray[np.float64]]) -> NumericSpec:
        families = fields["family"].reshape(_PARTS, -1).argmax(axis=1)
        constants = fields["constants"].reshape(_PARTS, -1)
        parts = [read_atom(self._families[family], row) for family, row in zip(families, constants, strict=True)]
        structure = _STRUCTURES[int(fields["structure"].argmax())]
        rule: Rule = parts[0]
        for operator in OPERATORS:
            if structure == operator:
                rule = CompoundRule(operator, tuple(parts))
        return NumericSpec(rule, rules.domain(rule), regions=_regions(rule, fields))


def read_atom(name: str, row: NDArray[np.float64]) -> AtomRule:
    """Returns an atom with its constants read from numbers in [-1, 1], as many as it needs, or more."""
    return AtomRule(name, ATOMS[name].read(row))


def _regions(rule: Rule, fields: dict[str, NDArray[np.float64]]) -> tuple[Region, ...]:
    kind = _REGIONS[int(fields["region"].argmax())]
    first, second = (fields["bounds"] * QUERY_RANGE[1]).tolist()
    mean = domain_mean(rule, rules.domain(rule))
    if kind == "none" or mean is None or (kind == "inside" and first == second):
        return ()
    if kind == "below":
        return (Region(-math.inf, first, mean),)
    if kind == "above":
        return (Region(second, math.inf, mean),)
    return (Region(min(first, second), max(first, second), mean),)
