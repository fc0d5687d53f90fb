"""Scores of descriptions of relations: exact answers on held-out words, and unit tests as in the paper beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from itertools import chain, compress
from operator import not_
from typing import Any, TypeAlias

import numpy as np

from find_gym.categories.relations.answers import UNDEFINED, canonical_answers, count_same, same
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.conditions import Condition
from find_gym.categories.relations.function import RelationBlackBox, RelationFunction, RelationSpec, plain_function
from find_gym.categories.relations.probes import probe_words
from find_gym.categories.relations.sampling import OTHER_WORDS
from find_gym.core.complexity import program_complexity, text_complexity
from find_gym.core.draws import Draws, SingleDraws
from find_gym.core.skills import skill
from find_gym.core.submissions import MAX_CODE_BYTES, Submission
from find_gym.judges.grounding import GroundingJudge
from find_gym.judges.protocol import Execution, Judge
from find_gym.judges.unit_tests import (
    Bounds,
    UnitTest,
    judged_bounds,
    judged_share,
    make_unit_tests,
    replace_untold,
)

TESTS = 10
# How often tests are drawn again that a judge fails with the true description.
ROUNDS = 2
CHANCE = 1 / 3
# Words of each stratum, and what it counts.
_WORDS = {"rule": 32, "exception": 16, "outside": 8}
_WEIGHTS = {"rule": 4.0, "exception": 2.0, "outside": 1.0}
_KEPT_SCORES = 64
Divided: TypeAlias = tuple[Sequence[str], Sequence[str]]
Right: TypeAlias = Mapping[str, Sequence[tuple[tuple[str, ...], bool]]]
# So often a distractor is "undefined", for a word for which the function is not.
_UNDEFINED_SHARE = 0.55


@dataclass(frozen=True)
class RelationScore:
    """How good a description of a relation is.

    Attributes:
        accuracy: the share of held-out words with a right answer, a weighted mean over the strata, in [0, 1].
        skill: accuracy, rescaled so that the better of always "undefined" and the best constant has 0, the truth 1.
        trivial_accuracy: the accuracy of the better of these two.
        strata: the share among words that follow the rule ("rule", weight 4), among exceptions, where there are any
            ("exception", weight 2), and among words that are no inputs of the relation ("outside", weight 1).
        unit_tests: the share of unit tests that the judge gets right with the description.
        empty_unit_tests: the same with an empty description.
        truth_unit_tests: the same with the true description.
        paper_score: the share of unit tests: of the published ones where there are any.
        judge: the judge's name; "program" where a program was run in place of judging a description.
        grounded: what the description was matched to, in English; empty where to nothing.
        complexity: how long the description or the program is, in bits.
        outcome: "right" (an accuracy of 1), "wrong" or "malformed".
        message: what went wrong, if anything.
    """

    accuracy: float
    skill: float
    trivial_accuracy: float
    strata: dict[str, float] = field(default_factory=dict)
    unit_tests: float = 0.0
    empty_unit_tests: float = CHANCE
    truth_unit_tests: float = 1.0
    paper_score: float = 0.0
    judge: str = "program"
    grounded: str = ""
    complexity: float = 0.0
    outcome: str = "wrong"
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """Returns the score as JSON-serialisable data."""
        return vars(self) | {"strata": dict(self.strata)}


class RelationScorer:
    """Judges descriptions of one relation, always on the same held-out words and unit tests.

    A description in language is matched to an executable relation and its exception (see
    `find_gym.judges.grounding`), whose answers are compared with the truth. Held-out words are never probes of
    the `tokens` interface. Half of the unit tests ask for an exception, where there is one, and "undefined" occurs
    among the distractors as well, so often that always choosing it is no better than guessing. Tests that the true
    description fails are drawn again, twice at most by each judge that is asked; published ones stay as they are.

    Args:
        function: the truth.
        judge: reads descriptions for the unit tests; by default the grounding judge.

    Example:
        >>> from find_gym.categories.relations.function import RelationFunction, RelationSpec
        >>> from find_gym.scoring import Submission
        >>> from find_gym.categories.relations.score import RelationScorer
        >>> scorer = RelationScorer(RelationFunction(RelationSpec("capital")))
        >>> scorer.score(Submission("It returns the capital city of the country that it is given.")).skill
        1.0
        >>> scorer.score(Submission("")).skill
        0.0
    """

    def __init__(self, function: RelationBlackBox, judge: Judge | None = None) -> None:
        self._function = function
        self._grounding = GroundingJudge()
        self._judge: Judge = self._grounding if judge is None else judge
        drawn = _drawn(function.spec) if type(function) is RelationFunction else _draw(function)
        self._strata, self.tests = drawn.strata, drawn.tests
        self._words, self._right = [*chain(*drawn.strata.values())], [*chain(*drawn.right.values())]
        self._bounds, self.trivial_accuracy = drawn.bounds, drawn.trivial_accuracy
        triplets = getattr(getattr(function, "spec", None), "triplets", ())
        self._published = [
            UnitTest(tuple(map(Execution, triplet.inputs, triplet.outputs)), triplet.correct) for triplet in triplets
        ]
        # There are few relations, so that the same are claimed again and again.
        self._kept_scores: dict[RelationSpec, RelationScore] = {}

    def score(self, submission: Submission) -> RelationScore:
        """Judges a submission: its program, or else its description and domain.

        Returns:
            The score. An empty description, or one longer than the cap, is malformed.

        Raises:
            MissingModelError: the judge needs a model that is not installed, so there is no score.
            TypeError: the submission's program is one of another category.
        """
        if submission.program is not None:
            program: Any = submission.program
            if not isinstance(program, RelationSpec):
                raise TypeError(f"expected a RelationSpec as the program, actual value: {program!r}")
            score = self._kept_scores.get(program)
            if score is None:
                if len(self._kept_scores) == _KEPT_SCORES:
                    self._kept_scores.clear()
                score = self._kept_scores[program] = self._score_program(program)
            return _copied(score)
        text = join_domain(submission.description, submission.domain)
        size = len(text.encode("utf-8", "surrogatepass"))
        if not text or size > MAX_CODE_BYTES:
            actual = f"{size} bytes" if text else "an empty description"
            message = f"expected a description of at most {MAX_CODE_BYTES} bytes, actual: {actual}"
            return RelationScore(0.0, 0.0, self.trivial_accuracy, outcome="malformed", message=message)
        predict = self._grounding.predictor(text)
        return self._score(text, predict, self._judge, self._judge.name, text_complexity(text))

    def _score_program(self, program: RelationSpec) -> RelationScore:
        claimed = RelationFunction(program)
        complexity = program_complexity(program.to_json())
        return self._score(claimed.describe(), claimed.truth, self._grounding, "program", complexity)

    @cached_property
    def _judged_tests(self) -> tuple[list[UnitTest], Bounds]:
        tests = _replace_untold(self._function, self.tests, self._judge)
        return tests, judged_bounds(self._judge, self._function.describe(), tests)

    def score_predictions(self, predict: Callable[[str], str]) -> float:
        """Returns the accuracy of a trusted predictor, a callable from a word to a word."""
        return _accuracy(self._shares(lambda words: [predict(word) for word in words]))

    def _score(
        self,
        text: str,
        predict: Callable[[Sequence[str]], list[str]] | None,
        judge: Judge,
        name: str,
        complexity: float,
    ) -> RelationScore:
        strata = self._shares(predict) if predict is not None else dict.fromkeys(self._strata, 0.0)
        accuracy = _accuracy(strata)
        tests, bounds = (self.tests, self._bounds) if judge is self._grounding else self._judged_tests
        share = judged_share(judge, text, tests)
        return RelationScore(
            accuracy=accuracy,
            skill=skill(accuracy, self.trivial_accuracy),
            trivial_accuracy=self.trivial_accuracy,
            strata=strata,
            unit_tests=share,
            empty_unit_tests=bounds.empty,
            truth_unit_tests=bounds.truth,
            paper_score=judged_share(judge, text, self._published) if self._published else share,
            judge=name,
            grounded=" Or: ".join(function.describe() for function in self._grounding.ground(text)),
            complexity=complexity,
            outcome="right" if accuracy == 1 else "wrong",
            message="" if predict is not None else "the description was matched to no relation",
        )

    def _shares(self, predict: Callable[[Sequence[str]], Sequence[str]]) -> dict[str, float]:
        function, answers = self._function, predict(self._words)
        if type(function) is RelationFunction:
            tolerance = function.relation.tolerance
            is_right = [
                may_be_undefined if answer is UNDEFINED else answer is right[0] or same(answer, right, tolerance)
                for answer, (right, may_be_undefined) in zip(answers, self._right, strict=True)
            ]
        else:
            is_right = list(map(function.accepts, self._words, answers))
        shares, first = {}, 0
        for name, words in self._strata.items():
            shares[name] = sum(is_right[first : first + len(words)]) / len(words)
            first += len(words)
        return shares


def _copied(score: RelationScore) -> RelationScore:
    """Returns a score that a user may change without changing the one that is kept; `replace` takes much longer."""
    copied = object.__new__(RelationScore)
    vars(copied).update(vars(score), strata=dict(score.strata))
    return copied


def join_domain(description: str, domain: str) -> str:
    """Returns a description with its exception as a sentence, where the [DOMAIN] part names one."""
    bare = domain.strip().strip(".")
    if bare.casefold() in ("", "none", "no", "nowhere", "n/a", "no exception", "no exceptions"):
        return description.strip()
    return f"{description.strip()}\nIt is undefined where {bare}."


@dataclass(frozen=True)
class _Drawn:
    """What descriptions of a relation are judged by.

    Attributes:
        strata: the held-out words of each stratum.
        right: all right answers for each of these words, and whether "undefined" is right.
        tests: the unit tests.
        bounds: what the grounding judge gets of these with an empty and with the true description.
        trivial_accuracy: the accuracy of the best constant, always "undefined" included.
    """

    strata: Mapping[str, Sequence[str]]
    right: Right
    tests: list[UnitTest]
    bounds: Bounds
    trivial_accuracy: float


def _drawn(spec: RelationSpec) -> _Drawn:
    return _kept(spec.relation, spec.exceptions)


# As many as a training draws, some ten kilobytes each.
@lru_cache(maxsize=512)
def _kept(relation: str, exceptions: tuple[Condition, ...]) -> _Drawn:
    return _draw(RelationFunction(RelationSpec(relation, exceptions)))


def _draw(function: RelationBlackBox) -> _Drawn:
    """Draws what descriptions of a function are judged by, always the same."""
    rng = np.random.default_rng(np.frombuffer(function.identity(), dtype=np.uint32))
    divided = _divided(function)
    strata = _draw_words(function, divided, rng)
    judge = GroundingJudge()
    tests = _replace_untold(function, make_relation_tests(function, divided, rng), judge)
    bounds = judged_bounds(judge, function.describe(), tests)
    right = {
        name: [(answers, UNDEFINED in canonical_answers(answers)) for answers in _accepted(function, words)]
        for name, words in strata.items()
    }
    return _Drawn(strata, right, tests, bounds, _best_constant(function, right))


def _replace_untold(function: RelationBlackBox, tests: Sequence[UnitTest], judge: Judge) -> list[UnitTest]:
    """Draws tests again that a judge fails with the true description, always the same ones."""

    @cache
    def rng() -> np.random.Generator:
        return np.random.default_rng([*np.frombuffer(function.identity(), dtype=np.uint32), 1])

    def draw(failed: list[int]) -> list[UnitTest]:
        fresh = make_relation_tests(function, _divided(function), rng())
        return [fresh[place] for place in failed]

    return replace_untold(tests, judge, function.describe(), draw, ROUNDS)


def _accepted(function: Any, words: Sequence[str]) -> list[tuple[str, ...]]:
    if hasattr(function, "all_answers"):
        return function.all_answers(words)  # type: ignore[no-any-return]
    return [(answer,) for answer in function.truth(words)]


def _best_constant(function: RelationBlackBox, right: Right) -> float:
    """Returns the accuracy of the best constant, always "undefined" included."""
    totals: dict[str, float] = {UNDEFINED: 0.0}
    for name, words in right.items():
        share = _WEIGHTS[name] / len(words)
        for answers, _ in words:
            for answer in canonical_answers(answers):
                totals[answer] = totals.get(answer, 0.0) + share
    best = max(totals.values()) / sum(_WEIGHTS[name] for name in right)
    relation = getattr(function, "relation", None)
    if relation is None or relation.tolerance == 0:
        return best
    # Where numbers are right within a tolerance, one number is right for many words.
    numbers = sorted(set(function.truth(function.words)))
    counts = [count_same(numbers, [answers for answers, _ in words], relation.tolerance) for words in right.values()]
    for those in set(zip(*counts, strict=True)):
        strata = {name: count / len(right[name]) for name, count in zip(right, those, strict=True)}
        best = max(best, _accuracy(strata))
    return best


def _accuracy(strata: Mapping[str, float]) -> float:
    total = sum(_WEIGHTS[name] for name in strata)
    return sum(_WEIGHTS[name] * share for name, share in strata.items()) / total


def _divided(function: RelationBlackBox) -> Divided:
    """Returns the words of a function that follow its rule, and those that are exceptions."""
    is_exception = [*map(any, function.sides(function.words))]
    return [*compress(function.words, map(not_, is_exception))], [*compress(function.words, is_exception)]


def _draw_words(function: RelationBlackBox, divided: Divided, rng: np.random.Generator) -> dict[str, list[str]]:
    """Draws the held-out words of each stratum; probes are among them only where there are no others."""
    rule, exception = divided
    pools = {"rule": _held_out(rule), "exception": _held_out(exception), "outside": _others(function)}
    return {
        name: [pool[place] for place in rng.permutation(len(pool))[: _WORDS[name]].tolist()]
        for name, pool in pools.items()
        if pool
    }


def _held_out(words: Sequence[str]) -> Sequence[str]:
    """Returns those of some words that are no probes, or all of them where there are no others."""
    probes = _probes()
    return [word for word in words if word not in probes] or words


@cache
def _probes() -> frozenset[str]:
    return frozenset(probe_words())


def _others(function: RelationBlackBox) -> Sequence[str]:
    """Returns some words that the function does not know: of all relations, and of none."""
    if type(function) is not RelationFunction:
        own = set(function.words)
        foreign = [word for word in _some_words() if word not in own]
        answers = function.truth(foreign)
        unknown = [word for word, answer in zip(foreign, answers, strict=True) if answer == UNDEFINED]
        return _held_out([*unknown, *OTHER_WORDS])
    # All but a few are undefined whatever the exceptions are.
    words, known = _others_of(function.relation.name)
    defined = {word for word in known if function.answers(word)[0] != UNDEFINED}
    return [word for word in words if word not in defined] if defined else words


@cache
def _others_of(relation: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Returns some words of other relations and of none, and those that this relation is defined for all the same."""
    function = plain_function(relation)
    own = set(function.words)
    words = tuple(_held_out([*[word for word in _some_words() if word not in own], *OTHER_WORDS]))
    answers = function.truth(words)
    return words, frozenset(word for word, answer in zip(words, answers, strict=True) if answer != UNDEFINED)


