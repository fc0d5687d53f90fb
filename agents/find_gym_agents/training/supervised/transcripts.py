"""Transcripts whose truth is known: sampled functions, their answers to the whole bank, their programs."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from multiprocessing import get_context
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from find_gym.core.registry import category_named, category_of, version_of
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.category import Features, IntArray, NeuralCategory, neural_category
from find_gym_agents.interpreters.policies.legal import LegalActions
from find_gym_agents.runs.processes import end_with

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


class Truth(NamedTuple):
    """A function, and what it answered.

    Attributes:
        spec: what defines it.
        inputs: the inputs at each place.
        outputs: its outputs for them.
    """

    spec: Any
    inputs: Sequence[Any]
    outputs: Sequence[Any]


@dataclass(frozen=True)
class Transcripts:
    """What functions answer, and what they are.

    Attributes:
        features: the features of the pairs of each function and each place, the inputs of the bank and those in slots,
            each of shape `(functions, places, ...)`.
        programs: the tokens of the programs, -1 after their ends, shape `(functions, max_tokens)`.
        legal: which tokens the grammar allows at each place of them, bool of shape `(functions, max_tokens, tokens)`.
        places: the places of what is asked, in this order, shape `(functions, budget)`.
        queries: what is asked, as the query head numbers it: probes by their places in the bank; after them gaps, by
            the step in which the input above was asked; shape `(functions, budget)`.
        taught: from which of these queries on they are those of a teacher, shape `(functions,)`; the budget for none.
        truths: the functions.
    """

    features: Features
    programs: IntArray
    legal: NDArray[np.bool_]
    places: IntArray
    queries: IntArray
    taught: IntArray
    truths: Sequence[Truth]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Returns the transcripts of several together."""
        names = ("programs", "legal", "places", "queries", "taught")
        others = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        features = {name: np.concatenate([part.features[name] for part in parts]) for name in parts[0].features}
        return cls(features, **others, truths=[truth for part in parts for truth in part.truths])

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
    programs = np.full((count, codec.max_tokens), -1, dtype=np.int64)
    legal = np.zeros((count, codec.max_tokens, len(codec.tokens)), dtype=np.bool_)
    for row, spec in enumerate(specs):
        draft = codec.new_draft()
        for place, word in enumerate(record.words_of(spec)):
            legal[row, place] = draft.legal()
            programs[row, place] = codec.tokens.index(word)
            draft.write(programs[row, place])
    queries, taught = _asked(functions, source, codec, rng)
    places, inputs = queries, [tuple(codec.probes)] * count
    if codec.has_slots:
        assert record.follow is not None
        places, slots = record.follow(codec, queries)
        inputs = [(*codec.probes, *row) for row in slots.tolist()]
        queries = _by_steps(queries, places, len(codec.probes))
    answers = [record.answers(*pair, rng) for pair in zip(functions, inputs, strict=True)]
    encoded = record.encode(list(chain(*inputs)), list(chain(*answers)))
    features = {name: values.reshape(count, -1, *values.shape[1:]) for name, values in encoded.items()}
    truths = [Truth(*each) for each in zip(specs, inputs, answers, strict=True)]
    return Transcripts(features, programs, legal, places, queries, taught, truths)


def _asked(
    functions: Sequence[Any], source: Source, codec: TokensInterface, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Returns what is asked of each function, queries of the interface, and where the teacher begins."""
    count, length, record = len(functions), min(source.budget, len(codec.probes)), source.category
    queries = np.argsort(rng.random((count, len(codec.probes))), axis=1)[:, :length]
    if record.demonstrate is None:
        return queries, np.full(count, length)
    # The teacher goes on from random probes, any number of them, or from the opening of any budget.
    taught = rng.integers(0, length, count)
    for row in np.flatnonzero(rng.random(count) < 0.5):
        opening = record.opening(codec, int(rng.integers(1, length + 1)))
        queries[row, : len(opening)] = opening
        taught[row] = len(opening)
    return record.demonstrate(functions, codec, queries, taught, rng), taught


def _by_steps(queries: IntArray, places: IntArray, probes: int) -> IntArray:
    """Returns queries with gaps numbered by the step in which the input above was asked, in place of its place."""
    steps = np.zeros((len(queries), places.max() + 1), dtype=np.int64)
    np.put_along_axis(steps, places, np.arange(queries.shape[1])[None], 1)
    return np.where(queries < probes, queries, probes + np.take_along_axis(steps, np.maximum(queries - probes, 0), 1))


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
        self._pool = ProcessPoolExecutor(workers, get_context("spawn"), end_with, (os.getpid(),)) if workers else None
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
