"""Splits and seeds: hashes, so that no function stands in two splits and neighbouring seeds share nothing.

What there are infinitely many of is divided by a hash of each (`split_of`); what can be listed is divided evenly
(`divide`), so that every split has its part of all kinds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

SPLITS = ("train", "validation", "test")

# Of ten buckets, eight are for training.
_BUCKETS = ("train",) * 8 + ("validation", "test")
# Of what is few, more is held out, 7 of 25: of 172 concepts 48, so that no function of one concept is drawn often.
# Neighbours are in different splits, so that small groups are divided as well.
EVEN_BUCKETS = (*SPLITS, *SPLITS, "train") * 3 + (*SPLITS, "train")


def split_of(canonical: str, buckets: Sequence[str] = _BUCKETS) -> str:
    """Returns the split of a function from the canonical text of its structure and constants.

    Args:
        canonical: a text that is the same for two specs of the same function.
        buckets: the splits, each as often as its share asks for.

    Returns:
        By default "train" (80 %), "validation" (10 %) or "test" (10 %).
    """
    return buckets[_hash(f"find-gym split:{canonical}") % len(buckets)]


def divide(groups: Iterable[Iterable[str]]) -> dict[str, str]:
    """Divides texts that can be listed evenly among the splits.

    Args:
        groups: canonical texts, those that are alike in one group; each split gets its part of every group, but for
            rounding, and the rounding errors of neighbouring groups cancel.

    Returns:
        The split of each text: "train" (44 %), "validation" (28 %) or "test" (28 %).
    """
    order = [text for group in groups for text in sorted(group, key=lambda text: _hash(f"find-gym order:{text}"))]
    return {text: EVEN_BUCKETS[place % len(EVEN_BUCKETS)] for place, text in enumerate(order)}


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
    return _hash(f"find-gym seed:{split}:{category}:{seed}:{index}") >> 1


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
