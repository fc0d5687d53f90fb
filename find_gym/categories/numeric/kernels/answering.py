"""Answers to queries, remembered for many episodes at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel

LEAST = 5e-324
"""The largest magnitude before any answer: positive, because it is divided by, and below all others."""

SHOWN = ("asked", "relative", "undefined", "magnitude", "answer", "spread", "gap")
"""The features that are shown here; the last one only where there are gaps."""
TOUCHED = 8
"""How many of them a query changes at most, a change of the largest magnitude apart."""

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
    "float32[::1], int64[::1], int64[::1], float64[:, ::1], float64[::1], int64[::1])"
)
def take_answers(
    envs: Any, places: Any, noisy: Any, table: Any, draws: Any, begins: Any, block: int,
    following: Any, history: Any, outputs: Any, sums: Any, ranges: Any, largest: Any, top: Any,
    features: Any, starts: Any, touched: Any, squashed: Any, magnitudes: Any, scaled: Any,
) -> Any:  # fmt: skip
    """Takes note of one answer in each of n episodes, and shows what needs no logarithm.

    Args:
        envs: the numbers of the n episodes, all different.
        places: the places that they ask.
        noisy: whether there is noise, or may be, in each of all N episodes.
        table: the answers of all places without noise, shape `(N, p)`.
        draws: the noise, drawn ahead.
        begins: where the draws of each place begin, shape `(N, p)`.
        block: how many there are of each, a power of 2, after which they are replaced.
        following: where the next query of each episode goes in the flat history, shape `(N,)`.
        history: the places that were asked, shape `(N, most)`.
        outputs: their answers, shape `(N, most)`.
        sums: the sum of the defined answers of each place and how many they are, shape `(N, p, 2)`.
        ranges: the least and the greatest of them where there is noise, shape `(N, p, 2)`.
        largest: the largest magnitude of each episode's means.
        top: its place.
        features: all features, flat.
        starts: where those of `SHOWN` begin in it.
        touched: where to write which features were changed, but for the episodes in `scaled`; room for `TOUCHED` of
            each episode, or none where nobody wants to know.
        squashed: where to write the means at the places that were asked and, if there is a second row, how far the
            answers are apart, shape `(1, n)` or `(2, n)`.
        magnitudes: where to write the magnitudes of the means, shape `(n,)`.
        scaled: where to write the episodes in which all of `relative` has changed, shape `(n,)`.

    Returns:
        How many features of `touched` there are, and how many episodes of `scaled`.
    """
    asked, relative, undefined = starts[0], starts[1], starts[2]
    width, watched = history.shape[1], touched.size > 0
    count, changed = 0, 0
    for number in range(envs.size):
        env, place = envs[number], places[number]
        row = env * table.shape[1]
        at = following[env]
        following[env] = at + 1
        before = at - env * width
        output = table[env, place]
        if noisy[env]:
            output += draws[begins[env, place] + (before & (block - 1))]
        history[env, before] = place
        outputs[env, before] = output
        if math.isfinite(output):
            sums[env, place, 0] += output
            sums[env, place, 1] += 1.0
            if noisy[env]:
                ranges[env, place, 0] = min(ranges[env, place, 0], output)
                ranges[env, place, 1] = max(ranges[env, place, 1], output)
        else:
            features[undefined + row + place] = _ONE
            if watched:
                touched[count] = undefined + row + place
                count += 1
        features[asked + row + place] = min(features[asked + row + place] + _QUARTER, _ONE)
        if watched:
            touched[count], touched[count + 1] = asked + row + place, relative + row + place
            count += 2
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
            features[relative + row + place] = mean / largest[env]
            continue
        for earlier in history[env, : before + 1]:
            features[relative + row + earlier] = _mean(sums, env, earlier) / largest[env]
        scaled[changed] = env
        changed += 1
    return count, changed


@exact_kernel(
    "int64(int64[::1], int64[::1], int64, float64[::1], float64[:, ::1], int64[:, ::1], float64[:, ::1], float32[::1], "
    "int64[::1], int64[::1], int64)"
)
def show_answers(
    envs: Any, places: Any, width: int, magnitudes: Any, squashed: Any, gap_places: Any, gaps: Any,
    features: Any, starts: Any, touched: Any, count: int,
) -> int:  # fmt: skip
    """Shows what `take_answers` has left, once it is scaled.

    Args:
        envs: the numbers of the n episodes.
        places: the places that they asked.
        width: the number of places.
        magnitudes: the feature "magnitude", shape `(n,)`.
        squashed: the features "answer" and, if there is a second row, "spread", shape `(1, n)` or `(2, n)`.
        gap_places: places of gaps that have changed, counted through all episodes, shape `(2, n)` or `(2, 0)`.
        gaps: the feature "gap" of these, of the same shape.
        features: see `take_answers`.
        starts: the same.
        touched: the same.
        count: how many features are in `touched` already.

    Returns:
        How many there are now.
    """
    watched = touched.size > 0
    for number in range(envs.size):
        place = envs[number] * width + places[number]
        features[starts[3] + place] = magnitudes[number]
        features[starts[4] + place] = squashed[0, number]
        if watched:
            touched[count], touched[count + 1] = starts[3] + place, starts[4] + place
            count += 2
        # Answers are never less far apart than before.
        if squashed.shape[0] > 1 and squashed[1, number] > 0.0:
            features[starts[5] + place] = squashed[1, number]
            if watched:
                touched[count] = starts[5] + place
                count += 1
        if gaps.size:
            for which in range(2):
                gap = starts[6] + gap_places[which, number]
                features[gap] = gaps[which, number]
                if watched:
                    touched[count] = gap
                    count += 1
    return count
