"""Skill: accuracy, rescaled by what a trivial description gets."""

from __future__ import annotations


def skill(accuracy: float, trivial_accuracy: float) -> float:
    """Rescales an accuracy so that the trivial description has 0 and the truth 1, clipped to [0, 1].

    Where the trivial description is perfect (a constant function), skill is accuracy.
    """
    if trivial_accuracy == 1:
        return accuracy
    return min(max((accuracy - trivial_accuracy) / (1 - trivial_accuracy), 0.0), 1.0)