@cache
def _some_words() -> tuple[str, ...]:
    """Returns some words of every relation, each once."""
    return tuple(dict.fromkeys(word for relation in RELATIONS.values() for word in relation.words[::7]))


def make_relation_tests(function: RelationBlackBox, divided: Divided, rng: np.random.Generator) -> list[UnitTest]:
    """Makes unit tests of a relation with fresh distractors.

    Args:
        function: the relation.
        divided: its words that follow the rule, and those that are exceptions.
        rng: draws words, distractors and places.

    Returns:
        The tests, each with one execution of the function and two of others; half of them ask for an exception, where
        there is one.
    """
    rule, exception = divided
    chosen = _some(rng, exception, TESTS // 2) if exception else []
    chosen += _some(rng, rule, TESTS - len(chosen))
    own = [Execution(word, answer) for word, answer in zip(chosen, function.truth(chosen), strict=True)]
    names = tuple(RELATIONS)

    def draw(rng: Draws) -> Execution:
        if rng.random() < _UNDEFINED_SHARE:
            # What the same relation with an exception that it does not have would answer.
            return Execution(rule[rng.integers(len(rule))], UNDEFINED)
        other = plain_function(names[rng.integers(len(names))])
        words = other.words
        word = words[rng.integers(len(words))]
        return Execution(word, other.answers(word)[0])

    return make_unit_tests(SingleDraws(rng), own, draw, lambda other: not function.accepts(other.input, other.output))


def _some(rng: np.random.Generator, words: Sequence[str], count: int) -> list[str]:
    places = rng.choice(len(words), size=count, replace=len(words) < count)
    return [words[int(place)] for place in places]
