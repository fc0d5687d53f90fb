"""Rules with exceptions, evaluated at many points by compiled loops, to the same bits as `rules.evaluate`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import ATOMS, Atom, FloatArray, flatten
from find_gym.categories.numeric.kernels import evaluating
from find_gym.categories.numeric.rules import AtomRule, Rule
from find_gym.categories.numeric.variants import Region
from find_gym.core.arrays import loop_array

# Atoms that others were registered in place of have no entry.
_KINDS: dict[Atom, int] = {
    ATOMS[name]: getattr(evaluating, name.upper())
    for name in (
        "linear", "polynomial", "rational", "absolute", "root", "step", "relu", "reciprocal", "rectangle",
        "square_wave", "constant", "ceil", "floor", "signum", "logarithm", "gaussian", "sigmoid",
    )
} | {ATOMS[name]: evaluating.WAVE for name in ("tanh", "sin", "cos", "tan")}  # fmt: skip
_FUNCTIONS: dict[Atom, np.ufunc] = {
    ATOMS["logarithm"]: np.log,
    ATOMS["gaussian"]: np.exp,
    ATOMS["sigmoid"]: np.tanh,
    **{ATOMS[name]: getattr(np, name) for name in ("tanh", "sin", "cos", "tan")},
}


_NOTHING = np.empty((1, 0))
_NO_REGIONS = np.empty((0, 3))


class CompiledRule:
    """A rule as a callable from inputs to outputs.

    Args:
        rule: the rule.
    """

    def __init__(self, rule: Rule) -> None:
        self._nodes: list[tuple[int, int, int, int]] = []
        self._numbers: list[float] = []
        # What NumPy works out: a function of the arguments that a loop writes, or an atom with its constants.
        self._foreign: list[np.ufunc | AtomRule] = []
        self._add(rule)
        self._code: NDArray[np.int64] = np.array(self._nodes, dtype=np.int64)
        self._constants = np.array(self._numbers, dtype=np.float64)

    def _add(self, rule: Rule) -> None:
        if not isinstance(rule, AtomRule):
            for number, part in enumerate(rule.parts):
                self._add(part)
                if number:
                    kind = evaluating.SUM if rule.operator == "sum" else evaluating.PRODUCT
                    self._nodes.append((kind, 0, 0, 0))
            return
        atom, constants = rule.atom, rule.constants
        kind = _KINDS.get(atom, evaluating.GIVEN)
        if kind == evaluating.GIVEN:
            self._foreign.append(rule)
        elif kind >= evaluating.LOGARITHM:
            self._foreign.append(_FUNCTIONS[atom])
        if kind == evaluating.LOGARITHM:
            factor, offset, base = constants
            # By the function of the atom.
            constants = (factor, offset, math.log(base) if base > 0 and base != 1 else math.nan)
        flat = flatten(constants)
        second = len(constants[1]) if kind == evaluating.RATIONAL else 0
        self._nodes.append((kind, len(self._numbers), len(flat), second))
        self._numbers += flat

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
        given = self._given(x) if self._foreign else _NOTHING
        evaluating.evaluate(self._code, self._constants, x, given, bounds, y)
        return y

    def _given(self, x: FloatArray) -> FloatArray:
        """Returns what NumPy works out, shape `(m, n)`."""
        arguments, given = np.empty((2, len(self._foreign), x.size))
        evaluating.write_arguments(self._code, self._constants, x, arguments)
        with np.errstate(all="ignore"):
            for function, argument, values in zip(self._foreign, arguments, given, strict=True):
                if isinstance(function, AtomRule):
                    values[:] = function.atom.evaluate(x, function.constants)
                else:
                    function(argument, out=values)
        return given
