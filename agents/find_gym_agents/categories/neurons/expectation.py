"""What a unit is expected to do with words that nobody asked, by what is known of other units.

The outputs of units are taken for draws from a Gaussian process over the open words, with the mean and the covariance
of the units of the split `train`. A few answers then tell something about every word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import open_places
from find_gym.categories.neurons.scaling import ACTIVE, INACTIVE
from find_gym.categories.neurons.table import splits_of_units, unit_table
from find_gym.categories.neurons.tokens import probe_places
from find_gym_agents.interpreters.feature_search import Answers, open_place

Floats = NDArray[np.float32]

# The variance of outputs that no other unit explains.
_NOISE = 0.003
# Independent words that an answer tells about: what the expectation counts beside a belief that programs had before. On
# 150 units of `validation`, with 40 answers, 20 was better than less.
_WORTH = 20.0
# The logistic function with this slope is the normal distribution function to within 0.01.
_PROBIT = 1.702


@dataclass(frozen=True, eq=False)
class _Prior:
    """Units before anything is asked.

    Attributes:
        mean: mean outputs, shape `(words,)`.
        covariance: of the outputs, shape `(words, words)`.
        frequency: which share of the units each word activates, never 0, shape `(words,)`.
    """

    mean: Floats
    covariance: Floats
    frequency: Floats


@cache
def _prior() -> _Prior:
    table, splits = unit_table(), splits_of_units()
    rows = [row for row, name in enumerate(table.names) if splits[name] == "train"]
    outputs = np.stack([table.outputs(row)[open_places()] for row in rows]).astype(np.float32)
    centred = outputs - outputs.mean(axis=0)
    covariance = centred.T @ centred / len(rows)
    active = np.count_nonzero(outputs >= ACTIVE, axis=0)
    return _Prior(outputs.mean(axis=0), covariance, ((active + 0.1) / len(rows)).astype(np.float32))


def expect(
    places: NDArray[np.intp], outputs: NDArray[np.floating], among: NDArray[np.intp] | slice = slice(None)
) -> tuple[Floats, Floats]:
    """Returns the expected outputs of open words and their standard deviations, shape `(words,)` each.

    Args:
        places: places among the open words of what was asked, shape `(n,)`.
        outputs: the unit's outputs there, shape `(n,)`.
        among: places among the open words of which something is expected; by default all.
    """
    prior = _prior()
    rows = prior.covariance[places]
    known = rows[:, places] + _NOISE * np.eye(len(places), dtype=np.float32)
    rows = rows[:, among]
    weights = np.linalg.solve(known, rows) if len(places) else rows
    mean = prior.mean[among] + (outputs - prior.mean[places]) @ weights
    variance = np.diagonal(prior.covariance)[among] - (rows * weights).sum(axis=0)
    return mean.astype(np.float32), np.sqrt(np.maximum(variance, 0) + _NOISE)


def known_outputs(evidence: Iterable[tuple[str, float]]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Returns the places among the open words of what was asked, and the outputs there; other texts are left out."""
    known = {place: float(output) for word, output in evidence if (place := open_place(word)) is not None}
    return tuple(known), tuple(known.values())


def value_probes(inputs: Sequence[str], outputs: Sequence[float]) -> Floats:
    """Returns for each probe how much the unit may respond to it: one standard deviation above the expected output.

    Words of which that is the greatest either activate the unit or were little known of; both answers tell much.

    Args:
        inputs: what was asked.
        outputs: the unit's outputs.
    """
    places, known = known_outputs(zip(inputs, outputs, strict=True))
    among = np.searchsorted(open_places(), probe_places())
    mean, deviation = expect(np.array(places, dtype=np.intp), np.array(known), among)
    return np.asarray(mean + deviation)


@lru_cache(maxsize=64)
def expected_answers(places: tuple[int, ...], outputs: tuple[float, ...]) -> Answers:
    """Returns what answers tell about all open words.

    Inactive words count the more the more units they activate, as in the score.

    Args:
        places: places among the open words of what was asked.
        outputs: the unit's outputs there.
    """
    mean, deviation = expect(np.array(places, dtype=np.intp), np.array(outputs, dtype=np.float32))
    active = 1 / (1 + np.exp(-_PROBIT * (mean - ACTIVE) / deviation))
    inactive = 1 / (1 + np.exp(-_PROBIT * (INACTIVE - mean) / deviation)) * _prior().frequency
    asked = np.array(places, dtype=np.intp)
    active[asked] = np.array(outputs) >= ACTIVE
    inactive[asked] = (np.array(outputs) < INACTIVE) * _prior().frequency[asked]
    halves = [(0.5 * part / part.sum()).astype(np.float32) for part in (active, inactive)]
    return Answers(np.arange(len(mean)), halves[0], halves[1], _WORTH * len(places))
