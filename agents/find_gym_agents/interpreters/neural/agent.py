"""The agent `neural`: asks what its network values most, proposes programs, checks them, and submits the best."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch as th
from numpy.typing import NDArray

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.categories import agent_category
from find_gym_agents.categories.checking import Checked, Checker, Evidence
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.checkpoints import NETWORK, restore
from find_gym_agents.interpreters.neural.making import as_tensors
from find_gym_agents.interpreters.neural.network import InterpreterNetwork, Memory
from find_gym_agents.interpreters.neural.search import propose
from find_gym_agents.training.checkpoints import CheckpointError, load

PROPOSALS = 32
# Proposals that are told apart by further queries.
_RIVALS = 8


class NeuralAgent:
    """Interprets with a network.

    It asks the exemplars first, where it is shown some, and spends the rest of its budget on the queries that tell its
    proposals apart, where the category's record says how, or else on those that the query head values most, or the
    record, no probe twice. Then the program head proposes programs, whose constants are fitted to what the agent was
    answered. The one is submitted whose log-likelihood and, for most categories, log-probability by the network have
    the greatest sum: noise leaves several that explain the answers alike. It sees nothing but the infos' inputs,
    outputs and exemplars, and which queries are legal.

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
        self._rivals: list[Checked] = []

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
        queries, positions = list(range(probes)), list(self.codec.probes)
        allowed = [bool(legal[probe]) and probe not in asked for probe in queries]
        if self.network.halving is not None:
            gaps = self._gaps()
            queries += [probes + place for place in asked]
            positions += [own - gap / 2 for own, gap in zip(self._inputs, gaps, strict=True)]
            allowed += [
                bool(legal[query]) and gap > self._record.narrowest
                for query, gap in zip(queries[probes:], gaps, strict=True)
            ]
        if not any(allowed):
            return None
        told = np.where(allowed, self._told_apart(positions), 0.0)
        values = told if told.any() else np.where(allowed, self._valued(), -np.inf)
        return queries[int(values.argmax())]

    def _told_apart(self, positions: Sequence[Any]) -> NDArray[np.float64]:
        """Returns how much queries of some inputs tell the likeliest proposals apart; 0 where no record says."""
        told = np.zeros(len(positions))
        if self._record.tell_apart is None or self._proposals == 1:
            return told
        checker, evidence = self._checker(), self._evidence()
        if self._rivals:
            told = self._record.tell_apart(self._rivals, self.codec, evidence, positions)
        # They are fitted anew only where the last answers refute the best, or nothing is left to be told.
        if not told.any():
            proposed = zip(*self._propose(min(_RIVALS, self._proposals)), strict=True)
            self._rivals = [checker.fit(program, evidence).with_prior(prior) for program, prior in proposed]
            told = self._record.tell_apart(self._rivals, self.codec, evidence, positions)
        return told

    def _valued(self) -> NDArray[np.float32]:
        """Returns how much each query is worth, as the network or the record has it."""
        if self._record.value is not None:
            return self._record.value(self._inputs, self._outputs)
        return self.network.value_queries(self._memory())[0].cpu().numpy()

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

    def _describe(self) -> Sequence[int]:
        """Returns the tokens of the likeliest of the proposals, by the evidence."""
        programs, priors = self._propose(self._proposals)
        if len(programs) == 1:
            return programs[0]
        return self._checker().best(programs, self._evidence(), priors).tokens

    @th.no_grad()
    def _propose(self, count: int) -> tuple[list[tuple[int, ...]], list[float]]:
        """Returns the likeliest programs by the network, and what that adds to the log-likelihood of each."""
        found = propose(self.network, self._memory(), self.codec.new_draft(), count)
        priors = [self._record.belief * proposal.log_probability for proposal in found]
        return [tuple(proposal.draft.tokens) for proposal in found], priors

    def _checker(self) -> Checker:
        return agent_category(self.category).make_checker(self.codec)

    def _evidence(self) -> Evidence:
        return list(zip(self._inputs, self._outputs, strict=True))

    def _memory(self) -> Memory:
        features = as_tensors(self._record.encode(self._inputs, self._outputs), self.network.device)
        present = th.ones(1, 1, len(self._inputs), dtype=th.bool, device=self.network.device)
        return self.network.read({name: values[None] for name, values in features.items()}, present)
