"""Scores of descriptions of entity functions: unit tests as in the paper, and the rank correlation beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import sqrt
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.banks import held_out_bank
from find_gym.categories.entities.function import EntityBlackBox, EntityFunction, EntitySpec
from find_gym.categories.entities.unit_tests import source_of
from find_gym.core.arrays import loop_array
from find_gym.core.complexity import program_complexity, text_complexity
from find_gym.core.skills import skill_over_chance
from find_gym.core.submissions import MAX_CODE_BYTES, Submission
from find_gym.judges.embedding import EmbeddingJudge
from find_gym.judges.examples import remove_examples
from find_gym.judges.phrases import MAX_CLAIMS, read_claim
from find_gym.judges.protocol import Execution, Judge
from find_gym.judges.unit_tests import (
    Bounds,
    JudgedTests,
    UnitTest,
    judged_bounds,
    judged_share,
    read_ratings,
    without_tests,
)

FloatArray = NDArray[np.float64]

# The paper has ten unit tests to a function.
PAPER_TESTS = 10
CHANCE = 1 / 3


@dataclass(frozen=True)
class EntityScore:
    """How good a description of an entity function is.

    Attributes:
        accuracy: the share of the unit tests that are right with the description, in [0, 1].
        skill: accuracy, rescaled so that chance has 0 and 1 has 1; in [-0.5, 1], so that ignorance has mean 0.
        trivial_accuracy: chance, one in three.
        rank_correlation: Spearman's correlation of the predicted and the true activations of held-out words, in
            [-1, 1]; 0 where nothing is predicted, None where the judge can't rank words.
        empty_accuracy: the accuracy of an empty description with the same judge.
        truth_accuracy: the accuracy of the true description with the same judge.
        paper_score: the share right among ten tests: the published ones where there are any.
        strata: the accuracy on each part of an OR, in the order of the parts ("part 1", ...).
        judge: the judge's name; "program" where a program was run in place of judging a description.
        complexity: how long the description or the program is, in bits.
        outcome: "right" (an accuracy of 1), "wrong" or "malformed".
        message: what went wrong, if anything.
        judged: the unit tests as the judge saw them, which is no part of `to_json`; None where there were none.
    """

    accuracy: float
    skill: float
    trivial_accuracy: float = CHANCE
    rank_correlation: float | None = 0.0
    empty_accuracy: float = CHANCE
    truth_accuracy: float = 1.0
    paper_score: float = 0.0
    strata: dict[str, float] = field(default_factory=dict)
    judge: str = "program"
    complexity: float = 0.0
    outcome: str = "wrong"
    message: str = ""
    judged: JudgedTests | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Returns the score as JSON-serialisable data."""
        return without_tests(self)


@runtime_checkable
class Ranker(Protocol):
    """A judge that can also rank many words at once."""

    def rank(self, description: str, texts: Sequence[str]) -> FloatArray:
        """Rates texts by how well they fit a description, float64 of shape `(n,)`."""


class ProgramJudge:
    """Rates words by a function's own activations: it judges programs, whose description it does not read.

    Args:
        function: the program, as a function.

    Attributes:
        name: "program".
    """

    name = "program"

    def __init__(self, function: EntityBlackBox) -> None:
        self._function = function
        self._is_looked_up = held_out_bank().knows(function)
        self._known: dict[str, float] = {}

    def rate(self, description: str, options: Sequence[Sequence[Execution]]) -> FloatArray:
        """Rates options by the activations of their inputs."""
        words = [str(execution.input) for row in options for execution in row]
        return self.rank(description, words).reshape(len(options), -1)

    def at(self, places: NDArray[np.int64]) -> FloatArray:
        """Returns the activations of held-out words by their places, shape `(n,)`."""
        bank = held_out_bank()
        if self._is_looked_up:
            return bank.truth(self._function, places)
        return self.rank("", [bank.words[place] for place in places.tolist()])

    def rank(self, description: str, texts: Sequence[str]) -> FloatArray:
        """Returns the activations of words."""
        bank = held_out_bank()
        if self._is_looked_up and (places := bank.places_of(texts)) is not None:
            return bank.truth(self._function, places)
        # The same words are rated for several parts of a score.
        new = [word for word in dict.fromkeys(texts) if word not in self._known]
        if new:
            self._known.update(zip(new, self._function.truth(new).tolist(), strict=True))
        return np.array([self._known[word] for word in texts])


