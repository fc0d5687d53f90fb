"""Rules with exceptions, evaluated at many points by compiled loops, to the same bits as `rules.evaluate`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, Atom, FloatArray, flatten
from find_gym.categories.numeric.kernels import evaluating
from find_gym.categories.numeric.loops import bounds_of
from find_gym.categories.numeric.rules import AtomRule, Rule
from find_gym.categories.numeric.variants import Region
from find_gym.core.arrays import loop_array
from find_gym.core.kernels.ufuncs import address_of_loop

_FUNCTIONS: dict[str, np.ufunc] = {
    "logarithm": np.log,
    "gaussian": np.exp,
    "sigmoid": np.tanh,
    **{name: getattr(np, name) for name in ("tanh", "sin", "cos", "tan")},
}
_KINDS = {
    name: getattr(evaluating, name.upper())
    for name in (
        "linear", "polynomial", "rational", "absolute", "root", "step", "relu", "reciprocal", "rectangle",
        "square_wave", "constant", "ceil", "floor", "signum", "logarithm", "gaussian", "sigmoid",
    )
} | {"tanh": evaluating.WAVE, "tan": evaluating.WAVE, "sin": evaluating.SINE, "cos": evaluating.COSINE}  # fmt: skip
# The kind of each atom, and the loop that it calls. Atoms that others were registered in place of have no entry.
_NODES: dict[Atom, tuple[int, int]] = {
    ATOMS[name]: (kind, address_of_loop(_FUNCTIONS[name]) if name in _FUNCTIONS else 0) for name, kind in _KINDS.items()
}
_SUM, _PRODUCT = ([float(kind), 0.0, 0.0, 0.0] for kind in (evaluating.SUM, evaluating.PRODUCT))
# Of rules of which NumPy evaluates nothing.
NO_VALUES = np.empty((1, 0))


class CompiledRule:
    """A rule as a callable from inputs to outputs.

    Args:
        rule: the rule.

    Attributes:
        given: atoms that NumPy evaluates.
        nodes: the rule as `find_gym.categories.numeric.kernels.evaluating` takes it.
    """

    __slots__ = ("given", "nodes")

    def __init__(self, rule: Rule) -> None:
        self.given: list[AtomRule] = []
        self.nodes: FloatArray = np.array(self._nodes(rule), dtype=np.float64)

    def _nodes(self, rule: Rule) -> list[float]:
        if not isinstance(rule, AtomRule):
            nodes = self._nodes(rule.parts[0])
            for part in rule.parts[1:]:
                nodes += self._nodes(part)
                nodes += _SUM if rule.operator == "sum" else _PRODUCT
            return nodes
        kind, address = _NODES.get(ATOMS[rule.name], (evaluating.GIVEN, 0))
        if kind == evaluating.GIVEN:
            self.given.append(rule)
            return [kind, 0, 0, 0]
        constants, second = rule.constants, 0
        if kind == evaluating.LOGARITHM:
            factor, offset, base = constants
            # By the function of the atom.
            constants = (factor, offset, math.log(base) if base > 0 and base != 1 else math.nan)
        elif kind == evaluating.RATIONAL:
            second = len(constants[1])
            constants = flatten(constants)
        return [kind, address, len(constants), second, *constants]

    def __call__(self, x: FloatArray, regions: Sequence[Region] = ()) -> FloatArray:
        """Evaluates the rule.

        Args:
            x: inputs, float64 of shape `(n,)`.
            regions: exceptions, in which the output is their mean.

        Returns:
            Outputs, float64 of shape `(n,)`; NaN where undefined.
        """
        x = loop_array(x)
        y = np.empty(x.size)
        evaluating.evaluate(self.nodes, self._values(x) if self.given else NO_VALUES, x, bounds_of(regions), y)
        return y

    def _values(self, x: FloatArray) -> FloatArray:
        """Returns what NumPy evaluates, shape `(m, n)`."""
        values = np.empty((len(self.given), x.size))
        with np.errstate(all="ignore"):
            for row, rule in zip(values, self.given, strict=True):
                # A user's atom may return one number for all inputs.
                row[:] = rule.atom.evaluate(x, rule.constants)
        return values
