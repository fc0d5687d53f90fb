"""Guesses of the words that an inner `string_concatenate` appends: too many to list, so read off the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from find_gym.categories.strings.alphabet import ALPHABET, VOWELS, shift_letters
from find_gym.categories.strings.operation import LETTERS
from find_gym.categories.strings.operations import OPERATIONS

_LONGEST = 5
_INVOLUTIONS = (
    "reverse_string",
    "reverse_string_first_half",
    "reverse_string_last_half",
    "reverse_vowels",
    "swap_first_last",
)


def appended_words(inputs: Sequence[str], outputs: Sequence[str], in_words: bool) -> list[str]:
    """Returns words that may have been appended to the inputs before another operation gave the outputs.

    Args:
        inputs: what was asked.
        outputs: what was answered.
        in_words: whether all answers are English number words.
    """
    guesses = set(_counted_words()) if in_words else set()
    for text, answer in zip(inputs, outputs, strict=True):
        if text == "":
            guesses.update(_undone(answer))
        elif not in_words:
            for length in range(1, _LONGEST + 2):
                guesses.update((answer[-length:], answer[:length][::-1]))
                guesses.update(answer[-length:].replace(text[0], vowel) for vowel in "aeiou" if text[0] not in VOWELS)
    return sorted(word for word in guesses if 1 <= len(word) <= _LONGEST and all(c in LETTERS for c in word))


def _counted_words() -> Iterator[str]:
    """Yields words that stand for all others of which only some letters are counted."""
    for length in range(1, _LONGEST + 1):
        yield from (letter * length for letter in LETTERS)
        yield from ("x" * length + letter for letter in LETTERS)


def _undone(answer: str) -> Iterator[str]:
    """Yields the words from which some operation makes the answer to the empty string."""
    yield answer
    yield answer[:-1]
    middle = (len(answer) - 1) // 2
    yield answer[:middle] + answer[middle + 1 :]
    for name in _INVOLUTIONS:
        yield OPERATIONS[name].function(answer)
    for places in range(1, 26):
        yield shift_letters(answer, places)
        yield shift_letters(answer[:1], places) + answer[1:]
        yield answer[:-1] + shift_letters(answer[-1:], places)
        yield (
            answer[: len(answer) // 2]
            + shift_letters(answer[len(answer) // 2 :][:1], places)
            + answer[len(answer) // 2 + 1 :]
        )
    if " " in answer:
        yield from (answer.replace(" ", letter) for letter in LETTERS)
    if answer[:1] not in ("", *ALPHABET):
        yield answer.lower()
