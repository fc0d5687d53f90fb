"""Scores of descriptions of units: detection of what activates one among held-out words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.held_out import run_held_out
from find_gym.categories.neurons.bank import bank_words, held_out_places, place_of
from find_gym.categories.neurons.category import MAX_COMPLEXITY
from find_gym.categories.neurons.claims import rank_texts
from find_gym.categories.neurons.function import NeuronBlackBox, NeuronFunction, NeuronSpec
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.scaling import ACTIVE, INACTIVE
from find_gym.categories.neurons.search import Evidence, area, divide, oppose, pairs_in_order
from find_gym.categories.neurons.table import unit_table
from find_gym.core.complexity import program_complexity, text_complexity
from find_gym.core.skills import skill_over_chance
from find_gym.core.submissions import MAX_CODE_BYTES, MalformedError, Submission, prepare_code
from find_gym.judges.embedding import EmbeddingJudge
from find_gym.judges.examples import remove_examples
from find_gym.judges.phrases import read_claim
from find_gym.judges.protocol import Execution, Judge
from find_gym.judges.unit_tests import JudgedTests, UnitTest, without_tests
from find_gym.sandbox import Status

FloatArray = NDArray[np.float64]
Places = NDArray[np.intp]

INPUTS = 32
"""Active words that a score is computed on, and as many inactive ones, half of them hard."""
DECILES = 10
CHANCE = 0.5
# The paper has ten unit tests to a function, each with three options.
PAPER_TESTS = 10
# Units whose words code is asked about as well, so that the crowd of a unit's own words tells nothing.
_DECOYS = 3
# Units whose words are kept, some kilobytes each: all that ship.
_UNITS = 2048
# Below this, a best program explains too little to be the measure of others.
_LEAST_SKILL = 0.05


@dataclass(frozen=True)
class NeuronScore:
    """How good a description of a unit is.

    Attributes:
        accuracy: the area under the curve: the share of pairs of an active and an inactive held-out word of which the
            description predicts the greater output for the active one; ties count half.
        skill: accuracy, rescaled so that chance has 0 and 1 has 1; in [-1, 1], so that ignorance has mean 0.
        trivial_accuracy: chance, one half.
        correlation: Pearson's correlation of predictions and outputs; 0 where all predictions are the same, None where
            the judge rates no single texts.
        balanced_accuracy: the mean of the shares of active words that are predicted to be active and of inactive ones
            that are not, where a prediction from 0.5 on claims an active word; None for descriptions in language.
        explained: the skill as a share of that of the best program known, 1 being as good; None where that has next
            to none.
        best_skill: the skill of the best program known.
        paper_score: the share right among ten unit tests of three words, one of them active.
        strata: the area under the curve against the "hard" inactive words and against the "other" ones.
        judge: the judge's name; "program" or "code" where none was needed.
        complexity: how long the description is, in bits.
        outcome: "right" (an accuracy of 1), "wrong" or "malformed".
        message: what went wrong, if anything.
        judged: the unit tests as the judge saw them, which is no part of `to_json`; None where there were none.
    """

    accuracy: float
    skill: float
    trivial_accuracy: float = CHANCE
    correlation: float | None = 0.0
    balanced_accuracy: float | None = CHANCE
    explained: float | None = 0.0
    best_skill: float = 0.0
    paper_score: float = 1 / 3
    strata: dict[str, float] = field(default_factory=dict)
    judge: str = "program"
    complexity: float = 0.0
    outcome: str = "wrong"
    message: str = ""
    judged: JudgedTests | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Returns the score as JSON-serialisable data."""
        return without_tests(self)


