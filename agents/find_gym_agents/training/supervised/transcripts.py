"""Transcripts whose truth is known: sampled functions, their answers to the whole bank, their programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from find_gym.core.registry import category_named, category_of, version_of
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.category import Features, IntArray, NeuralCategory, neural_category
from find_gym_agents.interpreters.policies.legal import LegalActions

# Functions that one call of a worker samples.
_PIECE = 256
# Pieces that the workers are ahead.
_AHEAD = 2


@dataclass(frozen=True)
class Source:
    """Where functions are sampled from.

    Attributes:
        env: the environment's id.
        difficulty: a name, or a mapping as JSON-serialisable data.
        budget: the queries of a transcript.
        split: the split.
    """

    env: str
    difficulty: Any
    budget: int
    split: str = "train"

    @property
    def category(self) -> NeuralCategory:
        """What neural interpreters need to know about the category."""
        return neural_category(category_of(self.env))


@dataclass(frozen=True)
class Transcripts:
    """What functions answer, and what they are.

    Attributes:
        features: the features of the pairs of each function and each input of the bank, each of shape
            `(functions, bank, ...)`.
        programs: the tokens of the programs, -1 after their ends, shape `(functions, max_tokens)`.
        legal: which tokens the grammar allows at each place of them, bool of shape `(functions, max_tokens, tokens)`.
        queries: the places in the bank of what is asked, in this order, shape `(functions, budget)`.
        taught: from which of these queries on they are those of a teacher, shape `(functions,)`; the budget for none.
    """

    features: Features
    programs: IntArray
    legal: NDArray[np.bool_]
    queries: IntArray
    taught: IntArray

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Returns the transcripts of several together."""
        names = ("programs", "legal", "queries", "taught")
        others = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        features = {name: np.concatenate([part.features[name] for part in parts]) for name in parts[0].features}
        return cls(features, **others)

    @property
    def count(self) -> int:
        """The number of functions."""
        return len(self.programs)


def transcribe(source: Source, count: int, seed: Sequence[int]) -> Transcripts:
    """Samples functions and transcribes them; the same seed gives the same transcripts.

    What is asked is random; where the category has a teacher, half of it is the teacher's.
    """
    rng = np.random.default_rng(list(seed))
    record, codec = source.category, _codec(source.env, json.dumps(source.difficulty))
    functions_of, version = category_named(category_of(source.env)), version_of(source.env)
    specs = [
        functions_of.sample(rng, split=source.split, difficulty=source.difficulty, version=version)
        for _ in range(count)
    ]
    functions = [functions_of.make(spec) for spec in specs]
    bank = codec.probes
    answers = [answer for function in functions for answer in record.answers(function, bank, rng)]
    programs = np.full((count, codec.max_tokens), -1, dtype=np.int64)
    legal = np.zeros((count, codec.max_tokens, len(codec.tokens)), dtype=np.bool_)
    for row, spec in enumerate(specs):
        draft = codec.new_draft()
        for place, word in enumerate(record.words_of(spec)):
            legal[row, place] = draft.legal()
            programs[row, place] = codec.tokens.index(word)
            draft.write(programs[row, place])
    length = min(source.budget, len(bank))
    queries = np.argsort(rng.random((count, len(bank))), axis=1)[:, :length]
    taught = np.full(count, length)
    if record.demonstrate is not None:
        # The teacher goes on from random queries, any number of them.
        taught = np.where(rng.random(count) < 0.5, 0, rng.integers(0, length, count))
        queries = record.demonstrate(functions, bank, queries, taught, rng)
    encoded = record.encode(bank * count, answers)
    features = {name: values.reshape(count, len(bank), *values.shape[1:]) for name, values in encoded.items()}
    return Transcripts(features, programs, legal, queries, taught)


@cache
def _codec(env: str, difficulty: str) -> TokensInterface:
    return LegalActions(env, json.loads(difficulty)).codec


class Supply:
    """Transcripts, segment by segment, made by processes ahead of their use.

    Args:
        source: where functions come from.
        count: the functions of a segment.
        seed: the run's seed. A segment depends on it and on its own number alone.
        workers: the processes; 0 to make them in this one, when they are needed.
    """

    def __init__(self, source: Source, count: int, seed: int, workers: int) -> None:
        self._source, self._seed = source, seed
        self._pieces = [min(_PIECE, count - start) for start in range(0, count, _PIECE)]
        self._pool = ProcessPoolExecutor(workers, get_context("spawn")) if workers else None
        self._begun: dict[int, list[Future[Transcripts]]] = {}

    def segment(self, number: int) -> Transcripts:
        """Returns the transcripts of a segment."""
        tasks = [(self._source, size, (self._seed, number, part)) for part, size in enumerate(self._pieces)]
        if self._pool is None:
            return Transcripts.joined([transcribe(*task) for task in tasks])
        for later in range(number, number + _AHEAD + 1):
            if later not in self._begun:
                pieces = enumerate(self._pieces)
                self._begun[later] = [
                    self._pool.submit(transcribe, self._source, size, (self._seed, later, part))
                    for part, size in pieces
                ]
        return Transcripts.joined([future.result() for future in self._begun.pop(number)])

    def close(self) -> None:
        """Ends the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
