"""Random inputs of many kinds: words, sentences, digits, punctuation, mixed case, short and long ones."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import zip_longest

import numpy as np

from find_gym.core.draws import SingleDraws

WORDS = (
    "about above acid action after again air album almost amber angle answer apple april arrow august autumn baby "
    "back bag ball banana basket beach bear before begin bell bird black blue board boat body book bottle box boy "
    "branch bread bridge bright brother brown build business butter cable cake camera candle captain carbon cat "
    "center chair change cheese child church circle city class clean clock cloud coffee cold color common computer "
    "copper corner cotton count cousin cover crazy cup dance danger dark data day dead decade deep desert design "
    "dinner doctor dog dollar door double dozen dream dress dry dust eager early earth east easy edge egg eight "
    "electric elephant empty engine enjoy equal evening event every exact example extra eye face family famous far "
    "farm father february fifty figure final finger fire fish five flag flower forest fox free friday friend fruit "
    "function future game garden gas gentle giant girl glass gold grape green group guitar hair half hand happy hat "
    "head heart heavy hello hidden history hotel house human hundred ice idea index inside iron island jacket january "
    "jazz job journey juice july jump june jungle just keep key kind king kitchen knee knight knife know lake lamp "
    "language large laugh lazy leaf learn lemon letter library light lion liquid list little logic long lucky lunch "
    "machine magic mango map march market math maze meadow memory metal middle milk million mind minute mirror model "
    "monday money month moon morning mother mountain mouse movie music mystery name nature neck needle network never "
    "night nine noise north number object ocean october odd office old olive onion open orange orbit order oven owl "
    "oxygen page paint paper park party pepper person phone photo piano picture pixel pizza plane planet plastic "
    "pocket poem police potato power prize problem program proof public purple puzzle python quality quarter queen "
    "question quick quiet quiz quote rabbit radio rain random razor ready red rhythm river road robot rock room rose "
    "round ruby saturday school science season second secret seven shadow sharp ship shirt silver simple sister sky "
    "sleep slow small smile snow soft song sound south space spirit spring square star station stone story street "
    "string strong student subject sugar summer sun super sweet system table tall tango teacher temple test thick "
    "thing thousand three thunder ticket tiger time tiny today tomato tongue tower train travel tree triangle truck "
    "true tuesday turtle twelve twenty ugly umbrella uncle under unit universe upper urban useful usual valley value "
    "van vector velvet very video village violin voice vowel voyage wagon water wave wealth weather week west wheel "
    "white wild window winter wizard wolf woman wonder wood world write yard year yellow yesterday young zebra zero "
    "zigzag zone zoo"
).split()

PUNCTUATION = "!?.,;:-_'\"()[]{}/\\+*=<>@#$%&^~|"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"

_BATCHES = 4

Kind = Callable[[SingleDraws], str]


def _pick(rng: SingleDraws, items: str | list[str]) -> str:
    return items[rng.integers(len(items))]


def _letters(rng: SingleDraws, least: int, most: int, characters: str = LETTERS) -> str:
    return rng.picks(characters, rng.integers(least, most + 1))


def _word(rng: SingleDraws) -> str:
    return WORDS[rng.integers(len(WORDS))]


def _capitalised_word(rng: SingleDraws) -> str:
    return _word(rng).capitalize()


def _mixed_case(rng: SingleDraws) -> str:
    text = _word(rng) + _word(rng)
    upper = text.upper()
    return "".join([u if r < 0.4 else c for c, u, r in zip(text, upper, rng.randoms(len(text)), strict=True)])


def _upper_case(rng: SingleDraws) -> str:
    return f"{_word(rng)} {_word(rng)}".upper()


def _phrase(rng: SingleDraws) -> str:
    return " ".join([_word(rng) for _ in range(rng.integers(2, 5))])


def _sentence(rng: SingleDraws) -> str:
    text = " ".join([_word(rng) for _ in range(rng.integers(3, 6))])
    return f"{text.capitalize()}{_pick(rng, '.!?')}"


def _digits(rng: SingleDraws) -> str:
    return _letters(rng, 1, 12, DIGITS)


def _word_with_digits(rng: SingleDraws) -> str:
    word = _letters(rng, 1, 3, DIGITS) if rng.random() < 0.3 else _word(rng)
    return f"{word}{_letters(rng, 1, 3, DIGITS)}{_word(rng) if rng.random() < 0.5 else ''}"


def _punctuated(rng: SingleDraws) -> str:
    words = [_word(rng), _capitalised_word(rng), _digits(rng)]
    return "".join([_pick(rng, words) + _letters(rng, 1, 2, PUNCTUATION) for _ in range(rng.integers(1, 4))])


def _random_letters(rng: SingleDraws) -> str:
    return _letters(rng, 2, 14)


def _single(rng: SingleDraws) -> str:
    return _pick(rng, LETTERS + LETTERS + DIGITS + PUNCTUATION + " ")


def _spaced(rng: SingleDraws) -> str:
    inner = f"{_capitalised_word(rng)}{' ' * rng.integers(1, 4)}{_word(rng)}"
    return f"{' ' * rng.integers(0, 4)}{inner}{' ' * rng.integers(0, 4)}"


def _long(rng: SingleDraws) -> str:
    text = _sentence(rng)
    while len(text) <= 30:
        text += f" {_capitalised_word(rng)}"
    return text


# As often as listed.
KINDS: tuple[Kind, ...] = (
    _word,
    _mixed_case,
    _sentence,
    _word_with_digits,
    _random_letters,
    _capitalised_word,
    _phrase,
    _punctuated,
    _upper_case,
    _spaced,
    _single,
    _long,
    _digits,
    _random_letters,
    _mixed_case,
    _word_with_digits,
)


def draw_inputs(rng: SingleDraws | np.random.Generator, count: int) -> list[str]:
    """Draws inputs, the kinds in turn, so that 16 have one of each; all of printable ASCII.

    Args:
        rng: the source of randomness.
        count: how many.
    """
    draws = rng if isinstance(rng, SingleDraws) else SingleDraws(rng)
    inputs = [KINDS[index % len(KINDS)](draws) for index in range(count)]
    if draws is not rng:
        draws.give_back()
    return inputs


def balanced_inputs(
    rng: SingleDraws | np.random.Generator,
    count: int,
    truth: Callable[[Sequence[str]], list[str]],
    sides: Callable[[Sequence[str]], Sequence[Hashable]],
) -> list[str]:
    """Draws inputs of many kinds that reveal what a function does.

    Args:
        rng: the source of randomness.
        count: how many.
        truth: the function.
        sides: which of its rules each input follows; every rule gets its share.

    Returns:
        Different strings: a quarter of them as they come (the empty one among them), then those that the function
        changes, the rules in turn, and then others until there are enough, so that at least half are changed if that
        many of the candidates are, 16 times `count` at most.
    """
    chosen = list(dict.fromkeys(["", *draw_inputs(rng, count // 4 - 1)]))
    groups: dict[Hashable, list[str]] = {}
    unchanged: list[str] = []
    seen = set(chosen)
    for _ in range(_BATCHES):
        batch = [text for text in dict.fromkeys(draw_inputs(rng, 16 * count // _BATCHES)) if text not in seen]
        seen.update(batch)
        for text, output, side in zip(batch, truth(batch), sides(batch), strict=True):
            (unchanged if output == text else groups.setdefault(side, [])).append(text)
        if all(len(group) >= count // 2 for group in groups.values()) and groups:
            break
    changed = [text for row in zip_longest(*groups.values()) for text in row if text is not None]
    wanted = count // 2
    return [*chosen, *changed[:wanted], *unchanged, *changed[wanted:]][:count]
