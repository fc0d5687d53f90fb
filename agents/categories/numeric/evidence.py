"""What imitation learns from in functions of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from find_gym.categories.numeric.function import NumericFunction, NumericSpec
from find_gym.categories.numeric.tokens import encode
from find_gym.categories.numeric.variants import NOISE_KINDS, draw_noise
from find_gym_agents.categories.numeric.teacher import ask_where_lines_fail, error_scale
from find_gym_agents.training.evidence import Evidence, Features, FloatArray, IntArray

_INSIDE_STD = 0.1


class NumericEvidence(Evidence):
    """Answers of numeric functions, with fresh noise at each query."""

    def __init__(self, env: gym.Env[Any, Any], specs: Sequence[NumericSpec]) -> None:
        super().__init__(env, specs)
        self._x = np.array(self.probes)
        functions = [NumericFunction(spec) for spec in specs]
        self._truth = np.array([function.truth(self._x) for function in functions])
        self._tolerance = error_scale(self._truth)
        self._inside = np.array([function.in_exception(self._x) for function in functions])
        self._noise = np.array([-1 if spec.noise is None else NOISE_KINDS.index(spec.noise.kind) for spec in specs])
        self._scale = np.array([0.0 if spec.noise is None else spec.noise.scale for spec in specs])
        self._first = 0

    def _teach(self, functions: IntArray, begun: IntArray, lengths: IntArray, rng: np.random.Generator) -> IntArray:
        return ask_where_lines_fail(self._truth[functions], self._tolerance[functions], self._x, begun, lengths, rng)

    def _answer(self, functions: IntArray, sequence: IntArray, rng: np.random.Generator) -> FloatArray:
        y = np.take_along_axis(self._truth[functions], sequence, axis=1)
        inside = np.take_along_axis(self._inside[functions], sequence, axis=1)
        kind, scale = self._noise[functions, None], self._scale[functions, None]
        draws = [draw_noise(name, scale, rng, y.shape) for name in NOISE_KINDS]
        noise = sum(np.where(kind == index, drawn, 0.0) for index, drawn in enumerate(draws))
        return y + np.where(inside, _INSIDE_STD * rng.standard_normal(y.shape), noise)

    def show(self, functions: IntArray, sequence: IntArray, counts: IntArray, rng: np.random.Generator) -> Features:
        """Returns the observations of the first `counts` answers, without what is written and the budget."""
        answers = self._answer(functions, sequence, rng)
        shown = np.arange(sequence.shape[1]) < counts[:, None]
        rows = np.broadcast_to(np.arange(len(functions))[:, None], sequence.shape)
        asked, total, undefined = (np.zeros((len(functions), len(self.probes))) for _ in range(3))
        defined = shown & np.isfinite(answers)
        # A teacher asks each probe once, so each place of the table has one answer.
        asked[rows[shown], sequence[shown]] = 1.0
        total[rows[defined], sequence[defined]] = answers[defined]
        missing = shown & ~defined
        undefined[rows[missing], sequence[missing]] = 1.0
        encoded = encode(total, asked - undefined, np.zeros_like(total), undefined)
        features = {"asked": asked * self._asked_once, **encoded}
        return {name: values.astype(np.float32) for name, values in features.items()}
