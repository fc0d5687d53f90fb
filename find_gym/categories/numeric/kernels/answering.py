"""Answers to queries, remembered for many episodes at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel

LEAST = 5e-324
"""The largest magnitude before any answer: positive, because it is divided by, and below all others."""

_GREATEST = float(np.finfo(np.float64).max)
_QUARTER, _ONE = np.float32(0.25), np.float32(1.0)


@exact_helper
def _mean(sums: Any, env: int, place: int) -> float:
    """Returns the mean of a place's answers, 0 where there are none; what is not finite becomes what `filled` has."""
    mean = sums[env, place, 0] / max(sums[env, place, 1], 1.0)
    if math.isfinite(mean):
        return mean
    return 0.0 if math.isnan(mean) else math.copysign(_GREATEST, mean)


@exact_helper
def _find_largest(sums: Any, env: int, largest: Any, top: Any) -> None:
    """Finds the largest magnitude of an episode's means anew."""
    largest[env], top[env] = abs(_mean(sums, env, 0)), 0
    for place in range(1, sums.shape[1]):
        magnitude = abs(_mean(sums, env, place))
        if magnitude > largest[env]:
            largest[env], top[env] = magnitude, place
    largest[env] = max(largest[env], LEAST)


@exact_kernel(
    "UniTuple(int64, 2)(int64[::1], int64[::1], boolean[::1], float64[:, ::1], float64[::1], int64[:, ::1], int64, "
    "int64[::1], int64[:, ::1], float64[:, ::1], float64[:, :, ::1], float64[:, :, ::1], float64[::1], int64[::1], "
    "float32[:, ::1], float32[:, ::1], float32[:, ::1], float64[:, ::1], float64[::1], int64[::1])"
)
def take_answers(
    envs: Any, places: Any, noisy: Any, table: Any, draws: Any, begins: Any, block: int,
    following: Any, history: Any, outputs: Any, sums: Any, ranges: Any, largest: Any, top: Any,
    asked: Any, relative: Any, undefined: Any, squashed: Any, magnitudes: Any, scaled: Any,
) -> Any:  # fmt: skip
    """Takes note of one answer in each of n episodes, and shows what needs no logarithm.

    Args:
        envs: the numbers of the n episodes, all different.
        places: the places that they ask.
        noisy: whether there is noise, or may be, in each of all N episodes.
        table: the answers of all places without noise, shape `(N, p)`.
        draws: the noise, drawn ahead.
        begins: where the draws of each place begin, shape `(N, p)`.
        block: how many there are of each, after which they are replaced.
        following: where the next query of each episode goes in the flat history, shape `(N,)`.
        history: the places that were asked, shape `(N, most)`.
        outputs: their answers, shape `(N, most)`.
        sums: the sum of the defined answers of each place and how many they are, shape `(N, p, 2)`.
        ranges: the least and the greatest of them, shape `(N, p, 2)`.
        largest: the largest magnitude of each episode's means.
        top: its place.
        asked: the feature of this name, shape `(N, p)`.
        relative: the same.
        undefined: the same.
        squashed: where to write the means at the places that were asked and, if there is a second row, how far the
            answers are apart, shape `(1, n)` or `(2, n)`.
        magnitudes: where to write the magnitudes of the means, shape `(n,)`.
        scaled: where to write the episodes in which all of `relative` has changed, shape `(n,)`.

    Returns:
        How many of those there are, and how many answers were undefined.
    """
    width = history.shape[1]
    missing, changed = 0, 0
    for number in range(envs.size):
        env, place = envs[number], places[number]
        at = following[env]
        following[env] = at + 1
        before = at - env * width
        output = table[env, place]
        if noisy[env]:
            output += draws[begins[env, place] + before % block]
        history[env, before] = place
        outputs[env, before] = output
        if math.isfinite(output):
            sums[env, place, 0] += output
            sums[env, place, 1] += 1.0
            if noisy[env]:
                ranges[env, place, 0] = min(ranges[env, place, 0], output)
                ranges[env, place, 1] = max(ranges[env, place, 1], output)
        else:
            missing += 1
            undefined[env, place] = _ONE
        asked[env, place] = min(asked[env, place] + _QUARTER, _ONE)
        mean = _mean(sums, env, place)
        magnitude = abs(mean)
        squashed[0, number], magnitudes[number] = mean, magnitude
        if squashed.shape[0] > 1:
            spread = ranges[env, place, 1] - ranges[env, place, 0] if noisy[env] else 0.0
            squashed[1, number] = max(spread, 0.0)
        if magnitude > largest[env]:
            largest[env], top[env] = magnitude, place
        elif place == top[env] and magnitude < largest[env]:
            _find_largest(sums, env, largest, top)
        else:
            relative[env, place] = mean / largest[env]
            continue
        for earlier in history[env, : before + 1]:
            relative[env, earlier] = _mean(sums, env, earlier) / largest[env]
        scaled[changed] = env
        changed += 1
    return changed, missing
