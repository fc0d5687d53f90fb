"""Rules with exceptions, evaluated at many points by compiled loops, to the same bits as `rules.evaluate`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, Atom, FloatArray, flatten
from find_gym.categories.numeric.kernels import evaluating
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
} | dict.fromkeys(("tanh", "sin", "cos", "tan"), evaluating.WAVE)  # fmt: skip
# The kind of each atom, and the loop that it calls. Atoms that others were registered in place of have no entry.
_NODES: dict[Atom, tuple[int, int]] = {
    ATOMS[name]: (kind, address_of_loop(_FUNCTIONS[name]) if name in _FUNCTIONS else 0) for name, kind in _KINDS.items()
}
_SUM, _PRODUCT = ([float(kind), 0.0, 0.0, 0.0] for kind in (evaluating.SUM, evaluating.PRODUCT))
_NOTHING = np.empty((1, 0))
_NO_REGIONS = np.empty((0, 3))


class CompiledRule:
    """A rule as a callable from inputs to outputs.

    Args:
        rule: the rule.
    """

    def __init__(self, rule: Rule) -> None:
        # Atoms that NumPy evaluates.
        self._given: list[AtomRule] = []
        self._rule = np.array(self._nodes(rule), dtype=np.float64)

    def _nodes(self, rule: Rule) -> list[float]:
        if not isinstance(rule, AtomRule):
            nodes = self._nodes(rule.parts[0])
            for part in rule.parts[1:]:
                nodes += self._nodes(part)
                nodes += _SUM if rule.operator == "sum" else _PRODUCT
            return nodes
        kind, address = _NODES.get(rule.atom, (evaluating.GIVEN, 0))
        if kind == evaluating.GIVEN:
            self._given.append(rule)
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
        bounds = _NO_REGIONS
        if regions:
            bounds = np.array([(region.lower, region.upper, region.mean) for region in regions], dtype=np.float64)
        evaluating.evaluate(self._rule, self._values(x) if self._given else _NOTHING, x, bounds, y)
        return y

    def _values(self, x: FloatArray) -> FloatArray:
        """Returns what NumPy evaluates, shape `(m, n)`."""
        values = np.empty((len(self._given), x.size))
        with np.errstate(all="ignore"):
            for row, rule in zip(values, self._given, strict=True):
                # A user's atom may return one number for all inputs.
                row[:] = rule.atom.evaluate(x, rule.constants)
        return values
