"""What imitation learns from: the answers of known functions, encoded as the environment encodes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Features = dict[str, NDArray[np.float32]]

KINDS_OF_ANSWER = 8
# Functions that the teacher of `TableEvidence` compares answers with.
_KNOWN_FUNCTIONS = 256
# Entries of observations that are no answers; "x" and "gap" tell where inputs of halved gaps are.
NOT_ANSWERS = ("asked", "written", "budget", "x", "gap")


class Evidence:
    """The answers of functions whose truth is known, at every probe, and a teacher that chooses among the probes.

    Args:
        env: an environment with the interface `tokens`, which shows how answers are encoded.
        specs: the functions.

    Attributes:
        count: the number of functions.
        probes: the bank.
    """

    def __init__(self, env: gym.Env[Any, Any], specs: Sequence[Any]) -> None:
        self.count = len(specs)
        self.probes = env.unwrapped.codec.probes  # type: ignore[attr-defined]
        observation, _ = env.reset(seed=0, options={"function": specs[0], "given": 1})
        self._asked_once = observation["asked"].max()

    def ask(self, functions: IntArray, length: int, rng: np.random.Generator) -> IntArray:
        """Returns what the teacher asks each of some functions, shape `(batch, length)`.

        Nothing is known before the first answer, so the first probe is the same for every function. Half of the rows
        begin instead with probes that are chosen at random, any number of them, so that the network also learns to go
        on from what the teacher would not have asked.
        """
        return self._teach(functions, *self._begin(functions.size, length, rng), rng)

    def demonstrate(self, functions: IntArray, length: int, rng: np.random.Generator) -> IntArray:
        """Returns the queries of the teacher, as actions, shape `(batch, length)`; by default the probes of `ask`."""
        return self.ask(functions, length, rng)

    def _begin(self, batch: int, length: int, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
        """Draws the probes with which rows begin, `(batch, length)`, and how many those are, `(batch,)`."""
        begun = np.argsort(rng.random((batch, len(self.probes))), axis=1)[:, :length]
        lengths = rng.integers(0, length, batch, endpoint=True)
        regular = rng.random(batch) < 0.5
        begun[regular, :1] = self._first
        lengths[regular] = 1
        return begun, lengths

    def show(self, functions: IntArray, sequence: IntArray, counts: IntArray, rng: np.random.Generator) -> Features:
        """Returns the observations of the first `counts` answers, without what is written and the budget."""
        raise NotImplementedError

    def _teach(self, functions: IntArray, begun: IntArray, lengths: IntArray, rng: np.random.Generator) -> IntArray:
        raise NotImplementedError

    _first: int


class TableEvidence(Evidence):
    """Answers of deterministic functions, in tables over the probes.

    Args:
        env: an environment with the interface `tokens`.
        specs: the functions.
        kind_of_answer: maps a probe and its answer to one of `KINDS_OF_ANSWER` kinds, which the teacher tells apart.
        interest: maps a probe and its answer to how much that answer tells about the function; by default 1 for kinds
            other than 0.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        specs: Sequence[Any],
        kind_of_answer: Callable[[Any, Any], int],
        interest: Callable[[Any, Any], float] | None = None,
    ) -> None:
        super().__init__(env, specs)
        probes = self.probes
        self._kinds = np.zeros((self.count, len(probes)), dtype=np.int8)
        self._interest = np.zeros((self.count, len(probes)))
        rows: list[Features] = []
        for index, spec in enumerate(specs):
            observation, info = env.reset(options={"function": spec, "given": len(self.probes)})
            answer_of = dict(zip(info["inputs"], info["outputs"], strict=True))
            answers = [answer_of[probe] for probe in probes]
            rows.append({name: values for name, values in observation.items() if name not in NOT_ANSWERS})
            pairs = list(zip(probes, answers, strict=True))
            self._kinds[index] = [kind_of_answer(*pair) for pair in pairs]
            self._interest[index] = self._kinds[index] > 0 if interest is None else [interest(*pair) for pair in pairs]
        shape = (self.count, len(probes), -1)
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
        asked = np.zeros((len(functions), len(self.probes)), dtype=np.float32)
        asked[rows[shown], sequence[shown]] = 1.0
        features = {"asked": asked * self._asked_once}
        for name, table in self._tables.items():
            values = table[functions]
            features[name] = (values * asked[..., None]).reshape(len(functions), -1)
        return features


def table_evidence(
    kind_of_answer: Callable[[Any, Any], int], interest: Callable[[Any, Any], float] | None = None
) -> Callable[[gym.Env[Any, Any], Sequence[Any]], TableEvidence]:
    """Returns what makes a `TableEvidence` with these arguments."""
    return partial(TableEvidence, kind_of_answer=kind_of_answer, interest=interest)


def ask_what_halves(
    kinds: NDArray[np.int8],
    known: NDArray[np.float32],
    interest: FloatArray,
    begun: IntArray,
    lengths: IntArray,
    rng: np.random.Generator,
) -> IntArray:
    """Asks deterministic functions what best splits the known functions that are still possible.

    Where at most one known function agrees with all answers so far, it asks what is of most interest.

    Args:
        kinds: the kind of answer of each function at each probe, shape `(batch, probes)`.
        known: for each known function and each kind, whether its answers are of that kind, 0 or 1, shape `(kinds,
            known, probes)`.
        interest: how much the answer of each probe tells about the function itself, shape `(batch, probes)`.
        begun: probes that are asked in any case, different ones in a row, shape `(batch, steps)`.
        lengths: how many of those, before the teacher begins, shape `(batch,)`.
        rng: breaks ties.

    Returns:
        The probes asked, different ones in a row, int64 of shape `(batch, steps)`.
    """
    batch, steps = begun.shape
    possible = np.ones((batch, known.shape[1]), dtype=np.float32)
    asked = np.zeros(kinds.shape, dtype=np.bool_)
    sequence = np.zeros(begun.shape, dtype=np.int64)
    rows = np.arange(batch)
    for step in range(steps):
        count = possible.sum(axis=1, keepdims=True)
        shares = np.stack([possible @ members for members in known]) / np.maximum(count, 1.0)
        surprise = -np.sum(shares * np.log(np.maximum(shares, 1e-9)), axis=0)
        worth = np.where(count > 1, surprise, interest) + 0.02 * rng.random(kinds.shape)
        worth[asked] = -1.0
        chosen = np.where(step < lengths, begun[:, step], worth.argmax(axis=1))
        sequence[:, step] = chosen
        asked[rows, chosen] = True
        possible *= known[kinds[rows, chosen], :, chosen]
    return sequence
