"""Random inputs of many kinds: words, sentences, digits, punctuation, mixed case, short and long ones."""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.strings.ascii_strings import AsciiStrings
from find_gym.categories.strings.followed import Followed
from find_gym.core.draws import SeededBits, draw_in_loop

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
# Words of random bits that a string hardly takes more of, on average.
_MOST_BITS = 5


@cache
def _table() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Returns what `draw_strings` draws from, and the kinds of strings, each as often as it is drawn."""
    from find_gym.categories.strings.kernels import drawing as kinds

    entries = [*WORDS, LETTERS, DIGITS, PUNCTUATION, LETTERS + LETTERS + DIGITS + PUNCTUATION + " "]
    characters = np.frombuffer("".join(entries).encode("ascii"), dtype=np.uint8).copy()
    starts = np.cumsum([0, *map(len, entries)], dtype=np.int64)
    turns = (
        kinds.WORD,
        kinds.MIXED_CASE,
        kinds.SENTENCE,
        kinds.WORD_WITH_DIGITS,
        kinds.RANDOM_LETTERS,
        kinds.CAPITALISED,
        kinds.PHRASE,
        kinds.PUNCTUATED,
        kinds.UPPER_CASE,
        kinds.SPACED,
        kinds.SINGLE,
        kinds.LONG,
        kinds.DIGITS,
        kinds.RANDOM_LETTERS,
        kinds.MIXED_CASE,
        kinds.WORD_WITH_DIGITS,
    )
    return characters, starts, np.array(turns, dtype=np.int64)


def draw_inputs(rng: np.random.Generator, count: int) -> list[str]:
    """Draws inputs, the kinds in turn, so that 16 have one of each; all of printable ASCII.

    Args:
        rng: the source of randomness, of the kind PCG64.
        count: how many.
    """
    return list(_draw(rng, np.resize(_table()[2], count)))


def _draw(rng: np.random.Generator | SeededBits, kinds: NDArray[np.int64]) -> AsciiStrings:
    """Draws a string of each of some kinds."""
    from find_gym.categories.strings.kernels.drawing import ROOM, draw_strings

    characters, starts, _ = _table()
    text, ends = np.empty(ROOM * kinds.size, dtype=np.uint8), np.empty(kinds.size, dtype=np.int64)
    draw_in_loop(
        rng,
        _MOST_BITS * (kinds.size + 16),
        lambda words, cursor: draw_strings(words, cursor, characters, starts, kinds, text, ends),
    )
    return AsciiStrings(text[: ends[-1] if kinds.size else 0], ends)


class Revealing(Protocol):
    """What is needed of a function; see `StringBlackBox`."""

    def follow(self, inputs: AsciiStrings) -> Followed:
        """Returns the outputs without noise, and which rule each input follows."""


def balanced_inputs(
    rng: np.random.Generator | SeededBits, count: int, function: Revealing
) -> tuple[AsciiStrings, Followed]:
    """Draws inputs of many kinds that reveal what a function does.

    Args:
        rng: the source of randomness.
        count: how many, 4 or more.
        function: the function. Every rule that inputs may follow gets its share.

    Returns:
        Different strings, and what the function makes of them: a quarter of them as they come (the empty one among
        them), then those that the function changes, the rules in turn, and then others until there are enough, so that
        at least half are changed if that many of the candidates are, 16 times `count` at most.

    Raises:
        ValueError: the function does not tell of each input what it makes of it.
    """
    from find_gym.categories.strings.kernels.choosing import choose_inputs

    first_kinds, kinds = _kinds(count)
    pool = _draw(rng, first_kinds)
    followed = _checked(function.follow(pool), len(pool))
    places = np.empty(count, dtype=np.int64)
    for batch in range(_BATCHES):
        if batch:
            further = _draw(rng, kinds)
            pool, followed = pool + further, followed.and_then(_checked(function.follow(further), len(further)))
        chosen = choose_inputs(pool.text, pool.ends, count // 4, followed.told, places)
        if chosen >= 0:
            break
    places = places[: chosen if chosen >= 0 else ~chosen]
    return pool.take(places), followed.take(places)


def _checked(followed: Followed, count: int) -> Followed:
    """Returns what a user's own function says of inputs if it is of them all: loops do not see where an array ends."""
    told = followed.told
    if len(followed.outputs) != count or told.shape != (2, count) or told.dtype != np.int64:
        raise ValueError(
            f"expected {count} outputs and int64 numbers of shape {(2, count)} from follow, "
            f"actual: {len(followed.outputs)} outputs and {told.dtype} numbers of shape {told.shape}"
        )
    return followed


@cache
def _kinds(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the kinds of what is drawn first, and of each further batch of candidates."""
    from find_gym.categories.strings.kernels.drawing import EMPTY

    turns = _table()[2]
    batch = np.resize(turns, 16 * count // _BATCHES)
    return np.concatenate(([EMPTY], np.resize(turns, count // 4 - 1), batch)), batch
