"""The vectorised environments of numeric functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import batch_noise
from find_gym.categories.numeric.compiled_rules import NO_VALUES
from find_gym.categories.numeric.env import NumericEnv
from find_gym.categories.numeric.examiner import NumericExaminer
from find_gym.categories.numeric.fitting import fit_each
from find_gym.categories.numeric.function import QUERY_RANGE, NumericFunction, NumericSpec
from find_gym.categories.numeric.gaps import CLOSEST, MOST_HALVINGS
from find_gym.categories.numeric.kernels import answering, evaluating, halving
from find_gym.categories.numeric.loops import loops_of
from find_gym.categories.numeric.tokens import NumericTokens, ZoomTokens
from find_gym.core.episode import Examiner, Score
from find_gym.core.kernels.ufuncs import address_of_loop
from find_gym.core.late import LateModule
from find_gym.core.submissions import Submission
from find_gym.envs.vector.answers import BatchAnswers, Integers
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.envs.vector.features import Features
from find_gym.envs.vector.referee import JudgeJob, Referee
from find_gym.interfaces.features import ASINH_LIMIT, LOG_HIGH, LOG_LOW, MAGNITUDES
from find_gym.interfaces.tokens import TokensInterface

# Threads start with the first score.
_jobs = LateModule("find_gym.core.kernels.jobs")

FloatArray = NDArray[np.float64]

_SCALES = (*MAGNITUDES, ASINH_LIMIT, LOG_LOW, LOG_HIGH - LOG_LOW, MOST_HALVINGS, CLOSEST)
_LOOPS = tuple(map(address_of_loop, (np.log10, np.log2, np.arcsinh)))


class NumericAnswers(BatchAnswers):
    """The answers of N numeric functions, noise included; see `BatchAnswers`."""

    names: tuple[str, ...] = ("answer", "relative", "magnitude", "spread", "undefined")

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        self._inputs = np.array(codec.probes, dtype=np.float64)
        self._records = _records(features.count, self._count)
        self._table = self._records[:, :, answering.TRUTH]
        self._noise = batch_noise.BatchNoise(self._inputs, self._records[:, :, answering.NOISE])
        self._noisy = np.zeros(features.count, dtype=np.bool_)
        self._any_noisy = False
        self._outputs = np.zeros(self._history.shape)
        # The rules that loops know, with their exceptions, and how long these are; widened where that is not enough.
        self._sizes = np.zeros((features.count, 2), dtype=np.int64)
        self._rules, self._regions = np.zeros((features.count, 16)), np.zeros((features.count, 2, 3))
        self._truths = np.empty(self._inputs.size)
        # The largest magnitude of each episode's means, and its place.
        self._largest, self._top = np.zeros(features.count), np.zeros(features.count, dtype=np.int64)
        size = 2 * features.count
        self._room = np.empty((3, size)), np.empty((1, size), dtype=np.int64)
        # Which places were asked in each episode (see `find_gym.core.kernels.bits`), and the first slot that is free.
        self._asked = np.zeros((features.count, self._count // 64 + 1), dtype=np.int64)
        self._free = np.full(features.count, self._inputs.size)
        # The inputs of places: none, as long as these are those of the probes.
        self._x = np.zeros((features.count, 0))
        self._starts = np.array([features.start(name) for name in answering.SHOWN if name in self._features])

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        rule, regions = loops_of(function)
        size, count = rule.size, len(regions)
        self._sizes[env, 0], self._sizes[env, 1] = size, count
        if type(function) is not NumericFunction:
            self._noise.forget(env)
            self._noisy[env] = True
            return False
        if size:
            if size > self._rules.shape[1] or count > self._regions.shape[1]:
                self._rules, self._regions = _widened(self._rules, size), _widened(self._regions, count)
            self._rules[env, :size] = rule
            if count:
                self._regions[env, :count] = regions
            evaluating.evaluate(rule, NO_VALUES, self._inputs, regions, self._truths)
        self._table[env, : self._inputs.size] = self._truths if size else _truth(function, self._inputs)
        self._noisy[env] = self._noise.begin(env, function, entropy)
        return True

    def _forget(self, envs: Integers) -> None:
        self._any_noisy = bool(np.count_nonzero(self._noisy))
        answering.forget_answers(
            envs, self._records, self._counts, self._asked, self._free, self._inputs.size, self._largest, self._top,
            self._all_features.block, self._starts,
        )  # fmt: skip

    def _widen(self) -> None:
        self._outputs = np.concatenate([self._outputs, np.zeros_like(self._outputs)])

    def evidence(self, env: int) -> tuple[FloatArray, FloatArray]:
        """Returns the inputs that were asked in an episode and their outputs, in order, shape `(n,)` each."""
        places = self._places(env)
        return self._inputs_at(env, places), self._outputs[: places.size, env].copy()

    def _inputs_at(self, env: int, places: Integers) -> FloatArray:
        return self._inputs.take(places)

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        for number, output in self._answer_untabled(envs, probes):
            self._table[envs[number], probes[number]] = output
        if self._any_noisy:
            self._noise.draw_ahead(self._counts)
        self._have_room()
        features = self._all_features
        answering.take_answers(
            envs, probes, self._records, self._noise.draws, self._counts, self._history, self._outputs, self._largest,
            self._top, self._inputs, self._x, self._asked, self._free, features.legal, _LOOPS, _SCALES, features.block,
            self._starts, *self._room,
        )  # fmt: skip


class ZoomAnswers(NumericAnswers):
    """The answers of N numeric functions to probes, and to inputs in the middle of gaps; see `ZoomTokens`."""

    names = (*NumericAnswers.names, "x", "gap")

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        slots = np.zeros(self._count - self._inputs.size)
        self._x = np.tile(np.concatenate([self._inputs, slots]), (features.count, 1))
        # The feature "x" where nothing was asked.
        self._bank = self._x[0] / QUERY_RANGE[1]

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        places, unknown = np.empty_like(probes), np.empty_like(probes)
        count = halving.halve_gaps(
            envs, probes, self._inputs, self._x, self._asked, self._free, self._sizes, self._rules, self._regions,
            self._noisy, self._records, QUERY_RANGE[1], self._features["x"], places, unknown,
        )  # fmt: skip
        for number in unknown[:count].tolist():
            env, slot = int(envs[number]), int(places[number])
            if self._tabled[env]:
                one = self._x[env, slot : slot + 1]
                self._table[env, slot] = _truth(self._functions[env], one)[0]
                self._noise.place(env, slice(slot, slot + 1), one.tolist())
        super().ask(envs, places)

    def _forget(self, envs: Integers) -> None:
        super()._forget(envs)
        self._features["x"][envs] = self._bank

    def _input(self, env: int, place: int) -> float:
        return float(self._x[env, place])

    def _inputs_at(self, env: int, places: Integers) -> FloatArray:
        return self._x[env].take(places)


def _truth(function: NumericFunction, x: FloatArray) -> FloatArray:
    """Returns the function's `truth` at inputs `(n,)`, float64, by compiled loops."""
    spec = function.spec
    return function.truth(x) if spec.network is not None else spec.rule.compiled(x, spec.regions)


