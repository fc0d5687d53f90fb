"""Sums and products as compiled loops take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.called_back import CalledBack
from find_gym.categories.numeric.fitting.compiled_atoms import CompiledAtom
from find_gym.categories.numeric.fitting.tables import Table
from find_gym.categories.numeric.fitting.trees import LeafConstants
from find_gym.categories.numeric.kernels import asking, compounds, factors, models, parts
from find_gym.categories.numeric.rules import Operator
from find_gym.core.kernels.compiling import address_of

# What atoms of this package may be as factors.
_FACTORS = {"linear": factors.LINE, "relu": factors.LINE, "polynomial": factors.HALF, "step": factors.LEVEL}
# Of more functions than this, as products of five polynomials have, no combination is looked for: it would take up to
# all memory, and explain any evidence.
_MOST_FUNCTIONS = 2_000

AnyRule: TypeAlias = Union[CompiledAtom, CalledBack, "Compound"]


class Compound:
    """A sum or product as `find_gym.categories.numeric.kernels.rule_fits.begin_fit` takes it; see `CompiledAtom`.

    Args:
        operator: "sum" or "product".
        rules: its parts, at least two.
    """

    def __init__(self, operator: Operator, rules: Sequence[AnyRule]) -> None:
        product = operator == "product"
        self._parts = tuple(rules)
        # Where a part is scanned, as the others are linear, these are fitted by themselves.
        self._rules, scanned, others = list(rules), -1, -1
        for place, rule in enumerate(rules):
            rest = [*rules[:place], *rules[place + 1 :]]
            if rule.rule[asking.GRID] and _span_of(rest, product)[0] >= 0:
                scanned, others = place, len(rules) if len(rest) > 1 else 1 - place
                if len(rest) > 1:
                    self._rules.append(Compound(operator, rest))
                break
        atoms, size = (sum([int(one) for one in column]) for column in zip(*[_sizes_of(r) for r in rules], strict=True))
        self._rest = sum([2 + int(rule.rule[asking.RULE_REST]) for rule in rules])
        code = models.HEADER + models.PER_ATOM * atoms + 2 * atoms - 1
        # All rows of an answer together have room for the code of the model, and what is known of each constant.
        self.row: int = max(asking.CONSTANTS + size + self._rest, *[rule.row for rule in rules])
        self.span_size, self.is_offset = _span_of(rules, product)
        lowered = asking.IN_TURN if any([rule.rule[asking.LOWERED] != asking.NEVER for rule in rules]) else asking.NEVER
        header = [
            address_of(compounds.compounds, asking.SIGNATURE), compounds.PRODUCT if product else compounds.SUM, False,
            False, False, False, lowered, any([rule.rule[asking.CALLED_BACK] for rule in rules]), self.row, self._rest,
            0, 0, 0, atoms, -1, self.span_size, 0, 0,
        ]  # fmt: skip
        self.rule: NDArray[np.int64] = np.array([*header, *([0] * code), -1], dtype=np.int64)
        self.limits = np.zeros((4, size))
        structure = [len(rules), len(self._rules), self.span_size, size, scanned, others]
        for rule in self._rules:
            structure += [
                _address(rule.rule), rule.rule.size, _address(rule.limits), rule.limits.shape[1], 0, 0, 0, 0,
                self._rules.index(rule), *(_factors_of(rule) if product else (0, 0)),
            ]  # fmt: skip
        self._structure: NDArray[np.int64] = np.array(structure, dtype=np.int64)

    def table(self, x: FloatArray) -> Table:
        """Returns what is known of the parts and of their tables at inputs `(n,)`, and the places of these."""
        structure, held = self._structure.copy(), []
        for number, rule in enumerate(self._rules):
            table = rule.table(x)
            if table.values.size:
                first = parts.HEADER + parts.PER_RULE * number + parts.TABLE
                structure[first : first + 4] = _address(table.values), *table.values.shape, _address(table.rows)
                held.append(table)
        return Table(structure.view(np.float64).reshape(1, -1), np.arange(x.size), held)

    def constants(self, row: list[float]) -> LeafConstants:
        """Returns the constants in a row, those of the atoms from left to right."""
        place, end, constants = asking.CONSTANTS, self.row - self._rest, []
        for part in self._parts:
            rest, size = int(part.rule[asking.RULE_REST]), int(row[end + 1])
            own = [*row[end : end + 2], *row[place : place + size]]
            known = row[end + 2 : end + 2 + rest]
            constants += part.constants([*own, *[0.0] * (part.row - rest - len(own)), *known] if rest else own)
            place, end = place + size, end + 2 + rest
        return constants


def _sizes_of(rule: AnyRule) -> tuple[int, int]:
    """Returns how many atoms a rule has, and how many constants at most."""
    return int(rule.rule[asking.ATOMS]), rule.limits.shape[1]


def _factors_of(rule: AnyRule) -> tuple[int, int]:
    """Returns where to ask what a part may be as one of the factors of outputs, 0 for nowhere, and its name there."""
    if isinstance(rule, CalledBack):
        return int(rule.rule[asking.ADDRESS]), 0
    kind = _FACTORS.get(rule.name) if isinstance(rule, CompiledAtom) else None
    return (0, 0) if kind is None else (address_of(factors.factors, asking.SIGNATURE), kind)


def _span_of(rules: Sequence[AnyRule], product: bool) -> tuple[int, bool]:
    """Returns how many functions the whole combines at most, -1 for none or many; and whether it has a fixed part."""
    count, is_offset = 0, product
    for place, rule in enumerate(rules):
        size = int(rule.rule[asking.SPAN_SIZE])
        fixed = rule.is_offset if isinstance(rule, Compound) else size == 0
        if size < 0:
            return -1, False
        if place == 0:
            count, is_offset = size, fixed
        elif product:
            count, is_offset = count * size + is_offset * size + fixed * count, is_offset and fixed
        else:
            count, is_offset = count + size, is_offset or fixed
    return (count, is_offset) if count <= _MOST_FUNCTIONS else (-1, False)


def _address(values: NDArray[np.float64] | NDArray[np.int64]) -> int:
    address: int = values.__array_interface__["data"][0]
    return address
