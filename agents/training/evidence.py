"""What imitation learns from: functions with their truth, shown as the environment shows them."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.variants import NOISE_KINDS
from find_gym.categories.table import CATEGORY_FUNCTIONS
from find_gym.functions import NumericSpec
from find_gym.interfaces.features import log_magnitude, squash
from find_gym_agents.training.categories import KINDS_OF_ANSWER, TrainingCategory
from find_gym_agents.training.teachers import ask_what_halves, ask_where_lines_fail, error_scale

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Features = dict[str, NDArray[np.float32]]

_KNOWN_FUNCTIONS = 256
_INSIDE_STD = 0.1
_NO_ANSWERS = ("asked", "written", "budget")


class Stock:
    """Functions whose truth is at hand: their tokens, and their answers at every probe.

    Args:
        env: an environment with the `tokens` interface, which shows how answers are encoded.
        category: its category.
        specs: the functions.

    Attributes:
        tokens: the tokens that describe each function.
    """

    def __init__(self, env: gym.Env[Any, Any], category: TrainingCategory, specs: list[Any]) -> None:
        self.category = category
        self.count = len(specs)
        self.tokens = [tuple(category.tokens_of(spec)) for spec in specs]
        self.probe_count = len(category.probes())
        observation, _ = env.reset(seed=0, options={"function": specs[0], "given": 1})
        self._asked_once = observation["asked"].max()

    def ask(self, functions: IntArray, length: int, rng: np.random.Generator) -> IntArray:
        """Returns what the teacher asks each of some functions, shape `(batch, length)`.

        Nothing is known before the first answer, so the first probe is the same for every function. Half of the rows
        begin instead with probes that are chosen at random, any number of them, so that the network also learns to go
        on from what the teacher would not have asked.
        """
        batch = functions.size
        begun = np.argsort(rng.random((batch, self.probe_count)), axis=1)[:, :length]
        lengths = rng.integers(0, length, batch, endpoint=True)
        regular = rng.random(batch) < 0.5
        begun[regular, :1] = self._first
        lengths[regular] = 1
        return self._teach(functions, begun, lengths, rng)

    def show(self, functions: IntArray, sequence: IntArray, counts: IntArray, rng: np.random.Generator) -> Features:
        """Returns the observations of the first `counts` answers, without what is written and the budget."""
        raise NotImplementedError

    def _teach(self, functions: IntArray, begun: IntArray, lengths: IntArray, rng: np.random.Generator) -> IntArray:
        raise NotImplementedError

    _first: int


class NumericStock(Stock):
    """Numeric functions: noise is drawn anew at each question."""

    def __init__(self, env: gym.Env[Any, Any], category: TrainingCategory, specs: list[NumericSpec]) -> None:
        super().__init__(env, category, specs)
        self._x = np.array(category.probes())
        functions = [CATEGORY_FUNCTIONS["numeric"].make(spec) for spec in specs]
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
        draws = {
            "normal": scale * rng.standard_normal(y.shape),
            "uniform": scale * rng.uniform(-1, 1, y.shape),
            "poisson": rng.poisson(np.broadcast_to(scale, y.shape)),
        }
        noise = sum(np.where(kind == index, draws[name], 0.0) for index, name in enumerate(NOISE_KINDS))
        return y + np.where(inside, _INSIDE_STD * rng.standard_normal(y.shape), noise)

    def show(self, functions: IntArray, sequence: IntArray, counts: IntArray, rng: np.random.Generator) -> Features:
        """Returns the observations of the first `counts` answers, without what is written and the budget."""
        answers = self._answer(functions, sequence, rng)
        shown = np.arange(sequence.shape[1]) < counts[:, None]
        rows = np.broadcast_to(np.arange(len(functions))[:, None], sequence.shape)
        asked, total, undefined = (np.zeros((len(functions), self.probe_count)) for _ in range(3))
        defined = shown & np.isfinite(answers)
        # A teacher asks each probe once, so each place of the table has one answer.
        asked[rows[shown], sequence[shown]] = 1.0
        total[rows[defined], sequence[defined]] = answers[defined]
        missing = shown & ~defined
        undefined[rows[missing], sequence[missing]] = 1.0
        answered = asked > undefined
        largest = np.abs(total).max(axis=1, keepdims=True)
        features = {
            "asked": asked * self._asked_once,
            "answer": squash(total),
            "relative": np.divide(total, largest, out=np.zeros_like(total), where=largest > 0),
            "magnitude": np.where(answered, log_magnitude(total), 0.0),
            "spread": np.zeros_like(total),
            "undefined": undefined,
        }
        return {name: values.astype(np.float32) for name, values in features.items()}


class TableStock(Stock):
    """Functions of strings or words: deterministic, so that their answers are known once and for all."""

    def __init__(self, env: gym.Env[Any, Any], category: TrainingCategory, specs: list[Any]) -> None:
        super().__init__(env, category, specs)
        assert category.kind_of_answer is not None
        probes = category.probes()
        self._kinds = np.zeros((self.count, self.probe_count), dtype=np.int8)
        self._interest = np.zeros((self.count, self.probe_count))
        rows: list[Features] = []
        for index, spec in enumerate(specs):
            observation, info = env.reset(options={"function": spec, "given": self.probe_count})
            answer_of = dict(zip(info["inputs"], info["outputs"], strict=True))
            answers = [answer_of[probe] for probe in probes]
            rows.append({name: values for name, values in observation.items() if name not in _NO_ANSWERS})
            self._kinds[index] = [category.kind_of_answer(*pair) for pair in zip(probes, answers, strict=True)]
            self._interest[index] = answers if category.name == "entities" else self._kinds[index] > 0
        shape = (self.count, self.probe_count, -1)
        self._tables = {name: np.stack([row[name] for row in rows]).reshape(shape) for name in rows[0]}
        reference = self._kinds[: min(_KNOWN_FUNCTIONS, self.count)]
        self._known = np.stack([reference == kind for kind in range(KINDS_OF_ANSWER)]).astype(np.float32)
        shares = self._known.mean(axis=1)
        self._first = int(np.sum(shares * np.log(np.maximum(shares, 1e-9)), axis=0).argmin())

    def _teach(self, functions: IntArray, begun: IntArray, lengths: IntArray, rng: np.random.Generator) -> IntArray:
        kinds, interest = self._kinds[functions], self._interest[functions]
        return ask_what_halves(kinds, self._known, interest, begun, lengths, rng)

    def show(self, functions: IntArray, sequence: IntArray, counts: IntArray, rng: np.random.Generator) -> Features:
        """Returns the observations of the first `counts` answers, without what is written and the budget."""
        shown = np.arange(sequence.shape[1]) < counts[:, None]
        rows = np.broadcast_to(np.arange(len(functions))[:, None], sequence.shape)
        asked = np.zeros((len(functions), self.probe_count), dtype=np.float32)
        asked[rows[shown], sequence[shown]] = 1.0
        features = {"asked": asked * self._asked_once}
        for name, table in self._tables.items():
            values = table[functions]
            features[name] = (values * asked[..., None]).reshape(len(functions), -1)
        return features
