"""Skill: accuracy, rescaled by what a trivial description gets."""

from __future__ import annotations


def skill(accuracy: float, trivial_accuracy: float) -> float:
    """Rescales an accuracy so that the trivial description has 0 and the truth 1, clipped to [0, 1].

    Where the trivial description is perfect (a constant function), skill is accuracy.
    """
    if trivial_accuracy == 1:
        return accuracy
    return min(max((accuracy - trivial_accuracy) / (1 - trivial_accuracy), 0.0), 1.0)


def skill_over_chance(share: float, chance: float) -> float:
    """Rescales a share of tests so that chance has 0 and all of them 1; negative below chance.

    It is not clipped: what knows nothing is as often below chance as above it, and has mean 0.

    Args:
        share: the share of tests that are right, in [0, 1].
        chance: the share that guessing gets, in [0, 1).

    Returns:
        At least `-chance / (1 - chance)`, which is -0.5 for tests with three options.

    Example:
        >>> skill_over_chance(1.0, 1 / 3), skill_over_chance(0.0, 1 / 3)
        (1.0, -0.5)
    """
    # No -0.0.
    return round((share - chance) / (1 - chance), 11) + 0.0
