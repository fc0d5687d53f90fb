"""Answers to queries, remembered for many episodes at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.bisecting import put_between
from find_gym.core.kernels.bits import add_member, next_member
from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper, exact_kernel
from find_gym.core.kernels.prefetching import AHEAD, prefetch
from find_gym.core.kernels.ufuncs import apply_loop

LEAST = 5e-324
"""The largest magnitude before any answer: positive, because it is divided by, and below all others."""

RECORD = 8
"""The numbers that are kept of a place, side by side: one line of the processor's cache holds as many."""
TRUTH, NOISE, TOTAL, COUNT, LOW, HIGH = range(6)
"""Which they are: the answer without noise, the source of its noise, the sum of the defined answers and how many they
are, the least and the greatest of them. Two are spare."""
SHOWN = ("asked", "relative", "undefined", "magnitude", "answer", "spread", "gap")
"""The features that are shown here; the last one only where there are gaps."""

_GREATEST = float(np.finfo(np.float64).max)
_QUARTER, _ONE = np.float32(0.25), np.float32(1.0)


@exact_borrowing_helper
def _mean(records: Any, at: int) -> float:
    """Returns the mean of a place's answers, 0 where there are none; what is not finite becomes what `filled` has."""
    mean = records[at + TOTAL] / max(records[at + COUNT], 1.0)
    if math.isfinite(mean):
        return mean
    return 0.0 if math.isnan(mean) else math.copysign(_GREATEST, mean)


@exact_borrowing_helper
def _find_largest(records: Any, row: int, asked: Any) -> Any:
    """Finds the largest magnitude of an episode's means anew; returns it and its place."""
    largest, top = LEAST, -1
    place = next_member(asked, 0)
    while place >= 0:
        magnitude = abs(_mean(records, (row + place) * RECORD))
        if magnitude > largest:
            largest, top = magnitude, place
        place = next_member(asked, place + 1)
    return largest, top


@exact_kernel(
    "void(int64[::1], float64[:, :, ::1], int64[::1], int64[:, ::1], int64[::1], int64, float64[::1], int64[::1], "
    "float32[::1], int64[::1])"
)
def forget_answers(
    envs: Any, records: Any, counts: Any, asked: Any, free: Any, bank: int, largest: Any, top: Any, features: Any,
    starts: Any,
) -> None:  # fmt: skip
    """Forgets the answers of some episodes, those that are shown included; see `take_answers`.

    Args:
        envs: the numbers of the episodes.
        records: what is known of each place, whose answers without noise stay.
        counts: how many queries there were.
        asked: which places were asked.
        free: the first free slot of each episode.
        bank: how many probes there are.
        largest: the largest magnitude of each episode's means.
        top: its place.
        features: all features, flat.
        starts: where those of `SHOWN` begin in it.
    """
    most = records.shape[1]
    for env in envs:
        for place in range(most):
            records[env, place, TOTAL] = records[env, place, COUNT] = 0.0
            records[env, place, LOW], records[env, place, HIGH] = math.inf, -math.inf
        counts[env], free[env] = 0, bank
        asked[env, :] = 0
        largest[env], top[env] = LEAST, -1
        for start in starts:
            features[start + env * most : start + (env + 1) * most] = 0.0


@exact_kernel(
    "void(int64[::1], int64[::1], float64[:, :, ::1], float64[:, :, ::1], int64[::1], int64[:, ::1], float64[:, ::1], "
    "float64[::1], int64[::1], float64[::1], float64[:, ::1], int64[:, ::1], int64[::1], boolean[:, ::1], "
    "UniTuple(int64, 3), UniTuple(float64, 7), float32[::1], int64[::1], float64[:, ::1], int64[:, ::1])"
)
def take_answers(
    envs: Any, places: Any, records: Any, draws: Any, counts: Any, history: Any, outputs: Any, largest: Any, top: Any,
    bank: Any, x: Any, asked: Any, free: Any, legal: Any, loops: Any, scales: Any, features: Any, starts: Any,
    room: Any, whole_room: Any,
) -> None:  # fmt: skip
    """Takes note of one answer in each of n episodes, and shows it.

    Features are scaled as `find_gym.interfaces.features` and `gaps` do. Logarithms are NumPy's, which have other last
    digits than compiled ones: those of the single environment.

    Args:
        envs: the numbers of the n episodes, all different.
        places: the places that they ask.
        records: what is known of each place, see `RECORD`, shape `(N, p, RECORD)`.
        draws: the noise, drawn ahead, shape `(block, N, sources)`: that of a query is in the row of its number modulo
            the block, which is a power of 2.
        counts: how many queries there were in each of all N episodes.
        history: the places that were asked, shape `(most, N)`.
        outputs: their answers, shape `(most, N)`.
        largest: the largest magnitude of each episode's means.
        top: its place.
        bank: the probes.
        x: the input of each place; see `put_between`, as for the next two. Without columns, there are no gaps.
        asked: which places were asked.
        free: the first free slot of each episode.
        legal: which actions are legal, of which those after the probes halve gaps.
        loops: the addresses of NumPy's loops for the logarithms to the bases 10 and 2, and for asinh.
        scales: the least and the greatest magnitude that are shown, the greatest asinh, the least logarithm of a
            magnitude and the range of those, the most halvings and the least width of the halves of a gap.
        features: all features, flat.
        starts: where those of `SHOWN` begin in it.
        room: memory for numbers on the way, shape `(3, 2 * N)`: to get as much anew takes a seventh of a large step.
        whole_room: the same for integers, shape `(1, 2 * N)`.
    """
    if x.shape[1]:
        _take_inputs(
            envs, places, bank, x, asked, free, legal, loops[1], scales, features, starts, room, whole_room,
        )  # fmt: skip
    numbers, magnitudes, spreads = room[0], room[1, : envs.size], whole_room[0]
    count = _take_outputs(
        envs, places, records, draws, counts, history, outputs, asked, largest, top, scales, features, starts,
        numbers, magnitudes, spreads,
    )  # fmt: skip
    logarithms, squashed = room[1, envs.size : 2 * envs.size], room[2, : envs.size + count]
    apply_loop(loops[0], magnitudes, logarithms)
    apply_loop(loops[2], numbers[: squashed.size], squashed)
    greatest, low, span = scales[2:5]
    for number in range(envs.size):
        place = envs[number] * records.shape[1] + places[number]
        features[starts[3] + place] = (logarithms[number] - low) / span
        features[starts[4] + place] = min(max(squashed[number] / greatest, -1.0), 1.0)
    for number in range(count):
        features[spreads[number]] = min(squashed[envs.size + number] / greatest, 1.0)


