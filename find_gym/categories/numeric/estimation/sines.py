"""Sines and cosines at inputs: with the periods that FIND draws, and with any other."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from find_gym.categories.numeric.atom import FloatArray
from find_gym.categories.numeric.estimation.columns import Columns

# Other frequencies: a quarter of a cycle over the query range between neighbours, from one cycle in it to periods of
# 0.5.
_LOWEST, _SPACING = 2 * np.pi / 256, 2 * np.pi / 512
_FINE_FREQUENCIES: FloatArray = np.arange(_LOWEST, 2 * np.pi / 0.5, _SPACING)


@lru_cache
def waves(periods: tuple[float, ...]) -> Columns:
    """Tabulates the sines with all g periods, those given and others, then the cosines.

    The table has the periods in its first row, twice; its shape is `(m, 2 g)`.
    """
    frequencies = 2 * np.pi / np.array(periods)

    def compute(x: FloatArray) -> FloatArray:
        phase = x[:, None] * frequencies
        sine, cosine = _fine_waves(x)
        return np.concatenate([np.sin(phase), sine.T, np.cos(phase), cosine.T], axis=1)

    return Columns(np.tile(np.concatenate([periods, 2 * np.pi / _FINE_FREQUENCIES]), 2)[None], compute)


def _fine_waves(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the sine and the cosine at all other frequencies, for inputs `(n,)`, each of shape `(g, n)`."""
    count = _FINE_FREQUENCIES.size
    sine, cosine = np.empty((count, x.size)), np.empty((count, x.size))
    sine[0], cosine[0] = np.sin(_LOWEST * x), np.cos(_LOWEST * x)
    done = 1
    while done < count:
        # The frequencies are evenly spaced: the next ones are the first ones, all turned by the same angle.
        more = min(done, count - done)
        turn_sine, turn_cosine = np.sin(done * _SPACING * x), np.cos(done * _SPACING * x)
        sine[done : done + more] = sine[:more] * turn_cosine + cosine[:more] * turn_sine
        cosine[done : done + more] = cosine[:more] * turn_cosine - sine[:more] * turn_sine
        done += more
    return sine, cosine
