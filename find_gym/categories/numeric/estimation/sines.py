"""First estimates of sines and cosines: the periods that FIND draws, else any other."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import Atom, Constants, FloatArray
from find_gym.categories.numeric.estimation.columns import Columns
from find_gym.categories.numeric.estimation.scans import STARTS

# Between these lie the centres that FIND draws, rounding included.
LEAST_CENTRE, GREATEST_CENTRE = 0.05, 6.35
# The scan over all frequencies takes some milliseconds: it runs where the best period leaves this share of the power …
_POOR = 1e-6
# … and replaces FIND's periods only where it is better by far, because it has many more to choose from.
_BETTER = 0.25
# … and there are enough points for a fit of four constants to mean something.
_FEW = 8
# Frequencies of a long scan that are solved exactly.
_SOLVED = 80
# Frequencies of the long scan: a quarter of a cycle over the query range between neighbours, from one cycle in it to
# periods of 0.5.
_LOWEST, _SPACING = 2 * np.pi / 256, 2 * np.pi / 1024
_FINE_FREQUENCIES: FloatArray = np.arange(_LOWEST, 2 * np.pi / 0.5, _SPACING)


def fit_sine(
    atom: Atom, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int, *, of_cosine: bool = False
) -> list[Constants]:
    """Estimates amplitude, period, centre and offset of a sine, or of a cosine.

    Args:
        atom: the atom, whose second constant is the period.
        x: inputs, shape `(n,)`.
        target: what the wave times the multiplier should be, shape `(n,)`.
        multiplier: factors of the wave's values, shape `(n,)`.
        degree: not used.
        of_cosine: whether the wave is a cosine.

    Returns:
        The estimates, the best first.
    """
    periods = np.array(atom.grid[0])
    chosen, misfit = _scan(_drawn_waves(atom.grid[0]), x, target, multiplier)
    # No period of FIND's explains the data: look at any other.
    if misfit > _POOR * float(target @ target) and x.size >= _FEW:
        others, other_misfit = _scan(_FINE, x, target, multiplier)
        if other_misfit < _BETTER * misfit:
            periods, chosen = 2 * np.pi / _FINE_FREQUENCIES, others
    from find_gym.categories.numeric.kernels.scanning import solve_wave

    solution = np.empty(3)
    starts = []
    for period in periods[chosen[chosen >= 0]].tolist():
        solve_wave(period, x, target, multiplier, solution)
        sine, cosine, offset = solution.tolist()
        if math.isfinite(sine + cosine + offset):
            starts.append(_sine_constants(period, sine, cosine, offset, of_cosine))
    return starts


def _scan(waves: Columns, x: FloatArray, target: FloatArray, multiplier: FloatArray) -> tuple[NDArray[np.int64], float]:
    """Returns the numbers of the frequencies that explain the data best, and the misfit of the first."""
    from find_gym.categories.numeric.kernels.scanning import scan_waves

    chosen = np.empty(STARTS, dtype=np.int64)
    return chosen, scan_waves(*waves.rows(x), target, multiplier, _SOLVED, chosen)


@lru_cache
def _drawn_waves(periods: tuple[float, ...]) -> Columns:
    """Tabulates the sine at all g periods that are drawn, then the cosine: shape `(n, 2 g)`."""
    frequencies = 2 * np.pi / np.array(periods)

    def waves(x: FloatArray) -> FloatArray:
        phase = x[:, None] * frequencies
        return np.concatenate([np.sin(phase), np.cos(phase)], axis=1)

    return Columns(waves)


def _fine_waves(x: FloatArray) -> FloatArray:
    """Returns the sine at all frequencies of the long scan, then the cosine, for inputs `(n,)`: shape `(n, 2 g)`."""
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
    return np.ascontiguousarray(np.concatenate([sine, cosine]).T)


_FINE = Columns(_fine_waves)


def _sine_constants(period: float, sine: float, cosine: float, offset: float, of_cosine: bool) -> Constants:
    """Writes `s sin + c cos + d` as amplitude, period, centre, offset; the centre in (0, 6.3] where possible.

    Half a period more of centre is a change of sign, so several centres are the same; the one nearest to one decimal is
    taken.
    """
    from find_gym.categories.numeric.kernels.scanning import plainest_turn

    amplitude = math.hypot(sine, cosine)
    angle = math.atan2(sine, cosine) if of_cosine else math.atan2(-cosine, sine)
    half = period / 2
    first = angle * period / (2 * np.pi)
    begin, end = math.ceil((LEAST_CENTRE - first) / half), math.floor((GREATEST_CENTRE - first) / half)
    if begin > end:
        return (amplitude, period, first, offset)
    best = plainest_turn(first, half, begin, end)
    return (-amplitude if best % 2 else amplitude, period, first + best * half, offset)