class EntityScorer:
    """Judges descriptions of one entity function, always by the same unit tests.

    A test has a word that activates the function and two that activate other concepts, but not the function. Probes of
    the `tokens` interface are in no test. Tests that the true description fails are drawn again: by the shipped vectors
    for all submissions, so that programs and descriptions meet the same tests, and beyond that by the judge of a
    description, twice at most (a language model has to be asked for each). Published tests stay as they are.

    Of a description, what merely repeats words that were asked is not read (see `find_gym.judges.examples`).

    Args:
        function: the truth.
        judge: reads descriptions in language; by default the embedding judge.

    Example:
        >>> from find_gym.categories.entities.function import EntityFunction, EntitySpec
        >>> from find_gym.scoring import Submission
        >>> scorer = EntityScorer(EntityFunction(EntitySpec("golf")))
        >>> scorer.score(Submission(program=EntitySpec("golf"))).skill
        1.0
        >>> scorer.score(Submission(description="")).skill
        0.0
    """

    def __init__(self, function: EntityBlackBox, judge: Judge | None = None) -> None:
        self._function = function
        self._judge: Judge = EmbeddingJudge() if judge is None else judge
        self._source, draw_bits = source_of(function)
        self._turns, self._drawn, self._ranked, self._places = self._source.draw(draw_bits)
        spec = getattr(function, "spec", None)
        triplets = spec.triplets if isinstance(spec, EntitySpec) else ()
        self._published = [
            UnitTest(tuple(Execution(word) for word in triplet.words), triplet.correct) for triplet in triplets
        ]

    def score(self, submission: Submission, asked: Sequence[str] = ()) -> EntityScore:
        """Judges a submission: its program, or else its description.

        Args:
            submission: the submission.
            asked: the words that the interpreter asked.

        Returns:
            The score. A description longer than the cap is malformed.

        Raises:
            MissingModelError: the judge needs a model that is not installed, so there is no score.
            TypeError: the submission's program is one of another category.
        """
        if submission.program is not None:
            program: Any = submission.program
            if not isinstance(program, EntitySpec):
                raise TypeError(f"expected an EntitySpec as the program, actual value: {program!r}")
            judge = ProgramJudge(EntityFunction(program))
            complexity = program_complexity(program.to_json())
            return self._score(judge, "", self._drawn, Bounds(empty=CHANCE, truth=1.0), complexity)
        size = len(submission.description.encode("utf-8", "surrogatepass"))
        if size > MAX_CODE_BYTES:
            message = f"expected a description of at most {MAX_CODE_BYTES} bytes, actual: {size}"
            return EntityScore(0.0, 0.0, judge=self._judge.name, outcome="malformed", message=message)
        claims = remove_examples(submission.description, asked)
        complexity = text_complexity(submission.description)
        score = self._score(self._judge, claims, self._told_tests, self._bounds, complexity)
        if not self._published:
            return score
        # The paper's protocol reads lists, and knows nothing of what was asked.
        reader = self._judge.without_cap() if isinstance(self._judge, EmbeddingJudge) else self._judge
        return replace(score, paper_score=judged_share(reader, submission.description, self._published))

    @property
    def tests(self) -> list[UnitTest]:
        """The tests that programs are scored by."""
        return list(self._drawn)

    @cached_property
    def _told_tests(self) -> list[UnitTest]:
        """The tests for descriptions, those drawn again that the judge fails with the true one, always the same."""
        rng = np.random.default_rng([*np.frombuffer(self._function.identity(), dtype=np.uint32), 1])
        return self._source.replace(rng, self._turns, self._drawn, self._judge)

    @cached_property
    def _bounds(self) -> Bounds:
        return judged_bounds(self._judge, self._function.describe(), self._told_tests)

    def _score(
        self, judge: Judge, description: str, tests: Sequence[UnitTest], bounds: Bounds, complexity: float
    ) -> EntityScore:
        from find_gym.categories.entities.kernels.scoring import count_right

        words, predicted = self._source.words, None
        if isinstance(judge, ProgramJudge) and words is held_out_bank().words:
            rated = judge.at(self._places)
            tested = self._drawn.places.size
            ratings, predicted = rated[:tested].reshape(self._drawn.places.shape), rated[tested:]
            correct = self._drawn.correct
        else:
            ratings = read_ratings(judge.rate(description, [test.options for test in tests]), tests)
            correct = np.array([test.correct for test in tests])
            if isinstance(judge, Ranker):
                predicted = judge.rank(description, [words[place] for place in self._ranked.tolist()])
        counts = self._source.counts
        sixths = np.empty(2 + len(counts), dtype=np.int64)
        count_right(ratings, correct, self._turns, PAPER_TESTS, sixths)
        right, first, *parts = sixths.tolist()
        share = _share(right, len(tests))
        return EntityScore(
            accuracy=share,
            skill=skill_over_chance(share, CHANCE),
            rank_correlation=None if predicted is None else spearman(predicted, self._source.truth[self._ranked]),
            empty_accuracy=bounds.empty,
            truth_accuracy=bounds.truth,
            paper_score=(
                judged_share(judge, description, self._published) if self._published else _share(first, PAPER_TESTS)
            ),
            strata={
                f"part {place + 1}": _share(part, count)
                for place, (part, count) in enumerate(zip(parts, counts, strict=True))
                if count and len(counts) > 1
            },
            judge=judge.name,
            complexity=complexity,
            outcome="right" if share == 1 else "wrong",
            judged=JudgedTests(tests, ratings),
        )


