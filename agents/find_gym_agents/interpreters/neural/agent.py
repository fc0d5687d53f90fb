"""The agent `neural`: asks what its network values most, proposes programs, checks them, and submits the best."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch as th

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.categories import agent_category
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.checkpoints import NETWORK, restore
from find_gym_agents.interpreters.neural.making import as_tensors
from find_gym_agents.interpreters.neural.network import InterpreterNetwork, Memory
from find_gym_agents.interpreters.neural.search import propose
from find_gym_agents.training.checkpoints import CheckpointError, load

PROPOSALS = 32


class NeuralAgent:
    """Interprets with a network.

    It asks the exemplars first, where it is shown some, and spends the rest of its budget on the queries that the query
    head values most, or the category's record, no probe twice. Then the program head proposes programs, whose constants
    are fitted to what the agent was answered. The one is submitted whose log-likelihood and, for most categories,
    log-probability by the network have the greatest sum: noise leaves several that explain the answers alike. It sees
    nothing but the infos' inputs, outputs and exemplars, and which queries are legal.

    Args:
        category: the category of functions.
        network: the network.
        codec: the interface `tokens` of the difficulty that it was trained for.
        max_queries: the greatest budget that it was trained with.
        proposals: the programs that are checked; with 1, the likeliest is submitted.
    """

    interface = "tokens"

    def __init__(
        self,
        category: str,
        network: InterpreterNetwork,
        codec: TokensInterface,
        max_queries: int,
        proposals: int = PROPOSALS,
    ) -> None:
        self.category, self.max_queries, self.network, self.codec = category, max_queries, network, codec
        self._record = neural_category(category)
        self._proposals = proposals
        self.reset(0)

    @classmethod
    def load(cls, checkpoint: str, proposals: int = PROPOSALS) -> NeuralAgent:
        """Makes the agent of a checkpoint.

        Raises:
            CheckpointError: there is no such file, or it is no checkpoint of a neural interpreter.
        """
        # A worker process evaluates one episode at a time: more threads would only wait for each other.
        th.set_num_threads(1)
        data = load(checkpoint)
        if NETWORK not in data:
            raise CheckpointError(f"expected the checkpoint of a neural interpreter, actual: {checkpoint!r}")
        network, legal = restore(data)
        return cls(data["category"], network, legal.codec, data["max_queries"], proposals)

    def reset(self, seed: int) -> None:
        """Forgets the last episode."""
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._exemplars: Sequence[Any] = ()
        self._writing: Iterator[int] | None = None

    def act(self, observation: Any, info: dict[str, Any]) -> int:
        """Returns the next query, or the next token of the description.

        Raises:
            CheckpointError: the budget is greater than the one that the network was trained with.
            RuntimeError: the environment refused the last action.
        """
        if info["message"]:
            raise RuntimeError(f"expected the environment to take the action, actual: {info['message']}")
        if not self._inputs and info["budget"] > self.max_queries:
            raise CheckpointError(
                f"expected max_queries <= {self.max_queries}, which the network was trained with, actual value: "
                f"{info['budget']}"
            )
        if self._writing is None:
            self._exemplars = info.get("exemplars", ())
            self._inputs += info["inputs"]
            self._outputs += info["outputs"]
            query = self._query(observation, info["budget"]) if info["budget"] > 0 else None
            if query is not None:
                return query
            self._writing = iter(self._describe())
        return self.codec.queries + next(self._writing)

    @th.no_grad()
    def _query(self, observation: Any, budget: int) -> int | None:
        """Returns the legal query that is valued most, no probe twice, after the opening; None for none."""
        probes = len(self.codec.probes)
        asked = self._places()
        exemplars = [self.codec.probes.index(word) for word in self._exemplars]
        opening = [*self._record.opening(self.codec, len(asked) + budget), *exemplars]
        if first := [place for place in opening if place not in asked]:
            return first[0]
        legal = self.codec.legal_queries(observation)
        # As the network numbers them: probes, then the gap below each pair.
        queries = list(range(probes))
        allowed = [bool(legal[probe]) and probe not in asked for probe in queries]
        if self.network.halving is not None:
            queries += [probes + place for place in asked]
            allowed += [
                bool(legal[query]) and width > self._record.narrowest
                for query, width in zip(queries[probes:], self._gaps(), strict=True)
            ]
        if not any(allowed):
            return None
        if self._record.value is None:
            values = self.network.value_queries(self._memory())[0]
        else:
            values = th.from_numpy(self._record.value(self._inputs, self._outputs))
        return queries[int(values.masked_fill(~th.tensor(allowed, device=values.device), -th.inf).argmax())]

    def _gaps(self) -> list[float]:
        """Returns how far each input is from the next smaller one; infinity where there is none."""
        smaller = [[value for value in self._inputs if value < own] for own in self._inputs]
        return [own - max(below, default=-math.inf) for own, below in zip(self._inputs, smaller, strict=True)]

    def _places(self) -> list[int]:
        """Returns the places of what was asked: those of probes, and slots in the order in which they are filled."""
        places: list[int] = []
        slots = itertools.count(len(self.codec.probes))
        for value in self._inputs:
            place = self.codec.probes.index(value) if value in self.codec.probes else next(slots)
            places.append(place)
        return places

    @th.no_grad()
    def _describe(self) -> tuple[int, ...]:
        """Returns the tokens of the likeliest of the proposals, by the evidence."""
        found = propose(self.network, self._memory(), self.codec.new_draft(), self._proposals)
        programs = [proposal.draft.tokens for proposal in found]
        if len(programs) == 1:
            return tuple(programs[0])
        checker = agent_category(self.category).make_checker(self.codec)
        evidence = list(zip(self._inputs, self._outputs, strict=True))
        priors = [self._record.belief * proposal.log_probability for proposal in found]
        return checker.best(programs, evidence, priors).tokens

    def _memory(self) -> Memory:
        features = as_tensors(self._record.encode(self._inputs, self._outputs), self.network.device)
        present = th.ones(1, 1, len(self._inputs), dtype=th.bool, device=self.network.device)
        return self.network.read({name: values[None] for name, values in features.items()}, present)
