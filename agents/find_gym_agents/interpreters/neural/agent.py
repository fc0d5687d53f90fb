"""The agent `neural`: asks what its network values most, proposes programs, checks them, and submits the best."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch as th
from numpy.typing import NDArray

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.categories import agent_category
from find_gym_agents.categories.checking import Checked, Checker, Evidence
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.checkpoints import load_interpreter, restore
from find_gym_agents.interpreters.neural.network import InterpreterNetwork, inference
from find_gym_agents.interpreters.neural.pairs import Pairs
from find_gym_agents.interpreters.neural.search import propose
from find_gym_agents.training.checkpoints import CheckpointError

PROPOSALS = 32
# Proposals that are told apart by further queries.
_RIVALS = 8
# After so many answers more proposals are made again, where the last ones did not explain what there was.
_PATIENCE = 3


class Asked(NamedTuple):
    """A query.

    Attributes:
        query: its number in the interface `tokens`.
        value: the input that it asks.
    """

    query: int
    value: Any


class NeuralAgent:
    """Interprets with a network.

    It asks the exemplars first, where it is shown some, and spends the rest of its budget on the queries that tell its
    proposals apart, where the category's record says how, or else on those that the query head values most, or the
    record, no probe twice but where the record says that it is worth it. Then the program head proposes programs, whose
    constants are fitted to what the agent was answered. The one is submitted whose log-likelihood and, for most
    categories, log-probability by the network have the greatest sum: noise leaves several that explain the answers
    alike. It sees nothing but the infos' inputs, outputs and exemplars, and which queries are legal.

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
        self._checker: Checker = agent_category(category).make_checker(codec)
        self._proposals = proposals
        self.reset(0)

    @classmethod
    def load(cls, checkpoint: str, proposals: int = PROPOSALS) -> Self:
        """Makes the agent of a checkpoint.

        Raises:
            CheckpointError: there is no such file, or it is no checkpoint of a neural interpreter.
        """
        # A worker process evaluates one episode at a time: more threads would only wait for each other.
        th.set_num_threads(1)
        data = load_interpreter(checkpoint)
        network, legal = restore(data)
        return cls(data["category"], network, legal.codec, data["max_queries"], proposals)

    def reset(self, seed: int) -> None:
        """Forgets the last episode."""
        self._pairs = Pairs(self.network, self._record, self.codec)
        # What is asked first, where that has been decided.
        self._opening: list[int] | None = None
        self._exemplars: Sequence[Any] = ()
        self._writing: Iterator[int] | None = None
        self._rivals: list[Checked] = []
        self._next_fits = 0

    def act(self, observation: Any, info: dict[str, Any]) -> int:
        """Returns the next query, or the next token of the description.

        Raises:
            CheckpointError: the budget is greater than the one that the network was trained with.
            RuntimeError: the environment refused the last action.
        """
        if info["message"]:
            raise RuntimeError(f"expected the environment to take the action, actual: {info['message']}")
        if not self._pairs.inputs:
            self.check_budget(info["budget"])
        if self._writing is None:
            self.hear(info["inputs"], info["outputs"], info.get("exemplars", ()))
            asked = self.ask(info["budget"], self.codec.legal_queries(observation)) if info["budget"] > 0 else None
            if asked is not None:
                return asked.query
            self._writing = iter(self._describe())
        return self.codec.queries + next(self._writing)

    def check_budget(self, budget: int) -> None:
        """Checks the budget of an episode.

        Raises:
            CheckpointError: it is greater than the one that the network was trained with.
        """
        if budget > self.max_queries:
            raise CheckpointError(
                f"expected max_queries <= {self.max_queries}, which the network was trained with, actual value: "
                f"{budget}"
            )

    def hear(self, inputs: Sequence[Any], outputs: Sequence[Any], exemplars: Sequence[Any] = ()) -> None:
        """Takes note of inputs, their outputs, and the inputs to start from."""
        self._exemplars = exemplars
        self._pairs.add(inputs, outputs)

    @inference()
    def ask(self, budget: int, legal: NDArray[np.bool_] | None = None) -> Asked | None:
        """Returns the query that is valued most after the opening; None where nothing is left to be asked.

        Args:
            budget: the inputs that may still be asked, at least 1.
            legal: which queries of the interface `tokens` are legal, bool of shape `(queries,)`; None for all.
        """
        pairs, probes = self._pairs, len(self.codec.probes)
        if self._opening is None:
            exemplars = [self.codec.probes.index(word) for word in self._exemplars]
            self._opening = [*self._record.opening(self.codec, len(pairs.inputs) + budget), *exemplars]
        if first := [place for place in self._opening if pairs.fresh[place]]:
            return Asked(first[0], self.codec.probes[first[0]])
        # As the network numbers them: probes, then the gap below each pair.
        queries, fresh = np.arange(probes), pairs.fresh
        positions: Sequence[Any] = self.codec.probes
        if self.network.halving is not None:
            gaps = pairs.gaps()
            queries = np.concatenate([queries, np.array(pairs.places, dtype=np.int64) + probes])
            positions = [*positions, *(own - gap / 2 for own, gap in zip(pairs.distinct, gaps, strict=True))]
            fresh = np.concatenate([fresh, [self._record.narrowest < gap < math.inf for gap in gaps]])
        allowed = np.ones(len(queries), dtype=np.bool_) if legal is None else legal[queries]
        values = np.where(allowed, self._told_apart(positions, budget), 0.0)
        if not values.any():
            if not (fresh := allowed & fresh).any():
                return None
            values = np.where(fresh, self._valued(), -np.inf)
        return Asked(int(queries[best := int(values.argmax())]), positions[best])

    def _told_apart(self, positions: Sequence[Any], budget: int) -> NDArray[np.float64]:
        """Returns how much queries of some inputs tell the likeliest proposals apart; 0 where no record says."""
        told = np.zeros(len(positions))
        record = self._record
        if record.tell_apart is None or self._proposals == 1 or len(self._pairs.inputs) < record.tell_from:
            return told
        evidence = self.evidence
        if self._rivals:
            told = record.tell_apart(self._rivals, self.codec, evidence, positions)
        # They are fitted anew only where the last answers refute the best, or nothing is left to be told; where that
        # does not help, again after a few answers.
        if not told.any() and len(evidence) >= self._next_fits:
            proposed = zip(*self._propose(min(_RIVALS, self._proposals)), strict=True)
            self._rivals = [self._checker.fit(program, evidence).with_prior(prior) for program, prior in proposed]
            told = record.tell_apart(self._rivals, self.codec, evidence, positions)
            self._next_fits = 0 if told.any() else len(evidence) + _PATIENCE
        if record.ask_again is not None:
            again = record.ask_again(self._rivals, evidence, positions, budget)
            told = again if again.any() else told
        return told

    def _valued(self) -> NDArray[np.float32]:
        """Returns how much each query is worth beside the others, as the network or the record has it."""
        if self._record.value is not None:
            known = self._pairs.distinct
            return self._record.value(list(known), list(known.values()))
        memory = self._pairs.read(for_queries=True)
        return self.network.value_queries(memory, relative=True)[0].cpu().numpy()

    def _describe(self) -> Sequence[int]:
        """Returns the tokens of what is submitted."""
        return self._propose(1)[0][0] if self._proposals == 1 else self.conclude().tokens

    def conclude(self) -> Checked:
        """Returns the likeliest of the proposals, by the evidence."""
        programs, priors = self._propose(self._proposals)
        return self._checker.best(programs, self.evidence, priors)

    @inference()
    def _propose(self, count: int) -> tuple[list[tuple[int, ...]], list[float]]:
        """Returns the likeliest programs by the network, and what that adds to the log-likelihood of each."""
        found = propose(self.network, self._pairs.read(), self._checker.grammar, count)
        priors = [self._record.belief * proposal.log_probability for proposal in found]
        return [proposal.tokens for proposal in found], priors

    @property
    def evidence(self) -> Evidence:
        """What was asked and answered."""
        return list(zip(self._pairs.inputs, self._pairs.outputs, strict=True))
