"""Decoys among the held-out inputs of string functions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from find_gym.categories.held_out import DECOY_STREAM
from find_gym.categories.strings.function import StringFunction
from find_gym.categories.strings.inputs import balanced_inputs
from find_gym.categories.strings.sampling import sample_string

DECOYS = 3
"""From how many other functions the decoys come, with as many inputs each as the function itself."""
_POOL = 24


def string_decoys(rng: np.random.Generator, count: int) -> list[str]:
    """Draws decoys among strings: `count` inputs each that reveal what `DECOYS` other functions do."""
    pool = _pool(count)
    return [text for index in rng.permutation(len(pool))[:DECOYS] for text in pool[index]]


@lru_cache
def _pool(count: int) -> list[list[str]]:
    rng = np.random.default_rng(DECOY_STREAM)
    functions = [StringFunction(sample_string(rng)) for _ in range(_POOL)]
    return [list(balanced_inputs(rng, count, function)[0]) for function in functions]