def _widened(values: FloatArray, least: int) -> FloatArray:
    """Returns an array that is at least so long along its second axis."""
    more = least - values.shape[1]
    if more <= 0:
        return values
    return np.concatenate([values, np.zeros((len(values), more, *values.shape[2:]))], axis=1)


def _records(count: int, places: int) -> FloatArray:
    """Returns memory for records, shape `(count, places, RECORD)`, each in a line of its own."""
    room = np.zeros((count * places + 1) * answering.RECORD)
    start = -room.ctypes.data % (answering.RECORD * room.itemsize) // room.itemsize
    return room[start : start + count * places * answering.RECORD].reshape(count, places, answering.RECORD)


class NumericReferee(Referee):
    """Fits the constants of many descriptions side by side; see `Referee`."""

    def judge(
        self, jobs: Sequence[JudgeJob], meanwhile: Callable[[int], None] | None = None
    ) -> list[tuple[Score, Submission]]:
        """Returns the score of each description, and what it stands for; see `Referee`."""
        codec, examiner = self.codec, self.env.examiner
        assert isinstance(codec, NumericTokens) and isinstance(examiner, NumericExaminer)

        def judged(place: int, program: NumericSpec | None) -> tuple[Score, Submission]:
            submission = Submission(description=codec.written(jobs[place].draft), program=program)
            return scorers[place].score(submission), submission

        with _jobs.BOARD:
            # Held-out inputs are drawn while fits are prepared, and fits are done while earlier ones are scored.
            scorers = [examiner.scorer(job.function) for job in jobs]
            problems = [codec.problem(job.draft, *job.evidence) for job in jobs]
            return fit_each(problems, judged, meanwhile=meanwhile, effort=codec.effort)


class NumericVectorEnv(FINDVectorEnv):
    """N numeric functions at once; see `FINDVectorEnv` and, for the arguments, `NumericEnv`."""

    single = NumericEnv
    referee = NumericReferee

    def _make_answers(self) -> NumericAnswers:
        answers = ZoomAnswers if isinstance(self.codec, ZoomTokens) else NumericAnswers
        return answers(self.codec, self._env.examiner, self._features)
