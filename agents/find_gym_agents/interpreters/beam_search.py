"""The likeliest descriptions that a network writes, found by a beam search within the grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.interfaces.draft import Draft


class Proposal(NamedTuple):
    """A description that a network proposes.

    Attributes:
        draft: the description.
        log_probability: its log-probability, in nats.
    """

    draft: Draft
    log_probability: float


# From n drafts and the tokens that may come next, bool of shape `(n, tokens)`, to log-probabilities of the same shape;
# those of other tokens are not read.
LogProbabilities = Callable[[list[Draft], NDArray[np.bool_]], NDArray[np.floating]]


def beam_search(log_probabilities: LogProbabilities, draft: Draft, count: int) -> list[Proposal]:
    """Finds the likeliest complete descriptions that the grammar allows.

    Args:
        log_probabilities: the network.
        draft: a description that is to be completed, usually empty.
        count: the greatest number of descriptions, and the width of the beam.

    Returns:
        The descriptions, the likeliest first.
    """
    beam, complete = [Proposal(draft, 0.0)], list[Proposal]()
    while beam:
        drafts = [each.draft for each in beam]
        legal = np.stack([each.legal() for each in drafts])
        before = np.array([each.log_probability for each in beam])
        scores = np.where(legal, log_probabilities(drafts, legal) + before[:, None], -np.inf)
        best = np.argsort(-scores, axis=None, kind="stable")[: min(count, legal.sum())]
        parents, tokens = np.unravel_index(best, scores.shape)
        extended = [
            Proposal(drafts[parent].extended(token), float(scores[parent, token]))
            for parent, token in zip(parents.tolist(), tokens.tolist(), strict=True)
        ]
        complete += [each for each in extended if each.draft.complete]
        complete = sorted(complete, key=lambda each: -each.log_probability)[:count]
        # Nothing that is written further becomes more probable.
        least = complete[-1].log_probability if len(complete) == count else -np.inf
        beam = [each for each in extended if not each.draft.complete and each.log_probability > least]
    return complete
