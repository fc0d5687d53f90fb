"""Sines and cosines at inputs: with the periods that FIND draws, and with any other."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from find_gym.categories.numeric.atom import FloatArray
from find_gym.categories.numeric.estimation.columns import Columns
from find_gym.categories.numeric.kernels.sines import tabulate
from find_gym.core.kernels.ufuncs import address_of_loop

# Other frequencies: a quarter of a cycle over the query range between neighbours, from one cycle in it to periods of
# 0.5.
_LOWEST, _SPACING = 2 * np.pi / 256, 2 * np.pi / 512
_FINE_FREQUENCIES: FloatArray = np.arange(_LOWEST, 2 * np.pi / 0.5, _SPACING)


@lru_cache
def waves(periods: tuple[float, ...]) -> Columns:
    """Tabulates the sines with all g periods, those given and others, then the cosines.

    The table has the periods in its first row, twice; its shape is `(m, 2 g)`.
    """
    # The other frequencies are evenly spaced: the next ones are the first ones, all turned by the same angle.
    turns = 2.0 ** np.arange(int(np.ceil(np.log2(_FINE_FREQUENCIES.size)))) * _SPACING
    frequencies = np.concatenate([2 * np.pi / np.array(periods), [_LOWEST], turns])
    loops = address_of_loop(np.sin), address_of_loop(np.cos)

    def compute(x: FloatArray) -> FloatArray:
        values = np.empty((x.size, 2 * (len(periods) + _FINE_FREQUENCIES.size)))
        tabulate(*loops, frequencies, len(periods), x, values)
        return values

    return Columns(np.tile(np.concatenate([periods, 2 * np.pi / _FINE_FREQUENCIES]), 2)[None], compute)
