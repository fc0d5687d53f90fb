"""What the enumeration asks: a few strings that tell most programs apart, then those that split what is left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from find_gym.categories.strings.inputs import draw_inputs
from find_gym.categories.strings.operation import LETTERS
from find_gym.categories.strings.probes import PROBES
from find_gym.categories.strings.programs import Program, run

# Asked first, in this order, whatever the answers are.
OPENING: tuple[str, ...] = (
    "Why 3 Big Foxes, jump 90 Ok?",
    "zyxwvutsrqponmlkjihgfedcba",
    "AbCdEfGhIjKlMnOpQrStUvWxYz",
    "",
    "  Quirky 42 PAVEMENT zed ",
    "Mississippi",
    "K",
    "NMBVCXZLKJHGFDSAPOIUYTREWQ1",
)


# Asked when all programs that are left answer alike, in case that the right one is not among them.
CHECKS: tuple[str, ...] = (
    "Pixel fog",
    "hurricane Whisk!",
    "tHE LAZY gnu",
    "w0w",
    "Vex",
    "Go Team JUMBO quit",
    "8cabs42",
    "dizzy NYMPH Talks fix",
)


# Besides the probes: digits or spaces right before the first letter or after the last one, many lengths and counts.
_EDGES: tuple[str, ...] = (
    "9lives",
    "5Ate7",
    "eleven11",
    " Zed",
    "ant ",
    "swap Nine",
    "tenletters",
    "Yxwvutsrqp",
    "eightfog",
    "AbAcAdAeAf",
    "audio aioli",
    "Eau, oui: aieee",
    "UOIEA ideas are easy as pie",
    "a1b2c3d4e5f6",
    "0123456789 0123456789",
    "ROCKS AND BONES",
)
_BEGINNING = len(PROBES) + len(_EDGES) + len(LETTERS)


@cache
def bank() -> tuple[str, ...]:
    """Returns the strings that may be asked after the opening."""
    words = draw_inputs(np.random.default_rng(5), 128)
    starts = [f"{letter}{word}" for letter, word in zip(LETTERS, words, strict=False)]
    return tuple(dict.fromkeys([*PROBES, *_EDGES, *LETTERS, *words, *starts]))


class Predictions:
    """What programs would answer, remembered."""

    def __init__(self) -> None:
        self._short: dict[Program, tuple[str, ...]] = {}
        self._full: dict[Program, list[str]] = {}

    def __call__(self, program: Program) -> list[str]:
        """Returns the outputs of a program on the bank."""
        if program not in self._full:
            self._full[program] = run(program, bank())
        return self._full[program]

    def different(self, programs: Sequence[Program], most: int) -> list[Program]:
        """Returns the first of the programs, those that answer like an earlier one to the bank's beginning left out."""
        seen: dict[tuple[str, ...], Program] = {}
        for program in programs:
            if program not in self._short:
                self._short[program] = tuple(run(program, bank()[:_BEGINNING]))
            seen.setdefault(self._short[program], program)
            if len(seen) == most:
                break
        return list(seen.values())


def best_query(
    programs: Sequence[Program], weights: Sequence[float], asked: Sequence[str], predictions: Predictions
) -> str | None:
    """Returns the string whose answer is expected to tell most, or None where all programs answer alike to all.

    Args:
        programs: those that agree with the answers so far.
        weights: how likely each is, relative to the others.
        asked: what was asked already.
        predictions: remembers the outputs.
    """
    best, most = None, 0.0
    columns = zip(*(predictions(program) for program in programs), strict=True)
    for text, outputs in zip(bank(), columns, strict=True):
        if text in asked or outputs.count(outputs[0]) == len(outputs):
            continue
        shares: dict[str, float] = {}
        for output, weight in zip(outputs, weights, strict=True):
            shares[output] = shares.get(output, 0.0) + weight
        total = sum(shares.values())
        entropy = -sum(share / total * math.log(share / total) for share in shares.values())
        if entropy > most:
            best, most = text, entropy
    return best
