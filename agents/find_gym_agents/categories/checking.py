"""Checking programs against evidence: constants are fitted, and the likeliest of several programs is found.

Evidence is what an agent was answered itself, so that to check against it before submitting is fair.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from find_gym.envs.vector.automaton import Automaton
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import TokensInterface

Evidence: TypeAlias = Sequence[tuple[Any, Any]]
"""Pairs of an input and its output as the environment's infos have them, in any order."""

# How often an answer is another one than a right description gives.
ERROR_RATE = 0.01
# Log-likelihoods that differ by less are the same, but for rounding.
_SAME = 1e-6


@dataclass(frozen=True)
class Checked:
    """A program that was checked.

    Attributes:
        tokens: the program, as indices of the grammar's tokens.
        program: the description that it stands for, its constants fitted: what the environment would judge.
        log_likelihood: the logarithm of the likelihood of the evidence, in nats, less what the fitted constants and, in
            most categories, the description itself cost.
        bits: the length of the program, in bits.
    """

    tokens: tuple[int, ...]
    program: Any
    log_likelihood: float
    bits: float

    def beats(self, other: Checked) -> bool:
        """Whether it is likelier than another program, or as likely and shorter."""
        return _beats(self.log_likelihood, self.bits, other)

    def with_prior(self, nats: float) -> Checked:
        """Returns the program with something added to its log-likelihood, such as its log-probability."""
        return replace(self, log_likelihood=self.log_likelihood + nats)


def _beats(log_likelihood: float, bits: float, other: Checked) -> bool:
    if abs(log_likelihood - other.log_likelihood) > _SAME:
        return log_likelihood > other.log_likelihood
    return bits < other.bits


class Checker(ABC):
    """Fits programs to evidence and says how likely they are.

    Args:
        codec: the interface `tokens`, whose grammar the programs are written in.

    Attributes:
        codec: the argument.
        grammar: the grammar.
    """

    def __init__(self, codec: TokensInterface) -> None:
        self.codec, self.grammar = codec, Automaton(codec)
        self._empty = codec.new_draft()

    @abstractmethod
    def log_likelihood(self, program: Any, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood of evidence, in nats, less what the program costs.

        Args:
            program: the description, constants included; None where the evidence allows none.
            bits: the length of its tokens, in bits.
            evidence: what was asked and answered.
        """

    def greatest(self, draft: Draft, bits: float, evidence: Evidence) -> float:
        """Returns what the log-likelihood of a program is at most, before its constants are fitted.

        Args:
            draft: the complete description.
            bits: the length of its tokens, in bits.
            evidence: what was asked and answered.
        """
        return math.inf

    def fit(self, program: Sequence[int], evidence: Evidence) -> Checked:
        """Fits a program's constants, in the way in which the environment does when it is submitted.

        Args:
            program: a complete program, as indices of the grammar's tokens.
            evidence: what was asked and answered.

        Raises:
            ValueError: the program is not complete, or not in the grammar.
        """
        return self._fitted(*self._read(program), evidence)

    def check(self, program: Sequence[int], description: Any, evidence: Evidence) -> Checked:
        """Says how likely evidence is under a program whose constants are given.

        Args:
            program: a complete program, as indices of the grammar's tokens.
            description: the description that it stands for, constants included.
            evidence: what was asked and answered.

        Raises:
            ValueError: the program is not complete, or not in the grammar.
        """
        draft, bits = self._read(program)
        return Checked(tuple(draft.tokens), description, self.log_likelihood(description, bits, evidence), bits)

    def _read(self, program: Sequence[int]) -> tuple[Draft, float]:
        """Returns a complete program as a draft, and the length of its tokens in bits."""
        return self._read_all([tuple(program)])[0]

    def _read_all(self, programs: Sequence[tuple[int, ...]]) -> list[tuple[Draft, float]]:
        """Returns complete programs as drafts, and the lengths of their tokens in bits."""
        read = []
        for tokens, bits in zip(programs, self.grammar.bits(programs).tolist(), strict=True):
            draft = self._empty.copied()
            for token in tokens:
                # The grammar knows that it is legal.
                draft.append(token)
            if not draft.complete:
                raise ValueError(f"expected a complete program, actual: {self.codec.written(draft)!r}")
            read.append((draft, bits))
        return read

    def _fitted(self, draft: Draft, bits: float, evidence: Evidence) -> Checked:
        fitted = self.codec.program(draft, [pair[0] for pair in evidence], [pair[1] for pair in evidence])
        return Checked(tuple(draft.tokens), fitted, self.log_likelihood(fitted, bits, evidence), bits)

    def best(
        self, programs: Iterable[Sequence[int]], evidence: Evidence, priors: Iterable[float] | None = None
    ) -> Checked:
        """Returns the likeliest of some programs, the shortest of equally likely ones, the first of equally short ones.

        Args:
            programs: the programs, as indices of the grammar's tokens.
            evidence: what was asked and answered.
            priors: what is added to the log-likelihood of each, in nats; by default nothing.

        Raises:
            ValueError: there is no program.
        """
        best: Checked | None = None
        known: dict[tuple[int, ...], float] = {}
        for program, prior in zip(programs, itertools.repeat(0.0) if priors is None else priors, strict=False):
            known.setdefault(tuple(program), prior)
        for (draft, bits), prior in zip(self._read_all(list(known)), known.values(), strict=True):
            # Constants are fitted only where that can make a difference.
            if best is not None and not _beats(self.greatest(draft, bits, evidence) + prior, bits, best):
                continue
            checked = self._fitted(draft, bits, evidence).with_prior(prior)
            if best is None or checked.beats(best):
                best = checked
        if best is None:
            raise ValueError("expected at least one program, actual: none")
        return best


class NoChecker(Checker):
    """For categories that say nothing of how likely evidence is: the first program is the best."""

    def log_likelihood(self, program: Any, bits: float, evidence: Evidence) -> float:
        """Returns 0."""
        return 0.0

    def best(
        self, programs: Iterable[Sequence[int]], evidence: Evidence, priors: Iterable[float] | None = None
    ) -> Checked:
        """Returns the first program; see `Checker.best`."""
        return super().best(list(programs)[:1], evidence)
