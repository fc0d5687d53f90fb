"""Unit tests of descriptions in language: which of three executions is one of the described function?

As in the paper (section 4.2 of Schwettmann et al. 2023): each test has one true execution of the function and two
executions of other functions; a judge that sees nothing but the description says which is the true one. The score is
the share that it gets right, chance is one in three. Where a judge rates several options alike, it gets the share that
guessing among them would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.core.arrays import loop_array
from find_gym.core.draws import Draws
from find_gym.core.skills import skill_over_chance
from find_gym.judges.protocol import Execution, Judge

OPTIONS = 3
_ATTEMPTS = 1000
# Ratings of the same options may differ by less, from one batch to another.
MARGIN = 1e-5


@dataclass(frozen=True)
class UnitTest:
    """One unit test.

    Attributes:
        options: executions, one of which is the function's own.
        correct: the place of that one, from 0.
    """

    options: tuple[Execution, ...]
    correct: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        if not 0 <= self.correct < len(self.options):
            raise ValueError(f"expected correct from 0 to {len(self.options) - 1}, actual value: {self.correct!r}")


@dataclass(frozen=True, eq=False)
class DrawnTests(Sequence[UnitTest]):
    """Unit tests that are made when they are looked at: to score a program takes no more than the places.

    Attributes:
        executions: returns the executions that the options are taken from.
        places: the places of the options among these, shape `(n, options)`.
        correct: the place of the function's own option of each test, from 0, shape `(n,)`.
    """

    executions: Callable[[], Sequence[Execution]]
    places: NDArray[np.int64]
    correct: NDArray[np.int64]

    def __len__(self) -> int:
        """Returns how many tests there are."""
        return len(self.correct)

    def __getitem__(self, which: Any) -> Any:
        """Returns a test or, given a slice or a mask, several of them."""
        if not isinstance(which, int):
            return DrawnTests(self.executions, self.places[which], self.correct[which])
        executions = self.executions()
        return UnitTest(tuple(executions[place] for place in self.places[which].tolist()), int(self.correct[which]))


def without_tests(score: Any) -> dict[str, Any]:
    """Returns a score as JSON-serialisable data, without its `judged` unit tests.

    Args:
        score: a dataclass with `strata` and `judged`.
    """
    told = vars(score) | {"strata": dict(score.strata)}
    del told["judged"]
    return told


@dataclass(frozen=True)
class JudgedTests:
    """Unit tests of a description, as its judge saw them.

    Attributes:
        tests: the `n` tests.
        ratings: what the judge made of the options, float64 of shape `(n, options)`; see `share_right`.
    """

    tests: Sequence[UnitTest]
    ratings: NDArray[np.float64]

    def to_json(self) -> list[dict[str, Any]]:
        """Returns the "options", the place of the "correct" one and the "ratings" (None for NaN) of each test.

        Example:
            >>> test = UnitTest((Execution("puck"), Execution("flour"), Execution(1, 2)), 0)
            >>> JudgedTests([test], np.array([[0.7, 0.1, np.nan]])).to_json()
            [{'options': [['puck'], ['flour'], [1, 2]], 'correct': 0, 'ratings': [0.7, 0.1, None]}]
        """
        return [
            {
                "options": [[part for part in astuple(option) if part is not None] for option in test.options],
                "correct": test.correct,
                "ratings": [round(rating, 4) if isfinite(rating) else None for rating in row],
            }
            for test, row in zip(self.tests, self.ratings.tolist(), strict=True)
        ]


@dataclass(frozen=True)
class UnitTestScore:
    """How a description does in unit tests, beside what its judge makes of nothing and of the truth.

    Attributes:
        share: the share of the tests that the judge gets right with the description, in [0, 1].
        empty_share: the same with an empty description: what the judge gets from the options alone.
        truth_share: the same with the true description: what the judge can get at all.
        chance: the share that guessing gets.
        skill: the share, rescaled so that chance has 0 and 1 has 1; negative below chance, so that ignorance has
            mean 0.
        judge: the judge's name.
    """

    share: float
    empty_share: float
    truth_share: float
    chance: float
    skill: float
    judge: str

    def to_json(self) -> dict[str, Any]:
        """Returns the score as JSON-serialisable data."""
        return dict(vars(self))


def make_unit_tests(
    rng: Draws,
    own: Iterable[Execution],
    draw_other: Callable[[Draws], Execution],
    is_wrong: Callable[[Execution], bool],
    options: int = OPTIONS,
) -> list[UnitTest]:
    """Makes one unit test of each of a function's executions.

    Args:
        rng: draws the distractors and the places.
        own: true executions of the function.
        draw_other: draws a true execution of another function.
        is_wrong: whether such an execution is none of the function's own.
        options: the number of options.

    Returns:
        As many tests as there are executions; the options of each differ from each other.

    Raises:
        ValueError: hardly any execution of another function can be told from the function's own.
    """
    tests = []
    for execution in own:
        others: list[Execution] = []
        for _ in range(_ATTEMPTS):
            if len(others) == options - 1:
                break
            other = draw_other(rng)
            if other not in (execution, *others) and is_wrong(other):
                others.append(other)
        else:
            raise ValueError(f"expected distractors that the function does not produce, actual: {len(others)} found")
        place = int(rng.integers(options))
        tests.append(UnitTest((*others[:place], execution, *others[place:]), place))
    return tests


def replace_untold(
    tests: Sequence[UnitTest],
    judge: Judge,
    truth: str,
    draw: Callable[[list[int]], list[UnitTest]],
    rounds: int,
) -> list[UnitTest]:
    """Draws tests again that a judge fails with the true description, so that the truth gets all of them.

    Args:
        tests: the tests.
        judge: reads the description.
        truth: the true description. Where the judge makes nothing of it, the tests stay as they are.
        draw: draws other tests in the place of those with these numbers.
        rounds: how often at most; each round asks the judge for the tests that were drawn in the last one. What is left
            then stays.

    Returns:
        As many tests.
    """
    tests = list(tests)
    failed = list(range(len(tests)))
    for turn in range(rounds + 1):
        ratings = judge.rate(truth, [tests[place].options for place in failed])
        if turn == 0 and len(ratings) and np.all(ratings == ratings[:, :1]):
            break
        told = _are_told(ratings, [tests[place].correct for place in failed])
        failed = [place for place, is_told in zip(failed, told.tolist(), strict=True) if not is_told]
        if not failed or turn == rounds:
            break
        for place, test in zip(failed, draw(failed), strict=True):
            tests[place] = test
    return tests


def _are_told(ratings: NDArray[np.float64], correct: Sequence[int]) -> NDArray[np.bool_]:
    others, places = np.array(ratings, dtype=np.float64), (np.arange(len(correct)), correct)
    others[places] = -np.inf
    return ratings[places] > np.maximum.reduce(others, axis=1) + MARGIN


def share_right(ratings: NDArray[np.float64], tests: Sequence[UnitTest]) -> float:
    """Returns the share of tests whose true option is rated highest; ties count as guessing.

    Args:
        ratings: shape `(n, options)`; greater is more likely, NaN is least likely.
        tests: the `n` tests.

    Example:
        >>> test = UnitTest((Execution("puck"), Execution("flour"), Execution("organ")), 0)
        >>> share_right(np.array([[0.7, 0.1, 0.7]]), [test])
        0.5
    """
    # A column after the other: there are few, and reductions along rows are slow.
    columns = np.fmax(read_ratings(ratings, tests).T, -np.inf)
    own = columns[[test.correct for test in tests], np.arange(len(tests))]
    right = (own == np.maximum.reduce(columns)) / np.add.reduce(columns == own)
    return round(float(np.add.reduce(right)) / len(tests), 12)


def read_ratings(ratings: NDArray[np.float64], tests: Sequence[UnitTest]) -> NDArray[np.float64]:
    """Returns the ratings of tests as a judge gave them, float64 of shape `(n, options)`, contiguous.

    Raises:
        ValueError: they have another shape, or there is no test.
    """
    if len(tests) == 0:
        raise ValueError("expected at least one unit test, actual: none")
    known, shape = loop_array(ratings), (len(tests), len(tests[0].options))
    if known.shape != shape:
        raise ValueError(f"expected ratings of shape {shape}, actual: {known.shape}")
    return known


def judged_share(judge: Judge, description: str, tests: Sequence[UnitTest]) -> float:
    """Returns the share of tests that a judge gets right with a description, in [0, 1]."""
    return share_right(judge.rate(description, [test.options for test in tests]), tests)


class Bounds(NamedTuple):
    """The shares of tests that a judge gets right whatever is submitted: what bounds those of submissions.

    Attributes:
        empty: with an empty description, from the options alone.
        truth: with the true description.
    """

    empty: float
    truth: float


def judged_bounds(judge: Judge, truth: str, tests: Sequence[UnitTest]) -> Bounds:
    """Returns the shares of tests that a judge gets right with an empty and with the true description."""
    return Bounds(judged_share(judge, "", tests), judged_share(judge, truth, tests))


def score_unit_tests(judge: Judge, description: str, tests: Sequence[UnitTest], bounds: Bounds) -> UnitTestScore:
    """Scores a description by unit tests.

    Args:
        judge: reads the description.
        description: the description to score.
        tests: unit tests of the function, all with as many options.
        bounds: what `judged_bounds` returns for the judge and the tests.
    """
    share = judged_share(judge, description, tests)
    chance = 1.0 / len(tests[0].options)
    return UnitTestScore(
        share=share,
        empty_share=bounds.empty,
        truth_share=bounds.truth,
        chance=chance,
        skill=skill_over_chance(share, chance),
        judge=judge.name,
    )


def one_of(executions: Sequence[Execution]) -> Callable[[Draws], Execution]:
    """Returns what draws one of these executions."""
    return lambda rng: executions[int(rng.integers(len(executions)))]
