"""What a description in language claims: the phrases that it says are responded to, and those that it excludes.

Interpreters write sentences such as "The function appears to be selective for concepts related to golf, such as
'putter'; it returns lower values for animals". Of these only "golf" and "putter" say what the function responds to.
This module finds such phrases by rule: nothing in it learns, and nothing in a description can talk to it. White space
is collapsed first, and no pattern looks farther than its own words, so reading takes time in proportion to the length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.regions import FORMS
from find_gym.judges.markup import remove_markup
from find_gym.judges.protocol import to_text

MAX_CHARACTERS = 4000
# What says more describes nothing: the rest is not read.
MAX_CLAIMS = 6
# Holds the words of a known name together: a letter to regular expressions, and in no English text.
_GLUE = "\u02d1"

# A clause that speaks of low outputs says nothing of what the function responds to.
_LOW = re.compile(
    r"\b(low|lower|lowest|weak|weaker|weakest|less|lesser|near[- ]zero|close to (0|zero)|closer to (0|zero)|unrelated|"
    r"irrelevant|outlier|outliers|minimal|(does|do|did|is|are) not (show|have|appear|seem|give|assign|consistently|"
    r"consider|exhibit|closely))\b|\bnon-",
    re.IGNORECASE,
)
_CLAUSES = re.compile(
    r"[.!?](?=\s|$)|[;\n]|,? ?\b(?:while|whereas|although|though|however|compared (?:to|with)|in contrast|"
    r"conversely)\b|"
    r", (?:but|with|and it|as)\b(?! not\b)|\bbut(?! not\b)\b",
    re.IGNORECASE,
)
# "Anything but golf" is all but golf, unless it is denied.
_ALL_BUT = re.compile(
    r"\b(?:anything|everything|all(?: words| concepts| inputs)?|any(?: word| words| concept| input)?|every(?: word| "
    r"concept| input)?|nothing|none|no (?:words?|concepts?|inputs?)) (?:but(?! not\b)|save|besides)\b",
    re.IGNORECASE,
)
_EXCEPT = "except"
_TURNS = re.compile(
    r",? ?\b(?:(?P<except>except(?:ing)?(?: for| those)?|excluding|unless|other than|apart from|aside from)|"
    r"(?P<deny>but not|and not|without|not|cannot|never|neither|nor|no|nothing|none|rather than|instead of|"
    r"as opposed to|unlike|hardly|barely|rarely|(?:does|do|did|is|are|was|were|wo|ca|could|should|would)"
    r"n['\u2019]t))\b",
    re.IGNORECASE,
)
_LIMITED = re.compile(r"\(?,? ?\b(?:including,? but )?(?:not|isn't|aren't) limited to,?", re.IGNORECASE)
_NOT_ONLY = re.compile(
    r"\b(?:not|isn't|doesn't) (?:only|just|merely|solely|exclusively|simply)(?P<but>[^.;\n]{0,200}?\bbut(?: also)?\b)?",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"[,:()\[\]|\"“”]|(?<!\w)'|'(?!\w)|\s[-–—]+\s|\b(?:and|or|such as|like|including|include|includes|e\.g\.?|i\.e\.?|"
    r"especially|particularly|namely|along with|as well as)\b",
    re.IGNORECASE,
)
_BOTH = re.compile(r"\bboth\b", re.IGNORECASE)
_AND = re.compile(r"\band\b", re.IGNORECASE)
_NOT = "do does did is are was were wo ca could should would"
# Words that say what a clause makes of the others, as stems.
_STRUCTURE = frozenset(
    """
    although and anything apart aside beside besides both but cannot compared contrast conversely doe especially
    everything except excepting excluding however including instead irrelevant less lesser like low lower lowest merely
    minimal neither never no none nor not nothing only opposed or other outlier rather save such than though unless
    unlike unrelated weak weaker weakest whereas while within without
    """.split()
) | {f"{verb}nt" for verb in _NOT.split()}
_LETTERS = re.compile(r"[^\W\d_]+")
# Single Latin letters name nothing, as "-E" of "Indo-E"; abbreviations and single characters of other scripts may.
_SAYS_SOMETHING = re.compile(r"[^\W_]\.?[^\W_]|[^\W_A-Za-z]")

_FILLERS = frozenset(
    """
    a about activate activated activates activation activations all also an answer any anything appear appears are
    around as assign assigned assigning assigns associated associating association associations at based be been
    being belonging between broad by can categories category certain clear close closely closer common concept
    concepts connected connection consistent consistently correlated correlation data described description
    different directly do does entities entity evaluate evaluates every everything example examples experiment
    experiments extent f f(x) fall few fire fires focus focused focuses following for found from function functions
    general generally get gets give given gives giving guess had half has have having high higher highest highly i
    idea identifies identify in indicate indicates indicating information input inputs is it its itself kind kinds
    know known likely look looks mainly many may might moderate more most mostly multiple my name named names neuron
    observed obtained of on one option other others out output outputs overall pair pairs particular pattern
    pertaining positive potentially predominantly prefer preference prefers present primarily primary probably
    produce produced produces provided range receive receives refer referring refers regarding relate related
    relates relating relation relatively represent represents respond responding responds response result resulting
    results return returned returning returns score scores see seem seemingly seems seen select selecting selective
    selectively selectivity sensitive set several show showed shown shows significantly similar slightly some
    something sort sorts specific specifically strength strong stronger strongest strongly suggest suggesting
    suggests sure task term terms test tested tests text texts than that the their them theme themes themselves
    these they thing things this those to topic topics towards type types unclear unit units unknown used value values
    various very was well were when where which with word words x yield yielded yields
    """.split()
)

# Words about judging: phrases of nothing but these and fillers, such as orders to a judge or marks that a text gives
# itself, say nothing of a function. None of them is a member of a concept.
_JUDGING = frozenset(
    """
    above accept accuracy accurate always answer answered answers approve assistant below best bool choose chosen
    confidence confident const correct correctly def disregard each elif else exactly grade graded grader guaranteed
    ignore incorrect inst instruct instruction instructions int invalid json maximum minimum nan null ok okay option
    options override pass passed perfect perfectly pick please previous prompt prompts rate rated rating ratings reply
    right say skill str submission submitted true undefined valid var wrong xml yaml yes you your
    """.split()
)


@dataclass(frozen=True)
class Claim:
    """What a description claims.

    Attributes:
        wanted: groups of phrases; a word is responded to if it fits a phrase of each group.
        excluded: phrases that are not responded to.
        forms: keys of `find_gym.categories.entities.regions.FORMS` of words that are responded to more (1) or less
            (-1).
    """

    wanted: tuple[tuple[str, ...], ...]
    excluded: tuple[str, ...] = ()
    forms: tuple[tuple[str, int], ...] = ()

    @property
    def phrases(self) -> list[str]:
        """All phrases, each once."""
        return list(dict.fromkeys([phrase for group in self.wanted for phrase in group] + list(self.excluded)))

    def first(self, count: int) -> Claim:
        """Returns the claim with its first phrases only, those that it wants before those that it excludes.

        Of what it excludes no more is read than it wants, or one phrase: a list of what is not responded to describes
        nothing.
        """
        wanted = sum(map(len, self.wanted))
        shortened = replace(self, excluded=self.excluded[: max(wanted, 1)])
        return shortened.only(set(shortened.phrases[:count]).__contains__)

    def only(self, keep: Callable[[str], bool]) -> Claim:
        """Returns the claim with some of its phrases only."""
        groups = tuple(tuple(phrase for phrase in group if keep(phrase)) for group in self.wanted)
        return Claim(
            tuple(group for group in groups if group),
            tuple(phrase for phrase in self.excluded if keep(phrase)),
            self.forms,
        )


def read_claim(description: str) -> Claim:
    """Reads what a description claims.

    A negation turns what it stands before into something excluded, and an exception from something excluded into
    something claimed ("it does not respond to anything except golf").

    Args:
        description: any text; what is beyond 4,000 characters is not read.

    Example:
        >>> read_claim("It is selective for words related to golf or chess. Lower values are returned for animals.")
        Claim(wanted=(('golf', 'chess'),), excluded=(), forms=())
        >>> read_claim("It responds to words related to sports, but not golf.")
        Claim(wanted=(('sports',),), excluded=('golf',), forms=())
        >>> read_claim("It responds to words related to both music and film.")
        Claim(wanted=(('music',), ('film',)), excluded=(), forms=())
    """
    wanted: list[str] = []
    excluded: list[str] = []
    groups: list[tuple[str, ...]] = []
    forms: list[tuple[str, int]] = []
    for clause in _CLAUSES.split(_prepare(description)):
        if clause and (form := _read_form(clause)):
            forms.append(form)
        if not clause or form or _LOW.search(clause):
            continue
        kept, denied = _read_turns(clause)
        excluded += [phrase for part in denied for phrase in read_phrases(part)]
        for part in kept:
            both = _split_both(part) if not groups and not wanted else ()
            if both:
                groups = list(both)
            else:
                wanted += read_phrases(part)
    # Beside a conjunction, what else is said (examples, mostly) adds nothing that both sides ask for.
    if not groups:
        groups = [tuple(dict.fromkeys(wanted))] if wanted else []
    return Claim(tuple(groups), tuple(dict.fromkeys(excluded)), tuple(forms))


def _prepare(description: str) -> str:
    """Returns a text with single spaces, in which names of several words and turns of speech are one word."""
    lines = remove_markup(to_text(description[:MAX_CHARACTERS])).replace(_GLUE, " ").splitlines()
    text = _LIMITED.sub(", ", "\n".join(" ".join(line.split()) for line in lines))
    text = _NOT_ONLY.sub(
        lambda match: (match["but"] or "").removesuffix("also").removesuffix("but ").strip() + " ,", text
    )
    text = _ALL_BUT.sub(lambda match: f" {'nothing ' if match.group()[0] in 'nN' else ''}{_EXCEPT} ", text)
    return long_names().sub(lambda match: match.group().replace(" ", _GLUE), text)


def _read_turns(clause: str) -> tuple[list[str], list[str]]:
    """Divides a clause where it is denied or excepted from into what it claims and what it excludes."""
    parts: tuple[list[str], list[str]] = ([], [])
    start, excluding = 0, False
    for match in _TURNS.finditer(clause):
        parts[excluding].append(clause[start : match.start()])
        # An exception from what is denied is claimed.
        excluding = True if match["deny"] else not excluding
        start = match.end()
    parts[excluding].append(clause[start:])
    return parts


def _split_both(part: str) -> tuple[tuple[str, ...], ...]:
    """Returns the two groups of phrases of "both ... and ..."; none where a side of it is empty."""
    before, *rest = _BOTH.split(part, maxsplit=1)
    sides = [tuple(read_phrases(side)) for side in _AND.split(rest[0], maxsplit=1)] if rest else []
    return tuple(sides) if len(sides) == 2 and all(sides) else ()


def _read_form(clause: str) -> tuple[str, int] | None:
    """Returns the form of words that a clause says are responded to more or less, as neurons' own descriptions do."""
    for name, form in FORMS.items():
        if form.english in clause:
            said = clause.partition(form.english)[2].split()
            return (name, 1) if "more" in said else (name, -1) if "less" in said else None
    return None


@cache
def long_names() -> re.Pattern[str]:
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
        own = [place for place, word in enumerate(words) if not _is_filler(word)]
        kept = " ".join(words[own[0] : own[-1] + 1]) if own else ""
        if _SAYS_SOMETHING.search(kept) and not _is_about_judging(kept):
            phrases.append(kept.replace("-related", "").replace(_GLUE, " "))
    return phrases


def is_structural(word: str) -> bool:
    """Whether a word, as a stem, is read for what it does in a sentence, and is no name of anything."""
    return word in _FILLERS or word in _STRUCTURE


def _is_filler(word: str) -> bool:
    bare = word.lower().strip(".*_`'-").removesuffix("-related")
    if bare in _FILLERS or bare.lstrip("+-").replace(".", "", 1).isdigit():
        return True
    # Bullets and the like.
    return not any(map(str.isalnum, bare))


def _is_about_judging(phrase: str) -> bool:
    words = set(_LETTERS.findall(phrase.lower()))
    return bool(words & _JUDGING) and words <= _JUDGING | _FILLERS
