"""Relations: the immutable spec, and the function that it defines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from find_gym.categories.relations import division, writing
from find_gym.categories.relations.answers import ONLY_UNDEFINED, same
from find_gym.categories.relations.catalogue import RELATIONS, Relation
from find_gym.categories.relations.category import CATEGORY
from find_gym.categories.relations.conditions import Condition, canonical, words_that_meet
from find_gym.categories.relations.tables import load_table, normalise
from find_gym.categories.triplets import Triplet
from find_gym.core.specs import Spec, SpecFunction


@dataclass(frozen=True)
class RelationSpec(Spec):
    """All there is to a relation as a function.

    Attributes:
        relation: the relation's name, a key of `RELATIONS`.
        exceptions: the subdomains on which the function answers "undefined".
        exemplars: words to start from, some of them inputs of the relation; only suggested, no part of the function.
        triplets: published unit tests, where there are any; no part of the function either.
    """

    category: ClassVar[str] = "relations"

    relation: str
    exceptions: tuple[Condition, ...] = ()
    exemplars: tuple[str, ...] = ()
    triplets: tuple[Triplet, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "exceptions", tuple(self.exceptions))
        object.__setattr__(self, "triplets", tuple(self.triplets))
        object.__setattr__(self, "exemplars", tuple(self.exemplars))
        if self.relation not in RELATIONS:
            raise ValueError(f"expected a relation among {', '.join(RELATIONS)}, actual value: {self.relation!r}")
        for condition in self.exceptions:
            if not condition.applies_to(RELATIONS[self.relation]):
                raise ValueError(f"expected an exception that inputs of {self.relation} may meet, actual: {condition}")

    @property
    def family(self) -> str:
        """The relation's name."""
        return self.relation

    @property
    def variant(self) -> Literal["plain", "corrupted"]:
        """How the function is served: "plain", or "corrupted" (it has an exception)."""
        return "corrupted" if self.exceptions else "plain"

    @property
    def canonical(self) -> str:
        """A text that is the same for specs of the same function: the relation and the words that are excepted."""
        return canonical(self.relation, self.exceptions)

    @property
    def split(self) -> str:
        """The split that the function belongs to: "train", "validation" or "test"."""
        return self.split_in()

    def split_in(self, version: int | None = None) -> str:
        """Returns the split that the function belongs to in a version of the splits; by default the latest one."""
        return division.split_of_relation(self.canonical, CATEGORY.check_version(version))

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        return {
            "category": self.category,
            "relation": self.relation,
            "exceptions": tuple([dict(vars(one)) for one in self.exceptions]),
            "exemplars": self.exemplars,
            "triplets": tuple([asdict(one) for one in self.triplets]),
        }

    @staticmethod
    def from_json(data: Any) -> RelationSpec:
        """Reads the data that `to_json` writes.

        Raises:
            ValueError: the data are not the spec of a relation.
        """
        try:
            conditions = tuple(Condition(entry["attribute"], entry["value"]) for entry in data["exceptions"])
            triplets = tuple(Triplet(t["inputs"], t["outputs"], t["correct"]) for t in data.get("triplets", ()))
            return RelationSpec(data["relation"], conditions, tuple(data.get("exemplars", ())), triplets)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"expected the spec of a relation (relation, exceptions), actual value: {data!r} "
                f"({type(error).__name__}: {error})"
            ) from error

    def digest(self) -> bytes:
        """Returns the SHA-256 digest of the function's structure, 32 bytes; exemplars and triplets do not count."""
        return _digest(self.relation, self.exceptions)


@lru_cache(4096)
def _digest(relation: str, exceptions: tuple[Condition, ...]) -> bytes:
    data = {
        "category": RelationSpec.category,
        "relation": relation,
        "exceptions": [{"attribute": one.attribute, "value": one.value} for one in exceptions],
    }
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).digest()


