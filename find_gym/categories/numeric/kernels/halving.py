"""Inputs in the middle of gaps, and the truth there."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.answering import NOISE, TRUTH
from find_gym.categories.numeric.kernels.bisecting import find_neighbours
from find_gym.categories.numeric.kernels.evaluating import evaluate_rule
from find_gym.core.kernels.compiling import exact_kernel


@exact_kernel(
    "int64(int64[::1], int64[::1], float64[::1], float64[:, ::1], int64[:, ::1], int64[::1], int64[:, ::1], "
    "float64[:, ::1], float64[:, :, ::1], boolean[::1], float64[:, :, ::1], float64, float32[:, ::1], int64[::1], "
    "int64[::1])"
)
def halve_gaps(
    envs: Any, probes: Any, bank: Any, x: Any, asked: Any, free: Any, sizes: Any, rules: Any, regions: Any, noisy: Any,
    records: Any, greatest: float, shown: Any, places: Any, unknown: Any,
) -> int:  # fmt: skip
    """Finds the places that queries of n episodes ask, which may be new ones in the middle of gaps.

    Args:
        envs: the numbers of the episodes, all different.
        probes: their queries: probes, and after those the gaps.
        bank: the inputs of the probes.
        x: the input of each place of all N episodes; see `put_between`, as for the next two.
        asked: which places were asked.
        free: the first free slot of each episode.
        sizes: of each episode the numbers of its rule, 0 where it is not known, and its exceptions, shape `(N, 2)`.
        rules: the rules; see `find_gym.categories.numeric.kernels.evaluating`, as for the next one.
        regions: the exceptions, shape `(N, most, 3)`.
        noisy: whether an episode has noise, which then has a source for each exception.
        records: what is known of each place; see `RECORD` of `answering`.
        greatest: what inputs are divided by where they are shown.
        shown: where they are shown, shape `(N, places)`.
        places: where to write the places, shape `(n,)`.
        unknown: where to write which of the n are new inputs of rules that are not known, shape `(n,)`.

    Returns:
        How many those are.
    """
    count, no_values = 0, np.empty((1, 0))
    one, output = np.empty(1), np.empty(1)
    for number in range(envs.size):
        env, places[number] = envs[number], probes[number]
        if probes[number] < bank.size:
            continue
        gap, slot = probes[number] - bank.size, free[env]
        places[number] = slot
        left, _, _ = find_neighbours(bank, x[env], asked[env], slot, gap)
        x[env, slot] = one[0] = x[env, gap] - (x[env, gap] - left) / 2.0
        shown[env, slot] = np.float32(one[0] / greatest)
        if sizes[env, 0] == 0:
            unknown[count] = number
            count += 1
            continue
        own = regions[env, : sizes[env, 1]]
        evaluate_rule(rules[env, : sizes[env, 0]], no_values, one, own, output)
        records[env, slot, TRUTH] = output[0]
        if noisy[env]:
            source = 0
            for region in range(len(own) - 1, -1, -1):
                if own[region, 0] < one[0] < own[region, 1]:
                    source = region + 1
            records[env, slot, NOISE] = source
    return count
