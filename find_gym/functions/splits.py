"""Splits and seeds: hashes, so that no function stands in two splits and neighbouring seeds share nothing."""

from __future__ import annotations

import hashlib

SPLITS = ("train", "validation", "test")

# Of ten buckets, eight are for training.
_BUCKETS = ("train",) * 8 + ("validation", "test")


def split_of(canonical: str) -> str:
    """Returns the split of a function from the canonical text of its structure and constants.

    Args:
        canonical: a text that is the same for two specs of the same function.

    Returns:
        "train" (80 %), "validation" (10 %) or "test" (10 %).
    """
    digest = hashlib.sha256(f"find-gym split:{canonical}".encode()).digest()
    return _BUCKETS[int.from_bytes(digest[:8], "big") % len(_BUCKETS)]


def check_split(split: str | None) -> None:
    """Checks the name of a split.

    Raises:
        ValueError: the split is not one of `SPLITS` (or None, for all of them).
    """
    if split is not None and split not in SPLITS:
        raise ValueError(f"expected a split in {SPLITS} or None for all of them, actual value: {split!r}")


def function_seed(split: str | None, category: str, seed: int, index: int) -> int:
    """Returns the seed of the `index`-th function of a run, a 63-bit integer.

    A hash, so that seed 0, index 1 and seed 1, index 0 have nothing in common.
    """
    text = f"find-gym seed:{split}:{category}:{seed}:{index}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