class RelationBlackBox(Protocol):
    """What the environment and the scorers need of a function; `RelationFunction` has it."""

    def identity(self) -> bytes:
        """Returns 32 bytes that are the same for the same function only."""

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator; the function itself draws nothing from it."""

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> list[str]:
        """Serves a query: one output for each word."""

    def truth(self, words: Sequence[str]) -> list[str]:
        """Returns the outputs."""

    def accepts(self, word: str, answer: str) -> bool:
        """Whether an answer for a word is right; several may be."""

    def sides(self, words: Sequence[str]) -> list[tuple[bool, ...]]:
        """Returns, for each word, whether it meets each exception; empty tuples where there are none."""

    @property
    def words(self) -> tuple[str, ...]:
        """Words that the function, but for exceptions, is known to be defined for."""

    @property
    def exemplars(self) -> tuple[str, ...]:
        """Words to start from."""

    def describe(self) -> str:
        """Describes the function in English."""

    def source(self) -> str:
        """Writes the truth as Python, as far as there is a source."""


class RelationFunction(SpecFunction):
    """A black box from words to words, with its truth. It answers "undefined" for all words that it does not know.

    Args:
        spec: defines the function.

    Example:
        >>> from find_gym.categories.relations.conditions import Condition
        >>> from find_gym.categories.relations.function import RelationFunction, RelationSpec
        >>> function = RelationFunction(RelationSpec("capital", (Condition("continent", "South America"),)))
        >>> function(["france", "Peru", "banana"])
        ['Paris', 'undefined', 'undefined']
        >>> function.domain()
        'the input country is in South America'
    """

    category = "relations"

    def __init__(self, spec: RelationSpec) -> None:
        self.spec = spec
        self._relation = RELATIONS[spec.relation]
        self._facts = self._relation.facts
        self._answers = _answers_of(spec.relation)
        self._excepted_words = [words_that_meet(spec.relation, condition) for condition in spec.exceptions]
        self._all_excepted = frozenset().union(*self._excepted_words)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the spec only: the facts are in the catalogue."""
        return type(self), (self.spec,)

    @property
    def relation(self) -> Relation:
        """The relation's entry in the catalogue."""
        return self._relation

    @property
    def words(self) -> tuple[str, ...]:
        """The words that the relation is defined for, those of its exceptions included."""
        return self._relation.words

    @property
    def exemplars(self) -> tuple[str, ...]:
        """Words to start from, as far as the spec names some."""
        return self.spec.exemplars

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator; the function itself draws nothing from it."""
        return np.random.default_rng([*np.frombuffer(self.identity(), dtype=np.uint32).tolist(), *entropy])

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> list[str]:
        """Serves a query: one output for each word, whatever its case."""
        return self.truth(words)

    def truth(self, words: Sequence[str]) -> list[str]:
        """Returns the outputs."""
        return [answers[0] for answers in self.all_answers(check_words(words))]

    def all_answers(self, words: Iterable[str]) -> list[tuple[str, ...]]:
        """Returns, for each word, all right answers; the first one is what the function answers."""
        known, excepted = self._answers, self._all_excepted
        return [ONLY_UNDEFINED if (found := known[word])[0] in excepted else found[1] for word in words]

    def answers(self, word: str) -> tuple[str, ...]:
        """Returns all right answers for a word; the first one is what the function answers."""
        return self.all_answers((word,))[0]

    def accepts(self, word: str, answer: str) -> bool:
        """Whether an answer for a word is right, up to spelling, listed aliases and the tolerance for numbers."""
        return same(answer, self.answers(word), self._relation.tolerance)

    def accepts_each(self, words: Iterable[str], answers: Iterable[str]) -> list[bool]:
        """Whether each of some answers, one for each word, is right."""
        tolerance = self._relation.tolerance
        pairs = zip(answers, self.all_answers(words), strict=True)
        return [answer is right[0] or same(answer, right, tolerance) for answer, right in pairs]

    def sides(self, words: Sequence[str]) -> list[tuple[bool, ...]]:
        """Returns, for each word, whether it meets each exception."""
        if words is self.words:
            return list(self._own_sides)
        known = self._answers
        return self._sides_of([known[word][0] for word in check_words(words)])

    @cached_property
    def _own_sides(self) -> list[tuple[bool, ...]]:
        # The words are the names by which they are found.
        return self._sides_of(self.words)

    def _sides_of(self, names: Sequence[str | None]) -> list[tuple[bool, ...]]:
        if not self._excepted_words:
            return [()] * len(names)
        return list(zip(*[[name in excepted for name in names] for excepted in self._excepted_words], strict=True))

    def describe(self) -> str:
        """Describes the function in English."""
        text = f"It maps {self._relation.subject} to {self._relation.object}"
        excepted = f", but it is undefined where {self.domain()}" if self.spec.exceptions else ""
        return f"{text}{excepted}."

    def domain(self) -> str:
        """Describes the exceptions in English; "none" where there are none."""
        return " or where ".join(c.english(self._relation) for c in self.spec.exceptions) or "none"

    def source(self) -> str:
        """Writes the truth as a readable, runnable Python module whose last function is `f(word)`."""
        excepted = [word for word in self.words if word in self._all_excepted]
        values = {word: self._facts.facts[word][self._relation.column][0] for word in self.words}
        names = {alias: name for alias, name in self._facts.names.items() if name in values}
        return writing.source(self.describe(), values, names, excepted)


# More than the words of all tables: words that users ask may be any.
_MOST_WORDS = 1 << 14
_NOTHING = (None, ONLY_UNDEFINED)


@cache
def plain_function(relation: str) -> RelationFunction:
    """Returns a relation without exceptions."""
    return RelationFunction(RelationSpec(relation))


class _Answers(dict[str, tuple[str | None, tuple[str, ...]]]):
    """By word: what thing it stands for, None for nothing, and all answers of a relation without exceptions."""

    def __init__(self, relation: Relation) -> None:
        super().__init__(dict.fromkeys(_all_words(), _NOTHING))
        self._relation = relation
        self.update({word: self._answers_for(name) for word, name in _known_words(relation.table).items()})

    def __missing__(self, word: str) -> tuple[str | None, tuple[str, ...]]:
        found = self._answers_for(self._relation.facts.find(word))
        if len(self) < _MOST_WORDS:
            self[word] = found
        return found

    def _answers_for(self, name: str | None) -> tuple[str | None, tuple[str, ...]]:
        if name is None:
            return _NOTHING
        return name, self._relation.facts.facts[name].get(self._relation.column) or ONLY_UNDEFINED


@cache
def _all_words() -> dict[str, str]:
    """Returns the words of all relations, each with the form by which tables know it."""
    return {word: normalise(word) for relation in RELATIONS.values() for word in relation.words}


@cache
def _known_words(table: str) -> dict[str, str]:
    """Returns the names of what words of any relation stand for in a table, those that stand for something."""
    names = load_table(table).names
    return {word: names[form] for word, form in _all_words().items() if form in names}


@cache
def _answers_of(relation: str) -> _Answers:
    return _Answers(RELATIONS[relation])


def check_words(words: Sequence[str]) -> Sequence[str]:
    """Returns the words if they are strings; a `TypeError` says what came instead."""
    if isinstance(words, str) or not all([isinstance(word, str) for word in words]):
        raise TypeError(f"expected a list of words (str), actual value: {words!r}")
    return words
