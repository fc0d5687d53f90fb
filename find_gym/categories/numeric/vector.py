"""The vectorised environments of numeric functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.batch_noise import BatchNoise
from find_gym.categories.numeric.env import NumericEnv
from find_gym.categories.numeric.fitting import fit_skeletons
from find_gym.categories.numeric.function import QUERY_RANGE, NumericFunction
from find_gym.categories.numeric.gaps import Gaps, gap_feature
from find_gym.categories.numeric.tokens import NumericTokens, ZoomTokens
from find_gym.core.episode import Examiner
from find_gym.envs.vector.answers import BatchAnswers, Integers
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.envs.vector.features import Features
from find_gym.envs.vector.referee import JudgeJob, Referee
from find_gym.interfaces.features import filled, scaled_log, squash_finite
from find_gym.interfaces.tokens import TokensInterface

FloatArray = NDArray[np.float64]

# The largest magnitude before any answer: positive, because it is divided by, and below all others.
_LEAST = 5e-324


class NumericAnswers(BatchAnswers):
    """The answers of N numeric functions, noise included; see `BatchAnswers`."""

    names: tuple[str, ...] = ("answer", "relative", "magnitude", "spread", "undefined")

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        shape = (features.count, self._count)
        self._inputs = np.array(codec.probes, dtype=np.float64)
        self._table = np.zeros(shape)
        self._noise = BatchNoise(features.count, self._inputs, self._count - self._inputs.size)
        self._noisy = np.zeros(features.count, dtype=np.bool_)
        self._any_noisy = False
        self._outputs = np.zeros(self._history.shape)
        # Pairs of numbers that are needed together, as one complex number: the sum of a probe's answers and how many
        # they are; the least and the greatest of them.
        self._sums = np.zeros(shape, dtype=np.complex128)
        self._ranges = np.zeros(shape, dtype=np.complex128)
        self._flat_sums, self._flat_ranges = self._sums.reshape(-1), self._ranges.reshape(-1)
        # The largest magnitude of each episode's means, and the flat place of its probe.
        self._largest = np.full(features.count, _LEAST)
        self._top = np.full(features.count, -1, dtype=np.int64)
        together = ("asked", "magnitude", "relative", "undefined", "answer", "spread")
        self._starts = np.array([[features.start(name)] for name in together])

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        self._noisy[env] = True
        if type(function) is not NumericFunction:
            return False
        self._noisy[env] = function.is_stochastic
        self._table[env, : self._inputs.size] = function.truth(self._inputs)
        self._noise.begin(env, function, entropy)
        return True

    def _forget(self, envs: Integers) -> None:
        self._any_noisy = bool(self._noisy.any())
        self._sums[envs] = 0.0
        self._ranges[envs] = complex(np.inf, -np.inf)
        self._largest[envs] = _LEAST
        self._top[envs] = -1

    def _widen(self) -> None:
        self._outputs = np.concatenate([self._outputs, np.zeros_like(self._outputs)], axis=1)

    def evidence(self, env: int) -> tuple[list[float], list[float]]:
        """Returns the inputs that were asked in an episode and their outputs, in order."""
        places = self._queries(env)
        return self._inputs_at(env, places).tolist(), self._outputs[env, : len(places)].tolist()

    def _inputs_at(self, env: int, places: list[int]) -> FloatArray:
        return self._inputs[places]

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        flat = self._rows.take(envs) + probes
        outputs = self._table.take(flat)
        places = self._remember(envs, probes)
        if self._any_noisy:
            outputs += self._noise.at(flat, places, self._asked)
        for place, output in self._answer_untabled(envs, probes):
            outputs[place] = output
        self._outputs.reshape(-1)[places] = outputs
        self._show(envs, flat, outputs)

    def _show(self, envs: Integers, flat: Integers, outputs: FloatArray) -> None:
        """Updates the features at the probes that were answered."""
        sums = self._sums.take(flat)
        defined = np.isfinite(outputs)
        undefined = ~defined
        if np.count_nonzero(undefined):
            sums.real += np.where(defined, outputs, 0.0)
            sums.imag += defined
        else:
            sums += outputs + 1j
        self._flat_sums[flat] = sums
        # The mean and, where there is noise, how far the answers are apart.
        squashed = np.empty((2 if self._any_noisy else 1, flat.size))
        squashed[0] = mean = filled(_mean(sums))
        if self._any_noisy:
            squashed[1] = self._spread(flat, outputs)
        magnitude = np.abs(mean)
        largest = self._largest.take(envs)
        shown = np.empty((4 + len(squashed), flat.size), dtype=np.float32)
        shown[0] = self._more_asked(flat)
        shown[1] = scaled_log(magnitude)
        # Where the mean is the largest from now on, this is its sign; the rest of the row is written below.
        shown[2] = mean / np.maximum(magnitude, largest)
        shown[3] = undefined if self._all_tabled else np.maximum(undefined, self._flat["undefined"].take(flat))
        shown[4:] = squash_finite(squashed)
        places = self._starts[: len(shown)] + flat
        self._all_features.block[places] = shown
        self._all_features.touch(places)
        larger = magnitude > largest
        if np.count_nonzero(larger):
            grown = envs[larger]
            self._largest[grown], self._top[grown] = magnitude[larger], flat[larger]
            self._scale(grown, magnitude[larger])
        # A mean that was the largest may have become smaller.
        at_top = flat == self._top.take(envs)
        if np.count_nonzero(at_top) and np.count_nonzero(smaller := at_top & (magnitude < largest)):
            shrunk = envs[smaller]
            magnitudes = np.abs(filled(_mean(self._sums[shrunk])))
            top = magnitudes.argmax(axis=1)
            largest = np.maximum(magnitudes[np.arange(shrunk.size), top], _LEAST)
            self._largest[shrunk], self._top[shrunk] = largest, self._rows[shrunk] + top
            self._scale(shrunk, largest)

    def _scale(self, envs: Integers, largest: FloatArray) -> None:
        """Writes whole rows of `relative`, of episodes with these largest magnitudes."""
        self._features["relative"][envs] = filled(_mean(self._sums[envs])) / largest[:, None]
        self._all_features.touch_rows("relative", self._count, envs)

    def _spread(self, flat: Integers, outputs: FloatArray) -> FloatArray:
        """Returns the distance of the least and the greatest answer of each probe; 0 where there is none."""
        ranges = self._ranges.take(flat)
        np.fmin(ranges.real, outputs, out=ranges.real)
        np.fmax(ranges.imag, outputs, out=ranges.imag)
        self._flat_ranges[flat] = ranges
        return np.maximum(ranges.imag - ranges.real, 0.0)


class ZoomAnswers(NumericAnswers):
    """The answers of N numeric functions to probes, and to inputs in the middle of gaps; see `ZoomTokens`."""

    names = (*NumericAnswers.names, "x", "gap")

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        self._gaps = Gaps(features.count, self._inputs)

    def askable(self) -> NDArray[np.bool_]:
        """Returns which queries are legal as far as the budget allows any, bool of shape `(N, queries)`."""
        bank = np.ones((len(self._table), self._inputs.size), dtype=np.bool_)
        return np.concatenate([bank, self._gaps.open()], axis=1)

    def refused(self, actions: Integers, queries: int) -> Integers:
        """Returns the episodes whose action is to halve a gap that can't be halved; see `BatchAnswers`."""
        halving = ((actions >= self._inputs.size) & (actions < queries)).nonzero()[0]
        return halving[~self._gaps.are_open(halving, actions[halving] - self._inputs.size)]

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        places, x = probes.copy(), self._inputs.take(np.minimum(probes, self._inputs.size - 1))
        halving = probes >= self._inputs.size
        if np.count_nonzero(halving):
            zoomed = envs[halving]
            places[halving] = self._gaps.free[zoomed]
            x[halving] = self._gaps.middles(zoomed, probes[halving] - self._inputs.size)
            self._tabulate_slots(zoomed, places[halving], x[halving])
        changed = self._gaps.add(envs, places, x)
        super().ask(envs, places)
        self._show_gaps(envs, places, changed)

    def _tabulate_slots(self, envs: Integers, slots: Integers, x: FloatArray) -> None:
        """Evaluates functions at the inputs of slots."""
        for place, (env, slot) in enumerate(zip(envs.tolist(), slots.tolist(), strict=True)):
            if self._tabled[env]:
                one = x[place : place + 1]
                self._table[env, slot] = self._functions[env].truth(one)[0]
                self._noise.place(env, slice(slot, slot + 1), one)

    def _show_gaps(self, envs: Integers, places: Integers, changed: Integers) -> None:
        """Updates the features of the inputs that were asked, and of the gaps beside them."""
        rows = self._rows.take(envs)
        flat = rows + places
        self._flat["x"][flat] = self._gaps.x.take(flat) / QUERY_RANGE[1]
        self._all_features.touch(flat + self._all_features.start("x"))
        flat = np.concatenate([flat, rows + changed])
        self._flat["gap"][flat] = gap_feature(self._gaps.width.take(flat))
        self._all_features.touch(flat + self._all_features.start("gap"))

    def _forget(self, envs: Integers) -> None:
        super()._forget(envs)
        self._gaps.clear(envs)
        self._features["x"][envs, : self._inputs.size] = self._inputs / QUERY_RANGE[1]

    def _input(self, env: int, place: int) -> float:
        return float(self._gaps.x[env, place])

    def _inputs_at(self, env: int, places: list[int]) -> FloatArray:
        return self._gaps.x[env, places]


def _mean(sums: NDArray[np.complex128]) -> FloatArray:
    """Returns the means of sums (real) and counts (imaginary), 0 where there is nothing."""
    return sums.real / np.maximum(sums.imag, 1.0)


class NumericReferee(Referee):
    """Fits the constants of many descriptions side by side; see `Referee`."""

    def programs(self, jobs: Sequence[JudgeJob]) -> list[Any]:
        """Returns the specs that descriptions stand for, None for those that have none."""
        assert isinstance(self.codec, NumericTokens)
        problems = [self.codec.problem(job.draft, *job.evidence) for job in jobs]
        return list(fit_skeletons(problems, effort=self.codec.effort))


class NumericVectorEnv(FINDVectorEnv):
    """N numeric functions at once; see `FINDVectorEnv` and, for the arguments, `NumericEnv`."""

    single = NumericEnv
    referee = NumericReferee

    def _make_answers(self) -> NumericAnswers:
        answers = ZoomAnswers if isinstance(self.codec, ZoomTokens) else NumericAnswers
        return answers(self.codec, self._env.examiner, self._features)
