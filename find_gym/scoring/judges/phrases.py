"""What a description in language claims: the phrases that it says are responded to, and those that it excludes.

Interpreters write sentences such as "The function appears to be selective for concepts related to golf, such as
'putter'; it returns lower values for animals". Of these only "golf" and "putter" say what the function responds to.
This module finds such phrases by rule: nothing in it learns, and nothing in a description can talk to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from find_gym.knowledge.concepts import concepts

MAX_CHARACTERS = 4000
# Holds the words of a known name together: a letter to regular expressions, and in no English text.
_GLUE = "\u02d1"

# A clause that speaks of low outputs says nothing of what the function responds to.
_LOW = re.compile(
    r"\b(low|lower|lowest|weak|weaker|weakest|less|lesser|near[- ]zero|close to (0|zero)|closer to (0|zero)|unrelated|"
    r"irrelevant|outlier|outliers|minimal|(does|do|did|is|are) not (show|have|appear|seem|give|assign|consistently|"
    r"consider|exhibit|closely)|(doesn't|don't|isn't|aren't|didn't))\b|\bnon-",
    re.IGNORECASE,
)
_CLAUSES = re.compile(
    r"[.!?](?=\s|$)|[;\n]|,?\s*\b(?:while|whereas|although|though|however|compared (?:to|with)|rather than|in contrast|"
    r"conversely|as opposed to|instead of)\b|,\s+(?:but|with|and it|as)\b(?! not\b)|\bbut(?! not\b)\b",
    re.IGNORECASE,
)
_EXCLUDED = re.compile(
    r",?\s*\b(?:but not|and not|except(?: for| those)?|excluding|unless|other than|without|not)\b", re.IGNORECASE
)
_LIMITED = re.compile(r"\(?,?\s*\b(?:including,? but )?not limited to,?", re.IGNORECASE)
_PARTS = re.compile(
    r"[,:()\[\]\"“”]|(?<!\w)'|'(?!\w)|\s[-–—]+\s|\b(?:and|or|such as|like|including|include|includes|e\.g\.?|i\.e\.?|"
    r"especially|particularly|namely|along with|as well as)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^[-+]?\d*\.?\d+$")
_BOTH = re.compile(r"\bboth\b(?P<first>.+?)\band\b(?P<second>.+)", re.IGNORECASE)

_FILLERS = frozenset(
    """
    a about activate activated activates activation activations all also an answer any appear appears are around as
    assign assigned assigning assigns associated associating association associations at based be been being belonging
    between broad by can category categories certain clear close closely closer common concept concepts connected
    connection consistent consistently correlated correlation data described description different directly entities
    entity evaluate evaluates example examples experiment experiments extent f f(x) fall few fire fires focus focused
    focuses following for found from function functions general generally get gets give given gives giving had has have
    having high higher highest highly i identify identifies in indicate indicates indicating information input inputs
    is it its itself likely look looks mainly many may might moderate more most mostly multiple my name named names
    neuron observed obtained of on one option other others out output outputs overall pair pairs particular pattern
    pertaining positive potentially predominantly prefer preference prefers present primarily primary probably produce
    produces produced provided range receive receives refer referring refers regarding relate related relates relating
    relation relatively represent represents respond responds responding response result resulting results return
    returned returning returns score scores see seem seemingly seems seen select selecting selective selectively
    selectivity sensitive set several show showed shown shows significantly similar slightly some something specific
    specifically strength strong stronger strongest strongly suggest suggesting suggests task term terms test tested
    tests than that the their them themselves themes theme these they thing things this those to topic topics towards
    type types used value values various very was well were when where which with word words x yield yielded yields
    """.split()
)


@dataclass(frozen=True)
class Claim:
    """What a description claims.

    Attributes:
        wanted: groups of phrases; a word is responded to if it fits a phrase of each group.
        excluded: phrases that are not responded to.
    """

    wanted: tuple[tuple[str, ...], ...]
    excluded: tuple[str, ...] = ()

    @property
    def phrases(self) -> list[str]:
        """All phrases, each once."""
        return list(dict.fromkeys([phrase for group in self.wanted for phrase in group] + list(self.excluded)))


def read_claim(description: str) -> Claim:
    """Reads what a description claims.

    Args:
        description: any text; what is beyond 4,000 characters is not read.

    Example:
        >>> read_claim("It is selective for words related to golf or chess. Lower values are returned for animals.")
        Claim(wanted=(('golf', 'chess'),), excluded=())
        >>> read_claim("It responds to words related to sports, but not golf.")
        Claim(wanted=(('sports',),), excluded=('golf',))
        >>> read_claim("It responds to words related to both music and film.")
        Claim(wanted=(('music',), ('film',)), excluded=())
    """
    text = _LIMITED.sub(", ", description[:MAX_CHARACTERS].replace(_GLUE, " "))
    text = _long_names().sub(lambda match: match.group().replace(" ", _GLUE), text)
    wanted: list[str] = []
    excluded: list[str] = []
    groups: list[tuple[str, ...]] = []
    for clause in _CLAUSES.split(text):
        if not clause or _LOW.search(clause):
            continue
        kept, *denied = _EXCLUDED.split(clause)
        for part in denied:
            excluded += read_phrases(part)
        both = _BOTH.search(kept)
        if both and not groups and not wanted:
            groups = [tuple(read_phrases(both[name])) for name in ("first", "second")]
            groups = groups if all(groups) else []
            if groups:
                continue
        wanted += read_phrases(kept)
    # Beside a conjunction, what else is said (examples, mostly) adds nothing that both sides ask for.
    if not groups:
        groups = [tuple(dict.fromkeys(wanted))] if wanted else []
    return Claim(tuple(groups), tuple(dict.fromkeys(excluded)))


@cache
def _long_names() -> re.Pattern[str]:
    """Returns what finds the names of concepts with several words: they are not taken apart at an "and"."""
    names = sorted((name for name in concepts() if " " in name), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE)


def read_phrases(text: str) -> list[str]:
    """Returns the phrases of a clause without the words that all descriptions have.

    Example:
        >>> read_phrases('the function f(x) is selective for concepts related to "New York", jazz and blues')
        ['New York', 'jazz', 'blues']
    """
    phrases = []
    for part in _PARTS.split(text.replace("f(x)", " ")):
        words = part.strip(" .*_`'\t").split()
        while words and _is_filler(words[0]):
            words = words[1:]
        while words and _is_filler(words[-1]):
            words = words[:-1]
        if words:
            phrases.append(" ".join(words).replace("-related", "").replace(_GLUE, " "))
    return phrases


def _is_filler(word: str) -> bool:
    bare = word.lower().strip(".*_`'")
    bare = bare.removesuffix("-related")
    return bare in _FILLERS or _NUMBER.match(bare) is not None
