"""Rollouts: a network asks functions, writes programs, and is told what they earn in the environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import torch as th
from numpy.typing import NDArray

from find_gym.core.registry import category_named
from find_gym.envs.vector.automaton import Automaton
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.envs.vector.referee import JudgeJob
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.making import ask, gathered
from find_gym_agents.interpreters.neural.network import InterpreterNetwork, Memory
from find_gym_agents.training.reinforce.config import ReinforceConfig
from find_gym_agents.training.supervised.learning import Material
from find_gym_agents.training.supervised.transcripts import Truth

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Sequences:
    """Sequences of queries, equally many to each function, one after the other.

    Attributes:
        functions: the row of the function of each, shape `(sequences,)`.
        places: the places of what was asked, shape `(sequences, budget)`.
        queries: the same as the query head numbers it, shape `(sequences, budget)`.
        features: those of the pairs that were asked, in this order, each of shape `(sequences, budget, ...)`.
    """

    functions: th.Tensor
    places: th.Tensor
    queries: th.Tensor
    features: dict[str, th.Tensor]

    def read(self, network: InterpreterNetwork) -> Memory:
        """Returns each sequence as the heads see it."""
        present = th.ones(len(self.places), 1, self.places.shape[1], dtype=th.bool, device=self.places.device)
        return network.read(self.features, present)


@dataclass(frozen=True)
class Programs:
    """Programs, equally many for each sequence; those that were written several times for one stand here once.

    Attributes:
        sequences: the number of sequences.
        sets: the sequence of each program, shape `(programs,)`.
        tokens: the programs, -1 after their ends, shape `(programs, length)`.
        legal: which tokens the grammar allowed, bool of shape `(programs, length, tokens)`.
        shares: each program's share of those of its sequence, shape `(programs,)`.
        skills: the reward of the environment, shape `(programs,)`.
        claims: the exceptions that programs claim, shape `(programs,)`.
    """

    sequences: int
    sets: th.Tensor
    tokens: th.Tensor
    legal: th.Tensor
    shares: th.Tensor
    skills: th.Tensor
    claims: th.Tensor

    def mean(self, values: th.Tensor) -> th.Tensor:
        """Returns the mean over the programs of each sequence, shape `(sequences,)`.

        Args:
            values: one for each program.
        """
        return values.new_zeros(self.sequences).index_add(0, self.sets, self.shares * values)


class Player:
    """Makes rollouts.

    Args:
        config: the configuration of the training.
    """

    def __init__(self, config: ReinforceConfig) -> None:
        self._config = config
        self._record = neural_category(config.category)
        env = gym.make_vec(
            config.env,
            num_envs=1,
            vectorization_mode="vector_entry_point",
            difficulty=config.difficulty,
            max_queries=config.budget,
            workers=config.env_worker_count,
        ).unwrapped
        assert isinstance(env, FINDVectorEnv)
        self._env, self._codec = env, env.codec
        self._automaton = Automaton(self._codec)
        self._opening = self._record.opening(self._codec, config.budget)
        self._claims = np.array([self._record.claims(token) for token in self._codec.tokens])

    def close(self) -> None:
        """Ends the processes that score."""
        self._env.close()

    @th.no_grad()
    def ask(self, network: InterpreterNetwork, material: Material, rows: IntArray) -> Sequences:
        """Asks some functions: what the query head draws or, where it does not decide, what the transcripts ask.

        Args:
            network: the network.
            material: transcripts.
            rows: the functions.
        """
        functions = th.from_numpy(rows).to(network.device)
        if self._record.asks_by_head:
            functions = functions.repeat_interleave(self._config.sequences)
        features = {name: values[functions] for name, values in material.features.items()}
        places, queries = material.places[functions], material.queries[functions]
        if self._record.asks_by_head:
            places = ask(network, features, places.shape[1], self._opening, self._config.query_temperature)
            queries = places
        return Sequences(functions, places, queries, gathered(features, places))

    @th.no_grad()
    def write(self, network: InterpreterNetwork, sequences: Sequences, truths: Sequence[Truth]) -> Programs:
        """Draws programs for each sequence, which the environment judges by the evidence of that sequence.

        Args:
            network: the network.
            sequences: what was asked.
            truths: the functions of all rows.
        """
        written = self._write(network, sequences.read(network))
        rows, places = sequences.functions.tolist(), sequences.places.tolist()
        asked = [(truths[row], tuple(each)) for row, each in zip(rows, places, strict=True)]
        claims = (self._claims[written[1]] & (written[1] >= 0)).sum(1).astype(np.float32)
        arrays = (*written, self._judge(asked, *written[:2]), claims)
        return Programs(len(rows), *(th.from_numpy(each).to(network.device) for each in arrays))

    def _write(self, network: InterpreterNetwork, memory: Memory) -> tuple[NDArray[Any], ...]:
        """Draws programs for each set; returns their sets, tokens, legal tokens and shares, without repetitions."""
        codec, automaton, each = self._codec, self._automaton, self._config.programs
        count, size = each * len(memory.vectors), len(codec.tokens)
        tokens = np.full((count, codec.max_tokens), -1, dtype=np.int64)
        legal = np.zeros((count, codec.max_tokens, size), dtype=np.bool_)
        used = np.zeros((count, size), dtype=np.bool_)
        states = np.full(count, automaton.first)
        writing = np.arange(count)
        for step in range(codec.max_tokens):
            legal[writing, step] = automaton.allowed[states[writing]] & ~used[writing]
            written = th.from_numpy(tokens[writing, :step]).to(network.device)
            logits = network.write(memory.at(th.from_numpy(writing // each).to(network.device)), written)[:, -1]
            allowed = th.from_numpy(legal[writing, step]).to(network.device)
            probabilities = logits.float().masked_fill(~allowed, -th.inf).softmax(1)
            drawn = th.multinomial(probabilities, 1)[:, 0].cpu().numpy()
            lengths = np.full(len(writing), step)
            states[writing] = automaton.follow(states[writing], drawn, tokens[writing], lengths)
            tokens[writing, step] = drawn
            once = drawn >= codec.once
            used[writing[once], drawn[once]] = True
            writing = writing[~automaton.complete[states[writing]]]
            if not writing.size:
                break
        keys = np.concatenate([np.arange(count)[:, None] // each, tokens], axis=1)
        _, first, times = np.unique(keys, axis=0, return_index=True, return_counts=True)
        longest = step + 1
        shares = (times / each).astype(np.float32)
        return keys[first, 0], tokens[first, :longest], legal[first, :longest], shares

    def _judge(
        self, asked: Sequence[tuple[Truth, tuple[int, ...]]], sets: IntArray, tokens: IntArray
    ) -> NDArray[np.float32]:
        """Returns what the environment gives for programs, each judged by the evidence of its sequence."""
        make = category_named(self._config.category).make
        made = {id(truth): make(truth.spec) for truth, _ in asked}
        jobs: dict[Any, JudgeJob] = {}
        keys = []
        for number, written in zip(sets.tolist(), tokens.tolist(), strict=True):
            truth, places = asked[number]
            keys.append((id(truth), places, *written))
            if keys[-1] in jobs:
                continue
            draft = self._codec.new_draft()
            for token in written:
                if token >= 0:
                    draft.append(token)
            evidence = [truth.inputs[place] for place in places], [truth.outputs[place] for place in places]
            jobs[keys[-1]] = JudgeJob(draft, evidence, made[id(truth)])
        scores = dict(zip(jobs, self._env.judge(list(jobs.values())), strict=True))
        return np.array([self._env.rules.earned(scores[key][0]) for key in keys], dtype=np.float32)
