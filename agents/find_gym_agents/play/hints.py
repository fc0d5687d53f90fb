"""Hints: what kind of function it is, never which."""

from __future__ import annotations

from typing import Any

from find_gym_agents.categories import agent_category

_VARIANTS = {
    "plain": "It follows its rule everywhere and without noise.",
    "noised": "Its outputs are noisy.",
    "corrupted": "On a part of its inputs it departs from its rule.",
    "approximated": "A neural network approximates it.",
    "stochastic": "It draws something at random.",
}


def hint(function: Any) -> str:
    """Returns a hint about a function.

    Args:
        function: the truth.
    """
    spec = getattr(function, "spec", None)
    if spec is None:
        return "There is no hint about this function."
    own = agent_category(spec.category).play.hint(spec)
    return f"{own} {_VARIANTS.get(spec.variant, '')}".strip()
