"""What imitation learns from in functions of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import NumericFunction, NumericSpec
from find_gym.categories.numeric.gaps import gap_feature
from find_gym.categories.numeric.tokens import ZoomTokens, encode
from find_gym.categories.numeric.variants import NOISE_KINDS, draw_noise
from find_gym_agents.categories.numeric.teacher import ask_where_lines_fail, error_scale
from find_gym_agents.categories.numeric.zooming import ZoomTeacher, follow
from find_gym_agents.training.evidence import Evidence, Features, FloatArray, IntArray

_INSIDE_STD = 0.1


class NumericEvidence(Evidence):
    """Answers of numeric functions, with fresh noise at each query."""

    def __init__(self, env: gym.Env[Any, Any], specs: Sequence[NumericSpec]) -> None:
        super().__init__(env, specs)
        self._x = np.array(self.probes)
        self._functions = [NumericFunction(spec) for spec in specs]
        self._truth = np.array([function.truth(self._x) for function in self._functions])
        self._tolerance = error_scale(self._truth)
        self._inside = np.array([function.in_exception(self._x) for function in self._functions])
        self._noise = np.array([-1 if spec.noise is None else NOISE_KINDS.index(spec.noise.kind) for spec in specs])
        self._scale = np.array([0.0 if spec.noise is None else spec.noise.scale for spec in specs])
        self._first = 0

    def _teach(self, functions: IntArray, begun: IntArray, lengths: IntArray, rng: np.random.Generator) -> IntArray:
        return ask_where_lines_fail(self._truth[functions], self._tolerance[functions], self._x, begun, lengths, rng)

    def _noisy(
        self, functions: IntArray, y: FloatArray, inside: NDArray[np.bool_], rng: np.random.Generator
    ) -> FloatArray:
        """Adds noise to noise-free outputs."""
        kind, scale = self._noise[functions, None], self._scale[functions, None]
        draws = [draw_noise(name, scale, rng, y.shape) for name in NOISE_KINDS]
        noise = sum(np.where(kind == index, drawn, 0.0) for index, drawn in enumerate(draws))
        return y + np.where(inside, _INSIDE_STD * rng.standard_normal(y.shape), noise)

    def show(self, functions: IntArray, sequence: IntArray, counts: IntArray, rng: np.random.Generator) -> Features:
        """Returns the observations of the first `counts` answers, without what is written and the budget."""
        y = np.take_along_axis(self._truth[functions], sequence, axis=1)
        inside = np.take_along_axis(self._inside[functions], sequence, axis=1)
        return self._table(self._noisy(functions, y, inside, rng), sequence, counts, len(self.probes))

    def _table(self, answers: FloatArray, places: IntArray, counts: IntArray, size: int) -> Features:
        """Returns the features of the first `counts` answers of each row; places are those of tables of this size."""
        shown = np.arange(places.shape[1]) < counts[:, None]
        rows = np.broadcast_to(np.arange(len(places))[:, None], places.shape)
        asked, total, undefined = (np.zeros((len(places), size)) for _ in range(3))
        defined = shown & np.isfinite(answers)
        # A teacher asks each input once, so each place of the table has one answer.
        asked[rows[shown], places[shown]] = 1.0
        total[rows[defined], places[defined]] = answers[defined]
        missing = shown & ~defined
        undefined[rows[missing], places[missing]] = 1.0
        encoded = encode(total, asked - undefined, np.zeros_like(total), undefined)
        features = {"asked": asked * self._asked_once, **encoded}
        return {name: values.astype(np.float32) for name, values in features.items()}


class ZoomEvidence(NumericEvidence):
    """The same with the queries of `ZoomTokens`, which also halve gaps."""

    def __init__(self, env: gym.Env[Any, Any], specs: Sequence[NumericSpec]) -> None:
        super().__init__(env, specs)
        self._teacher = ZoomTeacher(self._x)
        self._fine_truth = np.array([function.truth(self._teacher.x) for function in self._functions])

    def demonstrate(self, functions: IntArray, length: int, rng: np.random.Generator) -> IntArray:
        """Returns the queries of the teacher; see `Evidence.demonstrate`."""
        truth = self._fine_truth[functions]
        return self._teacher.ask(truth, error_scale(truth), *self._begin(functions.size, length, rng), rng)

    def show(self, functions: IntArray, sequence: IntArray, counts: IntArray, rng: np.random.Generator) -> Features:
        """Returns the observations of the first `counts` answers, without what is written and the budget."""
        places, x, gaps = follow(self._x, sequence, counts)
        y, inside = np.zeros(x.shape), np.zeros(x.shape, dtype=np.bool_)
        for row, number in enumerate(functions.tolist()):
            y[row], inside[row] = self._functions[number].truth(x[row]), self._functions[number].in_exception(x[row])
        shown = self._table(self._noisy(functions, y, inside, rng), places, counts, gaps.width.shape[1])
        features = {"x": gaps.scaled(), "gap": gap_feature(gaps.width)}
        return shown | {name: values.astype(np.float32) for name, values in features.items()}


def numeric_evidence(env: gym.Env[Any, Any], specs: Sequence[NumericSpec]) -> NumericEvidence:
    """Returns what imitation learns from in a version of the environment."""
    zooms = isinstance(env.unwrapped.codec, ZoomTokens)  # type: ignore[attr-defined]
    return (ZoomEvidence if zooms else NumericEvidence)(env, specs)
