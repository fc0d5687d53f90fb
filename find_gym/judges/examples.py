"""What of a description merely repeats what was asked: examples, and no description.

An interpreter knows how much each of the words that it asked activates the function. A list of them tells nothing
that it was not told, but a judge can guess the concept from it. So these words are taken out before a description is
judged, in whatever form they come (case, accents, endings, letters that are doubled, left out, moved or foreign,
hyphens, parts of longer words and expressions, cut short at either end, as they sound). The names of concepts stay,
because to name the concept is the task, and so do the words that hold a sentence together: without its "not" it says
the opposite.

What is alike in meaning stays: to infer words that nobody asked from those that were asked is part of the task.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.judges.phrases import is_structural

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_SHORTEST = 3
# Words are forms of one word if so much of the longer one is the other, or the beginning of the other, or if they share
# so many of their pairs of letters.
_ALIKE = 0.6
_SHARED_PAIRS = 0.75
# What is left of an example that was cut short is so much of it.
_PART = 1 / 3
# What is no word of the vocabulary is an example in another spelling if they share so many of their pairs of letters.
_SHARED_BY_OTHERS = 0.6
# What is no word is an example with its letters moved if it has so many more at most.
_ADDED = 2
# Letters that sound alike.
_SOUNDS = tuple(
    pair.split(">") for pair in "tion>shun sch>sh ph>f ck>k qu>kw th>t x>ks c>k q>k z>s w>v y>i ee>i oo>u".split()
)
# So many words in a row are looked at as one: expressions, and words that were taken apart, down to their letters.
_ROW = 4
_ROW_LETTERS = 40
_PIECE = 2
# A short word is still that word with so many letters after it, or after a prefix; a longer one within any word.
_LONG_ENOUGH = 5
_ENDING = 6
_INFLECTIONS = frozenset(("ing", "ed", "er"))
_PREFIXES = frozenset("un non anti super re pre sub mis x".split())
_ANY_VOWEL = str.maketrans("eiouy", "aaaaa")
_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxyz")
# Cyrillic and Greek letters, digits and signs that look like Latin letters.
_LOOKS = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0455\u0456\u0458\u0501"
    "\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7",
    "abekmhopctyxsijdaeikvoptux",
)
_DIGITS = str.maketrans("0134578", "oieastb")
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
    stems = _read_examples(tuple(examples))
    if not stems.whole:
        return description
    # Characters that can't be seen, or stand on others, would hide a word from this, but not from the judge.
    composed = unicodedata.normalize("NFC", description)
    text = "".join(character for character in composed if unicodedata.category(character) not in ("Cf", "Mn", "Me"))
    found = list(_TOKEN.finditer(text))
    gaps = [text[one.end() : other.start()] for one, other in pairwise(found)]
    repeated = _repeated([_stem(match.group()) for match in found], gaps, stems)
    kept = []
    end = 0
    for match, is_repeated in zip(found, repeated, strict=True):
        kept.append(text[end : match.start()])
        if not is_repeated:
            kept.append(match.group())
        end = match.end()
    return "".join([*kept, text[end:]])


class _Stems(NamedTuple):
    """The stems of examples: each example in one word, and the single words that may be alike to others."""

    whole: frozenset[str]
    single: frozenset[str]


# A description is read when it is objected to and when it is scored, and every word of an episode's descriptions is
# compared with the same examples.
@lru_cache(maxsize=64)
def _read_examples(examples: tuple[str, ...]) -> _Stems:
    stemmed = [_stems(example) for example in examples]
    stemmed = [stems for stems in stemmed if stems and " ".join(stems) not in _names()]
    single = {stem for stems in stemmed for stem in stems if stem not in _SMALL}
    return _Stems(
        frozenset("".join(stems) for stems in stemmed),
        frozenset(stem for stem in single if len(stem) >= _PIECE or stem.isdigit()),
    )


@lru_cache(maxsize=4096)
def _is_alike_to_one(word: str, examples: frozenset[str]) -> bool:
    return any(_are_alike(word, example) for example in examples)


def _repeated(words: list[str], gaps: list[str], examples: _Stems) -> list[bool]:
    """Returns which words of a text, as stems, repeat something of the examples, given what stands between them."""
    whole, single = examples
    every = whole | single
    alike = {word: _is_alike_to_one(word, single if word in _known() else every) for word in set(words)}
    # Without its "not", a description would say the opposite.
    protected = [word in _names() or is_structural(word) for word in words]
    for length in range(2, _ROW + 1):
        for start in range(len(words) - length + 1):
            if " ".join(words[start : start + length]) in _names():
                protected[start : start + length] = [True] * length
    repeated = [alike[word] for word in words]
    for start, end in _compounds(gaps):
        joined = "".join(words[start:end])
        if len(joined) <= _ROW_LETTERS and any(_is_scrambled(joined, example) for example in every):
            repeated[start:end] = [True] * (end - start)
    repeated = [is_repeated and not is_name for is_repeated, is_name in zip(repeated, protected, strict=True)]
    for start in range(len(words)):
        for end in range(start + 2, len(words) + 1):
            row = words[start:end]
            joined = "".join(row)
            if len(joined) > _ROW_LETTERS or (end - start > _ROW and max(map(len, row)) > _PIECE):
                break
            if joined in whole or (joined in single and max(map(len, row)) <= _PIECE):
                repeated[start:end] = [True] * len(row)
    # What is left of a word that was taken apart.
    for place, gap in enumerate(gaps):
        for one, other in ((place, place + 1), (place + 1, place)):
            if gap in (" ", "-") and repeated[one] and len(words[other]) <= _PIECE and words[other] not in _known():
                repeated[other] = repeated[other] or not protected[other]
    return repeated


def _compounds(gaps: list[str]) -> Iterator[tuple[int, int]]:
    """Yields the bounds of what hyphens join, given what stands between the words."""
    start = 0
    for place, gap in enumerate([*gaps, ""]):
        if gap != "-":
            if place > start:
                yield start, place + 1
            start = place + 1


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


def _are_alike(word: str, example: str) -> bool:
    """Whether a word, as a stem, is some form of an example, as a stem too."""
    if word == example or (example.startswith(word) and example.removeprefix(word) in _INFLECTIONS):
        return True
    is_known = word in _known()
    word, example = _plain(word), _plain(example)
    if _is_cut_from(word, example, is_known) or _holds(word, example, _LONG_ENOUGH):
        return True
    if not is_known and _is_scrambled(word, example):
        return True
    word, example = _fold(word), _fold(example)
    # With a letter less it is sooner within another word, as "puter" is within "computer".
    if _holds(word, example, _LONG_ENOUGH + 1) or _is_spelled_like(word, example) or _is_near(word, example):
        return True
    return not is_known and _is_respelled(word, example)


@cache
def _known() -> frozenset[str]:
    """Returns the words of the vocabulary as stems."""
    return frozenset(stem for word in (*vocabulary(), *concepts()) for stem in _stems(word))


def _is_cut_from(word: str, example: str, is_known: bool) -> bool:
    """Whether a word is a beginning or an end of an example or, if it is no other word, anything within it.

    Beginnings count even where they are words ("ski" of "skipper"): who asked the example need not know of skiing.
    """
    # A letter alone is for the reader of phrases to leave out; "e.g." is made of two.
    if len(word) < _SHORTEST:
        return len(word) > 1 and example.startswith(word)
    is_end = example.startswith(word) or example.endswith(word)
    return len(word) >= _PART * len(example) and (is_end or (not is_known and word in example))


def _is_scrambled(word: str, example: str) -> bool:
    """Whether what is no word is an example with letters left out, moved or added, or with other vowels."""
    if len(word) < _PIECE:
        return False
    # Not every last "s" is an ending, and the stem of a word that was turned round may have lost another.
    ours, theirs = word.removesuffix("s"), example.removesuffix("s")
    if len(theirs) >= _SHORTEST and ours.translate(_ANY_VOWEL) == theirs.translate(_ANY_VOWEL):
        return True
    if len(_skeleton(word)) >= _SHORTEST and _skeleton(word) == _skeleton(example):
        return True
    added = len(word) - len(example)
    if added < 0 and _is_within(ours, theirs):
        return len(word) >= (_PART if len(word) > _SHORTEST else 1 / 2) * len(example)
    missing = "".join((_letters(example) - _letters(word)).elements()) if -1 <= added <= _ADDED else None
    if missing == "":
        turned = (example[place:] + example[:place] for place in range(len(example)))
        return len(example) > _LONG_ENOUGH or added == 0 or any(each in word for each in turned)
    return missing == "s" and added == -1


def _is_within(word: str, example: str) -> bool:
    """Whether a word is an example with letters left out, not the first one."""
    rest = iter(example)
    return word[:1] == example[:1] and all(letter in rest for letter in word)


@lru_cache(maxsize=4096)
def _letters(word: str) -> Counter[str]:
    return Counter(word)


@lru_cache(maxsize=4096)
def _skeleton(word: str) -> str:
    """Returns the consonants of a word, doubled letters and a last "s" aside; "y" may stand for a vowel."""
    return _fold(_consonants(word).replace("y", "")).removesuffix("s")


def _is_respelled(word: str, example: str) -> bool:
    """Whether what is no word is the beginning of an example, sounds like it, or has most of its pairs of letters."""
    ours, theirs = _sound(word), _sound(example)
    if min(len(ours), len(theirs)) < _SHORTEST:
        return False
    is_beginning = theirs.startswith(ours) and len(ours) >= _PART * len(theirs)
    return is_beginning or _is_spelled_like(ours, theirs) or _share_pairs(ours, theirs) >= _SHARED_BY_OTHERS


@lru_cache(maxsize=4096)
def _sound(word: str) -> str:
    """Returns a word in letters that each stand for a sound."""
    for letters, sound in _SOUNDS:
        word = word.replace(letters, sound)
    return _fold(word)


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    """Returns a word in the letters that it seems to have."""
    plain = word.translate(_LOOKS)
    return plain if plain.isdigit() else plain.translate(_DIGITS)


@lru_cache(maxsize=4096)
def _fold(word: str) -> str:
    """Returns a word with each of its letters once where it is doubled."""
    return "".join(letter for letter, _ in groupby(word))


def _holds(word: str, example: str, long_enough: int) -> bool:
    """Whether a word is an example with something before or after it, or several times."""
    if len(example) < _SHORTEST or example not in word:
        return False
    before, _, after = word.partition(example)
    if len(example) >= long_enough or not word.replace(example, ""):  # twice, for one
        return True
    return (not before or before in _PREFIXES) and len(after) <= _ENDING


def _is_spelled_like(word: str, example: str) -> bool:
    """Whether two words have the same letters, or the same consonants in the same order; doubled ones count once."""
    ours, theirs = _consonants(word), _consonants(example)
    # Without vowels it is no other word.
    if ours == theirs and len(theirs) >= (_SHORTEST if ours != word else _PIECE):
        return True
    # The stem of a word that was turned round may have lost a letter.
    lost = int(len(example) > _SHORTEST)
    if len(example) < _SHORTEST or abs(len(word) - len(example)) > lost:
        return False
    moved, missing = Counter(word), Counter(example)
    return ((moved - missing) + (missing - moved)).total() <= lost


@lru_cache(maxsize=4096)
def _consonants(word: str) -> str:
    return "".join(letter for letter in word if letter in _CONSONANTS)


def _is_near(first: str, second: str) -> bool:
    short, long = sorted((first, second), key=len)
    needed = _ALIKE * len(long)
    if short == long or len(short) < needed or len(short) < _SHORTEST:
        return short == long
    if next(place for place in range(len(long)) if long[: place + 1] != short[: place + 1]) >= needed:
        return True
    return _share_pairs(short, long) >= _SHARED_PAIRS


def _share_pairs(first: str, second: str) -> float:
    """Returns the share of their pairs of letters that two words have in common, in [0, 1]."""
    ours, theirs = _pairs(first), _pairs(second)
    if ours.keys().isdisjoint(theirs):
        return 0.0
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


@lru_cache(maxsize=4096)
def _pairs(word: str) -> Counter[str]:
    return Counter(word[place : place + 2] for place in range(len(word) - 1))
