"""How the activations of a unit, whatever their range, become outputs in [0, 1]: by their quantiles over the bank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# The shares of the bank's words below the knots, and the outputs there.
QUANTILES = (0.5, 0.9, 0.97, 1.0)
OUTPUTS = (0.0, 0.3, 0.5, 1.0)
ACTIVE = 0.5
"""Outputs from here on are of the 3 % of the bank that activate the unit most."""
INACTIVE = 0.3
"""Outputs below are of the other 90 %; what lies between is in no test."""
STEPS = 250
"""Outputs are multiples of one part in so many."""


@dataclass(frozen=True)
class Scale:
    """The scale of one unit: straight lines between the quantiles of its activations over the bank.

    Attributes:
        knots: activations at `QUANTILES`, ascending, shape `(4,)`; their outputs are `OUTPUTS`.

    Example:
        >>> scale = Scale.of(np.arange(1001.0))
        >>> scale(np.array([-5.0, 500.0, 700.0, 970.0, 2000.0])).tolist()
        [0.0, 0.0, 0.152, 0.5, 1.0]
    """

    knots: tuple[float, ...]

    @staticmethod
    def of(activations: NDArray[np.floating]) -> Scale:
        """Returns the scale of a unit from its activations of the bank, shape `(n,)`.

        Raises:
            ValueError: they are not finite, or no word activates the unit more than half of the words do.
        """
        values = np.asarray(activations, dtype=np.float64)
        if not np.all(np.isfinite(values)):
            raise ValueError(f"expected finite activations, actual: {np.count_nonzero(~np.isfinite(values))} are not")
        knots = np.quantile(values, QUANTILES)
        if knots[0] == knots[-1]:
            raise ValueError(
                f"expected a function that few words activate more than the others, actual: at least half of the bank "
                f"has its greatest activation, {knots[0]:g}"
            )
        return Scale(tuple(knots.tolist()))

    def __call__(self, activations: NDArray[np.floating]) -> FloatArray:
        """Returns outputs, float64 of the shape of the activations; they don't fall where activations rise."""
        # Of knots in one place the last counts, but for those at the median, which is 0.
        kept = [0, *(i for i in range(1, 4) if self.knots[i] > self.knots[0] and self.knots[i] != self._after(i))]
        x, y = np.array(self.knots)[kept], np.array(OUTPUTS)[kept]
        return np.round(np.interp(np.asarray(activations, dtype=np.float64), x, y) * STEPS) / STEPS

    def _after(self, place: int) -> float | None:
        return self.knots[place + 1] if place + 1 < len(self.knots) else None