def objection_to_claims(function: EntityBlackBox, description: str, asked: Sequence[str] = ()) -> str | None:
    """Says why a description would be read in part only, or not at all, or returns None.

    Example:
        >>> function = EntityFunction(EntitySpec("golf"))
        >>> objection_to_claims(function, "It responds to golf, such as Tiger Woods.", ["Tiger Woods"])
        >>> objection_to_claims(function, "Tiger Woods", ["Tiger Woods"])
        'expected a description in other words than those that were asked, actual: all of it repeats them'
    """
    count = len(read_claim(remove_examples(description, asked)).phrases)
    if count > MAX_CLAIMS:
        return f"expected at most {MAX_CLAIMS} names of what the function responds to or not, actual: {count}"
    if count == 0 and read_claim(description).phrases:
        return "expected a description in other words than those that were asked, actual: all of it repeats them"
    return None


def _share(sixths: int, tests: int) -> float:
    """Returns the share of tests that are right."""
    return round(sixths / (6 * tests), 12)


def spearman(predicted: FloatArray, truth: FloatArray) -> float:
    """Returns Spearman's rank correlation of two arrays `(n,)`, ties at their mean rank; 0 where one is constant.

    Example:
        >>> spearman(np.array([0.1, 0.4, 0.3]), np.array([1.0, 3.0, 2.0]))
        1.0
    """
    from find_gym.categories.entities.kernels.scoring import correlate_ranks

    sums = np.empty(3, dtype=np.int64)
    truth = loop_array(truth, len(truth))
    correlate_ranks(loop_array(predicted, truth.size), truth, sums)
    first, second, both = sums.tolist()
    return round(both / sqrt(first * second), 6) if first and second else 0.0