@exact_helper
def _take_inputs(
    envs: Any, places: Any, bank: Any, x: Any, asked: Any, free: Any, legal: Any, loop: int, scales: Any, features: Any,
    starts: Any, room: Any, whole_room: Any,
) -> None:  # fmt: skip
    """Takes note of the inputs, shows how often gaps can be halved, and makes that legal where it can be done."""
    shape = 2, envs.size
    changed, widths = whole_room[0, : 2 * envs.size].reshape(shape), room[0, : 2 * envs.size].reshape(shape)
    put_between(bank, x, asked, free, envs, places, changed, widths)
    most, closest = scales[5:]
    times, halvings = room[1, : 2 * envs.size].reshape(shape), room[2, : 2 * envs.size].reshape(shape)
    for which in range(2):
        for number in range(envs.size):
            times[which, number] = max(widths[which, number], closest) / closest
    apply_loop(loop, times.reshape(-1), halvings.reshape(-1))
    gaps = legal[:, bank.size :]
    for number, env in enumerate(envs):
        row = starts[6] + env * x.shape[1]
        for which in range(2):
            place, is_open = changed[which, number], widths[which, number] >= 2.0 * closest
            features[row + place] = halvings[which, number] / most if is_open else 0.0
            gaps[env, place] = is_open
        if free[env] == x.shape[1]:
            # Without a free slot, there is no room for an input in the middle of a gap.
            gaps[env, : x.shape[1]] = False


@exact_borrowing_helper
def _take_outputs(
    envs: Any, places: Any, records: Any, draws: Any, counts: Any, history: Any, outputs: Any, asked: Any, largest: Any,
    top: Any, scales: Any, features: Any, starts: Any, numbers: Any, magnitudes: Any, spreads: Any,
) -> int:  # fmt: skip
    """Takes note of the answers, shows what needs no logarithm, and returns how many features need that of `spreads`.

    `numbers` becomes the means at the places that were asked, and then how far answers are apart where they are;
    `magnitudes` those of the means, as they are shown; `spreads` which features show how far answers are apart.
    """
    low, high = scales[:2]
    often, relative, undefined = starts[0], starts[1], starts[2]
    most, last, count = records.shape[1], draws.shape[0] - 1, 0
    # Flat, so that there is one index to compute for all.
    records = records.reshape(-1)
    for number in range(envs.size):
        if number + AHEAD < envs.size:
            later = envs[number + AHEAD] * most + places[number + AHEAD]
            prefetch(records, later * RECORD)
            prefetch(features, often + later)
            prefetch(features, relative + later)
        env, own = envs[number], places[number]
        row, query = env * most, counts[env]
        place, at = row + own, (row + own) * RECORD
        counts[env] = query + 1
        output = records[at + TRUTH] + draws[query & last, env, int(records[at + NOISE])]
        history[query, env], outputs[query, env] = own, output
        add_member(asked[env], own)
        if math.isfinite(output):
            records[at + TOTAL] += output
            records[at + COUNT] += 1.0
            records[at + LOW] = min(records[at + LOW], output)
            records[at + HIGH] = max(records[at + HIGH], output)
        else:
            features[undefined + place] = _ONE
        features[often + place] = min(features[often + place] + _QUARTER, _ONE)
        mean = _mean(records, at)
        magnitude = abs(mean)
        numbers[number], magnitudes[number] = mean, min(max(magnitude, low), high)
        # Answers are never less far apart than before. What is written where they are not is overwritten, or not read.
        numbers[envs.size + count] = records[at + HIGH] - records[at + LOW]
        spreads[count] = starts[5] + place
        count += records[at + HIGH] > records[at + LOW]
        if magnitude > largest[env]:
            largest[env], top[env] = magnitude, own
        elif own == top[env] and magnitude < largest[env]:
            largest[env], top[env] = _find_largest(records, row, asked[env])
        else:
            features[relative + place] = mean / largest[env]
            continue
        earlier = next_member(asked[env], 0)
        while earlier >= 0:
            features[relative + row + earlier] = _mean(records, (row + earlier) * RECORD) / largest[env]
            earlier = next_member(asked[env], earlier + 1)
    return count
