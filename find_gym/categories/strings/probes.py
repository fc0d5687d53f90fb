"""Probe strings: a bank that tells programs apart, and a larger set that decides whether two are the same.

Of the pairs of programs that differ on the larger set, the bank tells apart all but three in a million, and all
operations with all of their constants. The split of a function is a hash of its outputs on the bank, so a change of the
bank changes the splits.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from find_gym.categories.strings.ascii_strings import AsciiStrings
from find_gym.categories.strings.inputs import draw_inputs
from find_gym.categories.strings.programs import Comparison, Program, compare_with_simpler, without_noise

PROBES: tuple[str, ...] = (
    # All letters in both cases, in various orders: which letters are replaced, removed, mapped or found.
    "The Quick Brown Fox Jumps Over 13 Lazy Dogs",
    "SPHINX OF BLACK QUARTZ, JUDGE MY VOW",
    "pack my box with five dozen liquor jugs",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiopasdfghjklzxcvbnm",
    "AbCdEfGhIjKlMnOpQrStUvWxYz",
    "ZaYbXcWdVeUfTgShRiQjPkOlNm",
    "MNBVCXZLKJHGFDSAPOIUYTREWQ",
    # Lengths of both parities with a letter in the middle; first, middle and last letters that differ.
    "",
    "b",
    "K",
    "ox",
    "Fly",
    "jazz",
    "Quilt",
    "wizard",
    "Example",
    "zucchini",
    "voXel grid",
    "Jumbo Giraffe",
    "kaleidoscopic",
    # Ends that are vowels or that wrap around the alphabet.
    "aria",
    "Yoyo",
    "ZEBRA Pizza",
    "apple Tree e",
    # Repeated characters, vowels only, consonants only.
    "Mississippi",
    "bookkeeper",
    "AEIOU aeiou",
    "rhythm myth",
    "unusual Queue",
    # Digits at the start, in the middle, at the end, and nothing else.
    "7",
    "2048",
    "3 Wise Men",
    "agent007Rover",
    "Pier 39",
    "v1.2.3-rc4",
    # Whitespace at either end, in runs, and alone; punctuation.
    "  two  Spaces ",
    "tail   ",
    " \t ",
    "Hello, World!",
    "(x + y) * z?",
    "DON'T panic",
)


@lru_cache(1024)
def answers_to_probes(program: Program) -> tuple[str, ...]:
    """Returns a program's outputs on the bank, which the split and the environment need in turn."""
    return tuple(compared_on_probes(without_noise(program)).outputs)


@lru_cache(1024)
def compared_on_probes(program: Program) -> Comparison:
    """Compares what a program makes of the bank with this, and with what simpler programs make of it."""
    return compare_with_simpler(program, packed_probes())


@cache
def packed_probes() -> AsciiStrings:
    """Returns the bank in one array."""
    return _packed(PROBES)


@cache
def packed_large_set() -> AsciiStrings:
    """Returns the large set in one array."""
    return _packed(large_probe_set())


def _packed(strings: tuple[str, ...]) -> AsciiStrings:
    packed = AsciiStrings.of(strings)
    assert packed is not None
    return packed


@cache
def large_probe_set() -> tuple[str, ...]:
    """Returns the strings on which two programs must agree to count as the same: the probes and 256 others."""
    return (*PROBES, *draw_inputs(np.random.default_rng(20_230_911), 256))
