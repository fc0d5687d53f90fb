"""Draws that samplers of several categories make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

Key = TypeVar("Key")


def choose(rng: np.random.Generator, shares: Mapping[Key, float]) -> Key:
    """Draws a key with probability proportional to its share.

    Args:
        rng: the source of randomness; one number is drawn.
        shares: non-negative shares, at least one of them positive.
    """
    threshold = rng.random() * sum(shares.values())
    for key, share in shares.items():
        threshold -= share
        if threshold < 0:
            return key
    return next(key for key, share in reversed(list(shares.items())) if share > 0)
