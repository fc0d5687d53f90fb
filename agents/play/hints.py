"""Hints: what kind of function it is, never which."""

from __future__ import annotations

from typing import Any

from find_gym.categories.numeric.rules import OPERATORS

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
    sentences = {"numeric": _numeric, "strings": _strings, "entities": _entities, "relations": _relations}
    return f"{sentences[spec.category](spec)} {_VARIANTS.get(spec.variant, '')}".strip()


def _numeric(spec: Any) -> str:
    if spec.family in OPERATORS:
        return f"It is made of two common functions by one {spec.family}."
    return "It is one common function, with constants of its own."


def _strings(spec: Any) -> str:
    program = getattr(spec, "program", None)
    if program is None:
        return "It is a function of the published benchmark."
    return f"It has {len(program)} step{'s' if len(program) != 1 else ''}, one after the other."


def _entities(spec: Any) -> str:
    return "It responds to one concept." if spec.family == "single" else "It combines several concepts."


def _relations(spec: Any) -> str:
    return "It answers for inputs of one kind."
