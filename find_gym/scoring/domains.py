"""Reads the exception that a submission claims from its [DOMAIN] part."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from find_gym.scoring.inputs import merge_intervals

_NUMBER = r"[-+\u2212]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_BETWEEN = re.compile(rf"({_NUMBER})\s*(?:<=?|\u2264)\s*x\s*(?:<=?|\u2264)\s*({_NUMBER})", re.IGNORECASE)
_BETWEEN_REVERSED = re.compile(rf"({_NUMBER})\s*(?:>=?|\u2265)\s*x\s*(?:>=?|\u2265)\s*({_NUMBER})", re.IGNORECASE)
_WORDS = re.compile(rf"(?:between|from)\s+({_NUMBER})\s+(?:and|to)\s+({_NUMBER})", re.IGNORECASE)
_BRACKETS = re.compile(
    rf"[\[(]\s*({_NUMBER}|-inf(?:inity)?|-\u221e)\s*,\s*({_NUMBER}|inf(?:inity)?|\u221e)\s*[\])]", re.I
)
_BELOW = re.compile(
    rf"(?:x\s*(?:<=?|\u2264)|\b(?:less|lower|smaller)\s+than|\bbelow|\bunder)\s*({_NUMBER})", re.IGNORECASE
)
_ABOVE = re.compile(
    rf"(?:x\s*(?:>=?|\u2265)|\b(?:greater|higher|larger|more)\s+than|\babove|\bover|\bbeyond)\s*({_NUMBER})",
    re.IGNORECASE,
)


def read_domain(text: str) -> NDArray[np.float64]:
    """Reads the intervals that a text names.

    Understood are inequalities (`-3 < x <= 5`, `x > 7`), brackets (`[-3, 5]`, `(7, inf)`) and words ("between -3 and
    5", "below 7"). Anything else, such as "none", names no interval.

    Args:
        text: the [DOMAIN] part of a submission.

    Returns:
        Disjoint, sorted intervals within the query range, float64 of shape `(k, 2)`.

    Example:
        >>> read_domain("Unusual where 3 < x < 7.5, and below -100.").tolist()
        [[-128.0, -100.0], [3.0, 7.5]]
        >>> read_domain("none").shape
        (0, 2)
    """
    intervals: list[tuple[float, float]] = []

    def take(pattern: re.Pattern[str], text: str) -> str:
        for first, second in pattern.findall(text):
            low, high = sorted((_number(first), _number(second)))
            intervals.append((low, high))
        return pattern.sub(" ", text)

    for pattern in (_BETWEEN, _BETWEEN_REVERSED, _WORDS, _BRACKETS):
        text = take(pattern, text)
    intervals += [(-math.inf, _number(bound)) for bound in _BELOW.findall(text)]
    intervals += [(_number(bound), math.inf) for bound in _ABOVE.findall(text)]
    return merge_intervals(intervals)


def _number(text: str) -> float:
    text = text.replace("\u2212", "-").replace("\u221e", "inf")
    return float(text)
