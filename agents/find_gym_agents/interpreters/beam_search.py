"""The likeliest descriptions that a network writes, found by a beam search within the grammar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.envs.vector.automaton import Automaton

Integers = NDArray[np.int64]


class Proposal(NamedTuple):
    """A description that a network proposes.

    Attributes:
        tokens: the description.
        log_probability: its log-probability, in nats.
    """

    tokens: tuple[int, ...]
    log_probability: float


class Beam(NamedTuple):
    """Drafts that go on at the same time.

    Attributes:
        written: their tokens, shape `(n, length)`.
        legal: which tokens may come next, bool of shape `(n, tokens)`.
        parents: the places of the drafts in the last beam that they were a token before, shape `(n,)`.
    """

    written: Integers
    legal: NDArray[np.bool_]
    parents: Integers


# From drafts to the log-probabilities of the tokens that may come next, shape `(n, tokens)`; those of other tokens are
# not read.
LogProbabilities = Callable[[Beam], NDArray[np.floating]]


def beam_search(
    log_probabilities: LogProbabilities, grammar: Automaton, begun: Sequence[int], count: int
) -> list[Proposal]:
    """Finds the likeliest complete descriptions that the grammar allows.

    Args:
        log_probabilities: the network.
        grammar: the grammar.
        begun: the tokens of a description that is to be completed, usually none.
        count: the greatest number of descriptions, and the width of the beam.

    Returns:
        The descriptions, the likeliest first.
    """
    complete: list[Proposal] = []
    written, states = np.array([begun], dtype=np.int64), np.array([grammar.state_of(begun)])
    parents = np.zeros(1, dtype=np.int64)
    scores: NDArray[np.floating] = np.zeros(1)
    while scores.size:
        legal = grammar.legal(states, written)
        values = log_probabilities(Beam(written, legal, parents))
        values = np.where(legal, values + scores[:, None], -np.inf)
        best = _greatest(values.ravel(), min(count, int(legal.sum())))
        parents, tokens = np.divmod(best, values.shape[1])
        scores, written, states = values.ravel()[best], written[parents], states[parents]
        states = grammar.follow(states, tokens, written, np.full(best.size, written.shape[1]))
        written = np.column_stack([written, tokens])
        done = grammar.complete[states]
        complete += map(Proposal, map(tuple, written[done].tolist()), scores[done].tolist())
        complete = sorted(complete, key=lambda each: -each.log_probability)[:count]
        # Nothing that is written further becomes more probable.
        going = ~done & (scores > (complete[-1].log_probability if len(complete) == count else -np.inf))
        parents, scores, written, states = parents[going], scores[going], written[going], states[going]
    return complete


def _greatest(values: NDArray[np.floating], count: int) -> Integers:
    """Returns the places of the greatest values, the greatest first, and the first of equal ones first."""
    if count < values.size:
        least = np.partition(values, values.size - count)[values.size - count]
        places = np.flatnonzero(values >= least)
    else:
        places = np.arange(values.size)
    return places[np.argsort(-values[places], kind="stable")][:count]
