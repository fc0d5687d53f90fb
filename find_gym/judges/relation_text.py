"""Reads what relation and what exception a description speaks of, by rule: nothing in it learns or can be talked to.

White space is collapsed first, and no pattern looks farther than a few words, so reading takes time in proportion to
the length. What a negation governs is not claimed: "it does not map a country to its capital" speaks of no relation.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from find_gym.categories.relations.catalogue import RELATIONS, Relation
from find_gym.categories.relations.conditions import KNOWN_ATTRIBUTES, Condition
from find_gym.categories.relations.tables import load_table, normalise
from find_gym.judges.protocol import to_text

MAX_CHARACTERS = 4000
MAX_EXCEPTIONS = 2
# A description of more relations than this describes none, unless all map to the same ("the continent of a place").
MAX_RELATIONS = 3
# Relations that fit nearly as well as the best one are meant as well ("a country or a landmark").
_NEARLY = 0.8
# Less than this says nothing: it is about what a word that a fifth of the relations share says.
_LEAST_EVIDENCE = 1.5

_EXCEPTION = re.compile(
    r"\b(?:except|excepting|exception|exceptions|excluding|excluded|excludes|exclude|unless|undefined|not defined|"
    r"other than|apart from|aside from|but not|does not|doesn't|do not|don't|fails?|no output|not return|not work|"
    r"not include)\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(
    r"[.!?;](?=\s|$)|\n|,? \b(?:but not|but|however|although|though|while|whereas|except(?:ing|ion)?|excluding|"
    r"unless|apart from|aside from|other than)\b(?= )",
    re.IGNORECASE,
)
# What comes after denies the relation, unless it has been named before or is a condition on the input.
_DENIAL = re.compile(
    r"\b(?:never|nothing|neither|nor|cannot|not|no longer|instead of|rather than|something (?:else|other)|unrelated|"
    r"false|wrong|incorrect|untrue|(?:does|do|did|is|are|was|were|wo|ca|could|should|would|has|have)n['\u2019]t)\b"
    r"(?! (?:only|just|merely|simply|solely)\b)",
    re.IGNORECASE,
)
_ALL_BUT = re.compile(r"\b(?:anything|everything) (?:but|except|other than|besides|save)\b", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|when|whenever|unless|where|inputs?|words?|names?)\b[^,.;\n]{0,60}$", re.IGNORECASE)
_CONDITION_LENGTH = 80
# Examples tell of words, not of relations.
_EXAMPLES = re.compile(
    r"\(?\b(?:(?:for example|for instance)(?!,? (?:if|when|countr|for)\b)|e\.g\.?|such as|examples? includ\w+|"
    r"like \")[^.;\n]*",
    re.IGNORECASE,
)
_TO = re.compile(
    r"\b(?:to|returns?|returning|outputs?|outputting|gives?|provides?|produces?|yields?|identif\w+|answers?|names?|"
    r"determin\w+|into|its|their|corresponding|associated)\b"
)
_FROM = re.compile(r"\b(?:maps?|takes?|taking|given|inputs?|for|if|when|of|that|from|where|which|whether|a|an)\b")
_LETTER = re.compile(
    r"\b(?:begin|start)(?:s|ning|ing)? with (?:the |an? )?(?:letters? )?[\"'“‘(]?([a-z])\b[\"'”’)]?", re.IGNORECASE
)
_AFTER = re.compile(r"\b(?:after|since|later than|newer than|post)\s+(?:the year\s+)?(-?\d{3,4})\b", re.IGNORECASE)
_BEFORE = re.compile(r"\b(?:before|until|earlier than|older than|pre)\s+(?:the year\s+)?(-?\d{3,4})\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_STOP = frozenset(
    """a an the of that this its it is are in on to and or for with from by as at be which where was were has have
    word words input inputs output outputs function f x returns return if not other than any some most likely only
    located comes that's their main typical there given name names place location work form""".split()
)
# Other words for values of conditions.
_SYNONYMS = {
    "woman": ("woman", "women", "female", "females", "girl", "lady"),
    "man": ("man", "men", "male", "males", "boy"),
    "female": ("female", "females", "woman", "women", "girl", "girls"),
    "male": ("male", "males", "man", "men", "boy", "boys"),
    "carnivore": ("carnivore", "carnivores", "carnivorous", "meat eater", "meat eaters", "predators"),
    "herbivore": ("herbivore", "herbivores", "herbivorous", "plant eater", "plant eaters"),
    "omnivore": ("omnivore", "omnivores", "omnivorous"),
    "ocean": ("ocean", "oceans", "sea", "marine"),
    "water": ("water", "fresh water", "freshwater"),
    "Australia": ("australia", "oceania"),
    "Oceania": ("oceania", "australia"),
    "New York City": ("new york city", "new york", "nyc"),
    "god": ("god", "gods"),
    "goddess": ("goddess", "goddesses"),
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A relation that a description speaks of.

    Attributes:
        relation: its name.
        exceptions: where the description says that it is undefined.
        weight: how well the description fits, greater than 0.
    """

    relation: str
    exceptions: tuple[Condition, ...]
    weight: float


def read_relations(description: str) -> list[Reading]:
    """Reads a description.

    Args:
        description: any text; what is beyond 4,000 characters is not read.

    Returns:
        The relations that it speaks of, the best one first; none where it speaks of none or of too many.

    Example:
        >>> [reading.relation for reading in read_relations("It returns the capital city of a country.")]
        ['capital']
        >>> read_relations("I don't know.")
        []
    """
    lines = to_text(description[:MAX_CHARACTERS]).splitlines()
    text = "\n".join(" ".join(line.split()) for line in lines)
    rule, exception = _split(_ALL_BUT.sub("not", text))
    weights = _weigh(rule)
    best = max(weights.values())
    if best < _LEAST_EVIDENCE:
        return []
    chosen = sorted((name for name in weights if weights[name] >= _NEARLY * best), key=lambda name: -weights[name])
    kinds = {frozenset(_vocabulary(name)[0]) for name in chosen}
    if (len(chosen) > MAX_RELATIONS and len(kinds) > 1) or _count_objects(rule) > 2 * MAX_RELATIONS:
        return []
    return [Reading(name, read_exceptions(RELATIONS[name], exception, text), weights[name]) for name in chosen]


@lru_cache(maxsize=1024)
def _weigh(rule: str) -> Mapping[str, float]:
    """Returns how well a text fits each relation; descriptions of a relation often differ in their exceptions only."""
    rule = _telling_names().sub(" ", rule)
    roles, plain = _roles(rule), f" {' '.join(_words(rule))} "
    return {name: _fit(relation, roles, plain) for name, relation in RELATIONS.items()}


@cache
def _telling_names() -> re.Pattern[str]:
    """Returns what finds the names in the tables that hold a word for what some relation maps to, such as "party".

    To repeat the answer "Labour Party" is not to say that it is a political party.
    """
    telling = frozenset().union(*(_vocabulary(name)[1] for name in RELATIONS))
    names: set[str] = set()
    for relation in RELATIONS.values():
        for word in relation.words:
            names.update((word, *relation.facts.facts[word][relation.column]))
    spoken = " ".join(f"{relation.subject} {relation.object}" for relation in RELATIONS.values())
    # Most names are one word, as is seen without reading them.
    read = [name for name in names if not (name.isascii() and name.isalpha())]
    several = [n for n in read if len(_words(n)) > 1 and telling.intersection(_words(n)) and n not in spoken]
    ordered = sorted(several, key=lambda name: (-len(name), name))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, ordered))})\b", re.IGNORECASE)


def _find_denial(clause: str) -> re.Match[str] | None:
    """Returns the first negation in a clause that is no condition on the input ("if the input is not a country")."""
    for match in _DENIAL.finditer(clause):
        if not _CONDITION.search(clause[max(match.start() - _CONDITION_LENGTH, 0) : match.start()]):
            return match
    return None


def _split(text: str) -> tuple[str, str]:
    """Splits a text into what tells of the rule and what tells of exceptions."""
    rule: list[str] = []
    exception: list[str] = []
    end = 0
    starts = [0]
    denied = False

    def add(clause: str) -> None:
        nonlocal denied
        denial = _find_denial(clause)
        if denial is not None:
            denied = True
            rule.append(clause[: denial.start()])
            exception.append(clause[denial.start() :])
        else:
            (exception if _EXCEPTION.search(clause) else rule).append(clause)

    for match in _CLAUSES.finditer(text):
        add(text[starts[-1] : match.start()])
        # The word that begins an exception belongs to it.
        starts.append(match.start() if _EXCEPTION.search(match.group()) else match.end())
        end = starts[-1]
    add(text[end:])
    if not denied and not any(_WORD.search(part.casefold()) for part in rule):
        rule = exception
    return " . ".join(rule), " . ".join(exception)


@lru_cache(maxsize=1 << 14)
def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    word = {"colour": "color", "colours": "color", "neighbour": "neighbor", "nations": "nation"}.get(word, word)
    for ending, new in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith(("ss", "us", "is")):
            return word.removesuffix(ending) + new
    return word


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_stem(word) for word in _WORD.findall(normalise(text)) if word not in _STOP)


@cache
def _vocabulary(name: str) -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """Returns the core words and all words of a relation's object, and the same of its subject."""
    relation = RELATIONS[name]
    subject, target = frozenset(_words(relation.subject)), frozenset(_words(relation.object))
    return (
        target - subject or target,
        (target - subject) | frozenset(_words(relation.object_words)),
        subject,
        subject | frozenset(_words(relation.subject_words)),
    )


@cache
def _idf(part: int) -> dict[str, float]:
    """Returns how much a word tells, from the share of relations (objects) or tables (subjects) that have it."""
    units = [_vocabulary(name)[part] for name in RELATIONS]
    if part == 3:
        first = {relation.table: name for name, relation in RELATIONS.items()}
        units = [
            frozenset().union(*(_vocabulary(n)[3] for n, r in RELATIONS.items() if r.table == table)) for table in first
        ]
    counts = Counter(word for unit in units for word in unit)
    return {word: math.log(1 + len(units) / count) for word, count in counts.items()}


def _roles(text: str) -> list[tuple[str, str]]:
    """Returns the words of a text with the role that the words before it give them: "to", "from" or ""."""
    marked: list[tuple[str, str]] = []
    for clause in re.split(r"\s\.\s|[,:()]", _EXAMPLES.sub(" ", text)):
        role = ""
        for word in _WORD.findall(normalise(clause)):
            if _TO.fullmatch(word):
                role = "to"
            elif _FROM.fullmatch(word):
                role = "from"
            if word not in _STOP:
                marked.append((_stem(word), role))
    return marked


def _fit(relation: Relation, roles: list[tuple[str, str]], plain: str) -> float:
    """Returns how well a text fits a relation: the idf of the words that they have in common, by role."""
    core, target, named, subject = _vocabulary(relation.name)
    idf_target, idf_subject = _idf(1), _idf(3)
    found: dict[str, float] = {}
    asked: dict[str, float] = {}
    for word, role in roles:
        if word in target:
            share = (1.0 if word in core else 0.7) * (0.45 if role == "from" else 1.0)
            found[word] = max(found.get(word, 0.0), share * idf_target[word])
        if word in subject:
            share = (1.0 if word in named else 0.6) * (0.4 if role == "to" else 1.0)
            asked[word] = max(asked.get(word, 0.0), share * idf_subject[word])
    if not found:
        return 0.0
    # Each further word tells less: they mean the same.
    score = _sum(found.values()) + 0.8 * _sum(asked.values())
    # A relation's own words that are missing tell against it.
    missing = sum(idf_target[word] for word in core if word not in found) / sum(idf_target[word] for word in core)
    score *= 1.0 - 0.35 * missing
    if f" {' '.join(_words(relation.object))} " in plain:
        score *= 1.3
    return score


def _sum(values: object) -> float:
    ordered = sorted(values, reverse=True)  # type: ignore[call-overload]
    return sum(value / (1 + 0.8 * place) for place, value in enumerate(ordered))


@lru_cache(maxsize=1024)
def _count_objects(text: str) -> int:
    """Returns how many different relations' objects are all there in a text."""
    words = set(_words(text))
    return len(
        {frozenset(_vocabulary(n)[0]) for n in RELATIONS if len(_vocabulary(n)[0]) and _vocabulary(n)[0] <= words}
    )


def read_exceptions(relation: Relation, exception: str, text: str) -> tuple[Condition, ...]:
    """Reads the conditions under which a text says that a relation is undefined.

    Args:
        relation: the relation.
        exception: the clauses that speak of exceptions.
        text: the whole text, in which conditions in the wording of the catalogue are found wherever they stand.

    Returns:
        One or two conditions; none where there are none, or too many.
    """
    spoken, whole = _padded(exception), _padded(text)
    literal = _longest(relation, [c for c, english, _ in _conditions(relation.table) if english in whole])
    if literal:
        return tuple(literal) if len(literal) <= MAX_EXCEPTIONS else ()
    if not exception.strip():
        return ()
    found = [Condition("begins_with", letter.casefold()) for letter in dict.fromkeys(_LETTER.findall(exception))]
    if "year" in relation.facts.columns:
        for attribute, years in (("after", _AFTER), ("before", _BEFORE)):
            found += [Condition(attribute, year) for year in dict.fromkeys(years.findall(exception))]
    named = []
    subject = _padded(relation.subject)
    for condition, _, names in _conditions(relation.table):
        # "The input politician is a man" says nothing of politicians.
        if (
            KNOWN_ATTRIBUTES[condition.attribute].kind == "is"
            and _padded(condition.value) not in subject
            and any(re.search(rf"(?<![a-z]){re.escape(name)}s?(?![a-z])", spoken) for name in names)
        ):
            named.append(condition)
    found += _longest(relation, named)
    return tuple(found) if len(found) <= MAX_EXCEPTIONS else ()


def _padded(text: str) -> str:
    """Returns text in the form in which phrases are looked for: normalised words between single spaces."""
    return f" {' '.join(re.sub(r'[.,:;()]', ' ', normalise(text)).split())} "


def _longest(relation: Relation, conditions: list[Condition]) -> list[Condition]:
    """Keeps, of conditions whose values are parts of each other ("Korea", "South Korea"), the longest."""
    kept: list[Condition] = []
    for condition in sorted(conditions, key=lambda c: (-len(c.value), list(KNOWN_ATTRIBUTES).index(c.attribute))):
        value = normalise(condition.value)
        if KNOWN_ATTRIBUTES[condition.attribute].kind != "is" or not any(
            value in normalise(other.value) for other in kept
        ):
            kept.append(condition)
    return kept


@cache
def _conditions(table: str) -> tuple[tuple[Condition, str, tuple[str, ...]], ...]:
    """Returns all conditions on words of a table, with their English and the names of their values."""
    relation = next(relation for relation in RELATIONS.values() if relation.table == table)
    countries = load_table("country")
    found = []
    for attribute in KNOWN_ATTRIBUTES.values():
        if attribute.kind == "begins_with":
            values = [*"abcdefghijklmnopqrstuvwxyz"]
        elif attribute.column not in relation.facts.columns:
            continue
        else:
            cells = {relation.facts.value(word, attribute.column) for word in relation.facts.facts}
            values = sorted(cell for cell in cells if cell)
            if attribute.kind in ("after", "before"):
                values = sorted({*values, *(str(year) for year in range(1000, 2025, 50)), *map(str, range(1900, 2025))})
        for value in values:
            condition = Condition(attribute.name, value)
            names = _SYNONYMS.get(value, (_padded(value).strip(),))
            if attribute.name == "country" and value in countries.facts:
                names = (*names, *(n for n, country in countries.names.items() if country == value and len(n) > 2))
            found.append((condition, _padded(condition.english(relation)), names))
    return tuple(found)