def draw_held_out(outputs: FloatArray, rng: np.random.Generator, asked: Sequence[str] = ()) -> Evidence:
    """Draws the words that a score is computed on.

    Args:
        outputs: the unit's outputs over the bank, shape `(words,)`.
        rng: draws them; the same state draws the same words, but for those that were asked.
        asked: words that are left out, as far as others are left.

    Raises:
        ValueError: no held-out word activates the unit, or fewer than two do not.
    """
    active, inactive = divide(outputs, held_out_places())
    order = active[np.argsort(outputs[active], kind="stable")]
    deciles = [rng.permutation(part).tolist() for part in np.array_split(order, DECILES)]
    turns = [part[turn] for turn in range(len(deciles[0])) for part in deciles if turn < len(part)]
    seen = {place for word in asked if (place := place_of(word)) is not None}
    chosen = _first_unseen(turns, seen, INPUTS)
    unseen = _first_unseen(inactive.tolist(), seen, len(inactive)) if seen else inactive
    return oppose(chosen, unseen, min(INPUTS, len(unseen)) // 2, outputs, unit_table().population, rng)


def _first_unseen(places: list[int], seen: set[int], count: int) -> Places:
    """Returns the first places that were not seen, or where there are hardly any, the first ones."""
    unseen = [place for place in places if place not in seen]
    return np.array((unseen if len(unseen) > 1 else places)[:count], dtype=np.intp)


@lru_cache(_UNITS)
def _untouched_of(spec: NeuronSpec) -> Evidence:
    """Returns the words that a unit of the table is scored on where none of them was asked."""
    function = NeuronFunction(spec)
    return draw_held_out(function.bank_outputs(), np.random.default_rng(_entropy_of(function)))


def _entropy_of(function: NeuronBlackBox) -> list[int]:
    return np.frombuffer(function.identity(), dtype=np.uint32).tolist()


class NeuronScorer:
    """Judges descriptions of one unit, always by the same held-out words, but for those that were asked.

    A program is evaluated, and so is a description that is word for word what a program says of itself. Code is called
    with single words, among those of other units. Any other description is read by the judge, without what merely
    repeats words that were asked and activate the unit.

    Args:
        function: the truth.
        judge: reads descriptions in language; by default the embedding judge.

    Example:
        >>> from find_gym.categories.neurons.function import NeuronFunction, NeuronSpec
        >>> function = NeuronFunction(NeuronSpec("mlp.4.685"))
        >>> scorer = NeuronScorer(function)
        >>> scorer.score(Submission(program=function.best())).explained
        1.0
        >>> scorer.score(Submission(description="")).skill
        0.0
    """

    def __init__(self, function: NeuronBlackBox, judge: Judge | None = None) -> None:
        self._function = function
        self._judge: Judge = EmbeddingJudge() if judge is None else judge
        self._outputs = function.bank_outputs()
        self._entropy = _entropy_of(function)
        # What derives from units may have outputs, or an identity, of its own.
        spec = getattr(function, "spec", None) if type(function) is NeuronFunction else None
        self._untouched = self._draw(()) if spec is None or spec.row is None else _untouched_of(spec)

    def _draw(self, asked: Sequence[str]) -> Evidence:
        return draw_held_out(self._outputs, np.random.default_rng(self._entropy), asked)

    def held_out(self, asked: Sequence[str] = ()) -> Evidence:
        """Returns the words that a score is computed on: none that were asked, if others are left."""
        drawn = self._drawn
        return self._draw(asked) if any(place_of(word) in drawn for word in asked) else self._untouched

    # What most scores need: of inputs that were asked, few are held-out words.

    @cached_property
    def _drawn(self) -> frozenset[int]:
        return frozenset(self._untouched.places.tolist())

    @cached_property
    def _untouched_best(self) -> float:
        return self._best_skill(self._untouched)

    @cached_property
    def _untouched_tests(self) -> list[UnitTest]:
        return _make_tests(self._untouched)

    def _best_skill(self, held_out: Evidence) -> float:
        values = self._function.best().bank_outputs(held_out.places)
        count = len(held_out.active)
        return skill_over_chance(float(area(values[:count], values[count:])), CHANCE)

    def score(self, submission: Submission, asked: Sequence[str] = ()) -> NeuronScore:
        """Judges a submission: its program, or else its code, or else its description.

        Args:
            submission: the submission.
            asked: the words that the interpreter asked.

        Returns:
            The score. Code that can't be run, and a description longer than the cap, are malformed.

        Raises:
            MissingModelError: the judge needs a model that is not installed, so there is no score.
            SandboxError: the sandbox failed, so there is no score.
            TypeError: the submission's program is one of another category.
        """
        held_out = self.held_out(asked)
        best = self._untouched_best if held_out is self._untouched else self._best_skill(held_out)
        try:
            return self._measure(submission, asked, held_out, best)
        except MalformedError as error:
            return NeuronScore(CHANCE, 0.0, best_skill=best, outcome="malformed", message=str(error))

    def _measure(self, submission: Submission, asked: Sequence[str], held_out: Evidence, best: float) -> NeuronScore:
        if submission.program is not None or is_program(submission.description):
            program: Any = submission.program or NeuronProgram.from_english(submission.description)
            if not isinstance(program, NeuronProgram):
                raise TypeError(f"expected a NeuronProgram as the program, actual value: {program!r}")
            complexity = program_complexity(program.to_json()["clauses"])
            return self._by_values(program.bank_outputs(held_out.places), held_out, best, complexity=complexity)
        if submission.code.strip():
            return self._by_code(submission.code, held_out, best)
        description = submission.description
        size = len(description.encode("utf-8", "surrogatepass"))
        if size > MAX_CODE_BYTES:
            raise MalformedError(f"expected a description of at most {MAX_CODE_BYTES} bytes, actual: {size}")
        text = without_examples(self._function, description, asked)
        if isinstance(self._judge, EmbeddingJudge):
            values = rank_texts(self._judge, text, [bank_words()[place] for place in held_out.places])
            score = replace(self._by_values(values, held_out, best), balanced_accuracy=None)
        else:
            score = self._by_ratings(text, held_out, best)
        return replace(score, judge=self._judge.name, complexity=text_complexity(description))

    def _by_code(self, code: str, held_out: Evidence, best: float) -> NeuronScore:
        prepared = prepare_code(code, cap=MAX_COMPLEXITY)
        rng = np.random.default_rng([*self._entropy, 1])
        words = bank_words()
        decoys = [words[place] for drawn in _draw_decoys(rng) for place in drawn.places]
        result = run_held_out(prepared, [words[place] for place in held_out.places], decoys, rng)
        values = np.array([number_of(value) for value in result.values])
        score = self._by_values(values, held_out, best)
        message = "" if result.status is Status.OK else f"the code failed on some words: {result.message}"
        return replace(score, judge="code", complexity=prepared.complexity, message=message)

    def _by_values(self, values: FloatArray, held_out: Evidence, best: float, **parts: Any) -> NeuronScore:
        """Scores predictions for the held-out words, float64 of shape `(n,)`; `parts` are further ones of the score."""
        count = len(held_out.active)
        active, inactive = values[:count], values[count:]
        tests = self._tests(held_out)
        ratings = np.stack([active, *_beside(values, held_out)], axis=1)[: len(tests)]
        groups = np.split(inactive, [len(held_out.hard)])
        in_order = [pairs_in_order(active, group) for group in groups]
        areas = [float(pairs / (count * len(group))) for pairs, group in zip(in_order, groups, strict=True)]
        claimed = (np.mean(active >= ACTIVE) + np.mean(inactive < ACTIVE)) / 2
        return _score(
            float(sum(in_order) / (count * len(inactive))),
            best,
            correlation=pearson(values, self._outputs[held_out.places]),
            balanced_accuracy=round(float(claimed), 6),
            paper_score=_share_first(ratings),
            judged=JudgedTests(tests, ratings),
            strata=_strata(*areas),
            **parts,
        )

    def _tests(self, held_out: Evidence) -> list[UnitTest]:
        return self._untouched_tests if held_out is self._untouched else _make_tests(held_out)

    def _by_ratings(self, description: str, held_out: Evidence, best: float) -> NeuronScore:
        """Scores a description that a judge reads who rates options, but no single texts."""
        words = np.array(bank_words(), dtype=object)[held_out.places]
        hard, others = _beside(words, held_out)
        active = words[: len(held_out.active)]
        pairs = [(own, other) for second in (hard, others) for own, other in zip(active, second, strict=True)]
        ratings = self._judge.rate(description, [[Execution(word) for word in pair] for pair in pairs])
        shares = [_share_first(part) for part in np.split(ratings, 2)]
        tests = self._tests(held_out)
        chosen = self._judge.rate(description, [list(test.options) for test in tests])
        return _score(
            sum(shares) / 2,
            best,
            correlation=None,
            balanced_accuracy=None,
            paper_score=_share_first(chosen),
            judged=JudgedTests(tests, chosen),
            strata=_strata(*shares),
        )


def _make_tests(held_out: Evidence) -> list[UnitTest]:
    """Returns the unit tests of the paper's score: an active word, a hard one and another one, in this order."""
    triples = zip(held_out.active, *_beside(held_out.places, held_out), strict=True)
    words = bank_words()
    return [UnitTest(tuple(Execution(words[place]) for place in triple), 0) for triple in islice(triples, PAPER_TESTS)]


def is_program(description: str) -> bool:
    """Whether a description is a program in its own English."""
    try:
        NeuronProgram.from_english(description)
    except ValueError:
        return False
    return True


def _score(accuracy: float, best: float, **parts: Any) -> NeuronScore:
    skill = skill_over_chance(accuracy, CHANCE)
    return NeuronScore(
        accuracy=round(accuracy, 12),
        skill=skill,
        explained=round(skill / best, 6) if best >= _LEAST_SKILL else None,
        best_skill=best,
        outcome="right" if accuracy == 1 else "wrong",
        **parts,
    )


def _strata(hard: float, others: float) -> dict[str, float]:
    return {"hard": round(hard, 6), "other": round(others, 6)}


def _beside(values: NDArray[Any], held_out: Evidence) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns for each active word one of the hard and one of the other inactive ones."""
    count, hard = len(held_out.active), len(held_out.hard)
    inactive = values[count:]
    return np.resize(inactive[:hard], count), np.resize(inactive[hard:], count)


def _share_first(ratings: FloatArray) -> float:
    """Returns the share of rows whose first rating is the greatest, ties as guesses."""
    known = np.where(np.isnan(ratings), -np.inf, ratings)
    best = known == known.max(axis=1, keepdims=True)
    return round(float(np.mean(best[:, 0] / best.sum(axis=1))), 6)


def number_of(value: Any) -> float:
    """Returns an output of code as a number; what is none, or not finite, counts as 0."""
    if not isinstance(value, (bool, int, float)):
        return 0.0
    try:
        number = float(value)
    except OverflowError:
        return 0.0
    return number if np.isfinite(number) else 0.0


def _draw_decoys(rng: np.random.Generator) -> list[Evidence]:
    """Draws the held-out words of other units."""
    table = unit_table()
    rows = rng.choice(len(table.names), _DECOYS, replace=False)
    return [draw_held_out(table.outputs(int(row)), rng) for row in rows]


def pearson(predicted: FloatArray, truth: FloatArray) -> float:
    """Returns Pearson's correlation of two arrays `(n,)`; 0 where one is constant.

    Example:
        >>> pearson(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]))
        1.0
    """
    scaled = predicted / max(float(np.abs(predicted).max(initial=0.0)), 1e-300)
    first, second = scaled - scaled.mean(), truth - truth.mean()
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return round(float(first @ second) / norm, 6) if norm > 1e-12 else 0.0


def without_examples(function: NeuronBlackBox, description: str, asked: Sequence[str]) -> str:
    """Returns a description without what repeats words that were asked and activate the unit, be it a little."""
    words = list(dict.fromkeys(asked))
    outputs = function.truth(words) if words else ()
    return remove_examples(
        description, [word for word, output in zip(words, outputs, strict=True) if output >= INACTIVE]
    )


def objection_to_claims(function: NeuronBlackBox, description: str, asked: Sequence[str]) -> str | None:
    """Says why a description would not be read at all, or returns None."""
    if is_program(description):
        return None
    if read_claim(description).phrases and not read_claim(without_examples(function, description, asked)).phrases:
        return "expected a description in other words than those that were asked, actual: all of it repeats them"
    return None
