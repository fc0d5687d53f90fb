"""What of a description merely repeats what was asked: examples, and no description.

An interpreter knows which of the words that it asked activate the function. A list of them tells nothing that it was
not told, but a judge can guess the concept from it. So these words are taken out before a description is judged, in
whatever form they come (case, accents, endings, a letter more, hyphens, parts of longer expressions); only the names of
concepts stay, because to name the concept is the task.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache

from find_gym.categories.entities.concepts import concepts

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_SHORTEST = 3
# Words are forms of one word if so much of the longer one is the other, or the beginning of the other, or if they share
# so many of their pairs of letters.
_ALIKE = 0.6
_SHARED_PAIRS = 0.75
# So many words in a row are looked at as one: expressions, and words that were taken apart.
_ROW = 4
# Words that hold expressions together tell nothing by themselves.
_SMALL = frozenset("the and for with from into over under one two new".split())


def remove_examples(description: str, examples: Iterable[str]) -> str:
    """Returns a description without the words of some examples, whatever their form.

    Args:
        description: any text.
        examples: words or expressions. Of those that name a concept nothing is taken out.

    Example:
        >>> remove_examples("It responds to put-ters, Tiger and golf.", ["putter", "golf", "Tiger Woods"])
        'It responds to -,  and golf.'
    """
    stemmed = [_stems(example) for example in examples]
    stemmed = [stems for stems in stemmed if stems and " ".join(stems) not in _names()]
    if not stemmed:
        return description
    # Characters that can't be seen would hide a word from this, but not from the judge.
    text = "".join(character for character in description if unicodedata.category(character) != "Cf")
    found = list(_TOKEN.finditer(text))
    repeated = _repeated([_stem(match.group()) for match in found], stemmed)
    kept = []
    end = 0
    for match, is_repeated in zip(found, repeated, strict=True):
        kept.append(text[end : match.start()])
        if not is_repeated:
            kept.append(match.group())
        end = match.end()
    return "".join([*kept, text[end:]])


def _repeated(words: list[str], stemmed: list[list[str]]) -> list[bool]:
    """Returns which words of a text, as stems, repeat something of the examples, as stems too."""
    whole = {"".join(stems) for stems in stemmed}
    single = {stem for stems in stemmed for stem in stems if stem not in _SMALL}
    single = {stem for stem in single if len(stem) >= _SHORTEST or stem.isdigit()}
    alike = {word: any(_are_alike(word, stem) for stem in single) for word in set(words)}
    protected = [word in _names() for word in words]
    for length in range(2, _ROW + 1):
        for start in range(len(words) - length + 1):
            if " ".join(words[start : start + length]) in _names():
                protected[start : start + length] = [True] * length
    repeated = [alike[word] and not is_name for word, is_name in zip(words, protected, strict=True)]
    for length in range(2, _ROW + 1):
        for start in range(len(words) - length + 1):
            if "".join(words[start : start + length]) in whole:
                repeated[start : start + length] = [True] * length
    return repeated


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in _TOKEN.findall(text)]


@cache
def _names() -> frozenset[str]:
    """Returns the names of concepts as stems with single spaces."""
    return frozenset(" ".join(_stems(name)) for name in concepts())


def _stem(word: str) -> str:
    """Returns a word in lower case, without accents and without the endings of the plural and the possessive."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if unicodedata.category(c) != "Mn")
    plain = plain.replace("\u2019", "'").removesuffix("'s").replace("'", "")
    for ending, new in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", "")):
        if plain.endswith(ending) and len(plain) > len(ending) + 2 and not plain.endswith(("ss", "us", "is")):
            return plain.removesuffix(ending) + new
    return plain


def _are_alike(first: str, second: str) -> bool:
    short, long = sorted((first, second), key=len)
    needed = _ALIKE * len(long)
    if short == long or len(short) < needed or len(short) < _SHORTEST:
        return short == long
    if short in long or next(place for place in range(len(long)) if long[: place + 1] != short[: place + 1]) >= needed:
        return True
    ours, theirs = _pairs(short), _pairs(long)
    return 2 * (ours & theirs).total() >= _SHARED_PAIRS * (ours.total() + theirs.total())


def _pairs(word: str) -> Counter[str]:
    return Counter(word[place : place + 2] for place in range(len(word) - 1))
