"""What descriptions in language say of the form of texts: a rule finds it, since no embedding tells letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.predicates import Predicate
from find_gym.judges.embedding import EmbeddingJudge
from find_gym.judges.phrases import MAX_CHARACTERS, MAX_CLAIMS
from find_gym.judges.protocol import to_text

FloatArray = NDArray[np.float64]
# A predicate of the form of texts, and 1 or -1: whether texts that have it are responded to, or are not.
FormClaim = tuple[Predicate, float]

# What a form counts beside the similarity to phrases.
WEIGHT = 0.3

_LETTERS = (
    r"(?:the )?(?:letters? |prefix |suffix |ending )?"
    r"(?:[\"'\u2018\u201c`](?P<quoted>[^\W_]{1,8})[\"'\u2019\u201d`]|(?P<bare>[a-z])(?![\w'-]))"
)
_CONTAIN = r"\b(?:contain|includ|hav)(?:s|e|es|ing)?"


def _with_letters(kind: str) -> Callable[[re.Match[str]], Predicate]:
    return lambda match: Predicate(kind, (match["quoted"] or match["bare"]).lower())


def _with_count(kind: str) -> Callable[[re.Match[str]], Predicate]:
    return lambda match: Predicate(kind, match["count"])


def _plain(kind: str) -> Callable[[re.Match[str]], Predicate]:
    return lambda match: Predicate(kind)


# What is found first is not looked at again.
_FORMS: tuple[tuple[str, Callable[[re.Match[str]], Predicate]], ...] = (
    (r"\b(?:begin|start)(?:s|ning|ing)? with (?:a )?capitals?(?: letters?)?\b", _plain("capitalised")),
    (r"\bcapitali[sz]ed\b|\bproper (?:names?|nouns?)\b", _plain("capitalised")),
    (r"\b(?:are )?(?:all |in )+(?:capitals|upper ?case|caps)\b|\bacronyms?\b", _plain("capitals")),
    (rf"\b(?:begin|start)(?:s|ning|ing)? with {_LETTERS}", _with_letters("begins")),
    (rf"\bend(?:s|ing)? (?:with|in) {_LETTERS}", _with_letters("ends")),
    (rf"{_CONTAIN} (?:a |any )?(?:digits?|numerals?)\b", _plain("digit")),
    (rf"{_CONTAIN} (?:any )?punctuation\b", _plain("punctuation")),
    (rf"{_CONTAIN} {_LETTERS}", _with_letters("contains")),
    (r"\b(?:ha(?:ve|s) |of )(?:several|many|multiple|two or more) words\b|\bmulti-?word\b", _plain("several words")),
    (
        r"\b(?:ha(?:ve|s) |with )?(?:fewer|less) than (?P<count>[1-9]\d?) (?:characters|letters)\b",
        _with_count("shorter"),
    ),
    (r"\b(?:ha(?:ve|s) |with )?more than (?P<count>[1-9]\d?) (?:characters|letters)\b", _with_count("longer")),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), make) for pattern, make in _FORMS)
# Parts of a sentence, each with the words that say whether it claims or denies.
_PARTS = re.compile(r"[^.;\n,]+[.;\n,]*")
_DENIED = re.compile(r"\b(?:not|never|except|without|unless|excluding|rather than)\b", re.IGNORECASE)


def read_forms(description: str) -> tuple[str, list[FormClaim]]:
    """Returns a description without what it says of the form of texts, and that, the first six claims of it.

    Example:
        >>> rest, forms = read_forms("It responds to golf, but not to words that contain a digit.")
        >>> rest, [(form.name, sign) for form, sign in forms]
        ('It responds to golf,', [('digit', -1.0)])
    """
    kept: list[str] = []
    forms: list[FormClaim] = []
    for part in _PARTS.findall(to_text(description[:MAX_CHARACTERS])):
        rest, found = part, []
        for pattern, make in _PATTERNS:
            found += [make(match) for match in pattern.finditer(rest)]
            rest = pattern.sub(" ", rest)
        denied = _DENIED.search(part) is not None
        forms += [(predicate, -1.0 if denied else 1.0) for predicate in found]
        # What denies a form would deny the phrases of the next part.
        kept.append("" if found and denied else rest)
    return "".join(kept), forms[:MAX_CLAIMS]


def rank_texts(judge: EmbeddingJudge, description: str, texts: Sequence[str]) -> FloatArray:
    """Rates texts by how well they fit a description, by its phrases and by the form of texts, shape `(n,)`."""
    rest, forms = read_forms(description)
    rating = judge.rank(rest, texts)
    for predicate, sign in forms:
        rating = rating + sign * WEIGHT * predicate(texts)
    return np.round(rating, 6)
