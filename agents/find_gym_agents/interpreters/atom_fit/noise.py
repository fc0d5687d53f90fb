"""Noise in atom-fit: what repeated inputs tell of it, values without Poisson noise, the most telling inputs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.models import value_and_jacobian
from find_gym.categories.numeric.fitting.regions import covered
from find_gym.categories.numeric.fitting.skeletons import fit_rule
from find_gym_agents.interpreters.atom_fit.design import candidate_pool, rounded, spread
from find_gym_agents.interpreters.atom_fit.screen import penalty
from find_gym_agents.interpreters.atom_fit.search import Hypothesis, search_noisy

# A greater difference between two outputs for the same input is no exception's, whose standard deviation is 0.1.
_BEYOND_EXCEPTION = 0.8
# How near to an integer a difference, or a residual, must be to come from Poisson noise.
_INTEGER = 1e-6
# Hypotheses for which the noise-free values under Poisson noise are worked out.
_DECODED = 3
# Variances of residuals up to which Poisson noise has mean 1, or 2.
_MEAN_ONE, _MEAN_TWO = 1.5, 3.0
# Shares of new inputs: where the best rule is least certain, where rules differ, the rest all over.
_UNCERTAIN_SHARE = 0.4
_RIVAL_SHARE = 0.25
# Under noise, what is worth finding is mostly near 0: pulses, poles, waves.
_CORE_SHARE = 0.75
# Rivals within so many nats of the best are compared.
_RIVAL_NATS = 8.0
# What is not known of a constant before anything was asked, as a share of its size: keeps covariances finite.
_PRIOR = 1.0


def differences(pairs: list[tuple[float, float]]) -> FloatArray:
    """Returns by how much the outputs for repeated inputs differ, where they do, shape `(k,)`."""
    return np.array([abs(one - other) for one, other in pairs if one != other], dtype=np.float64)


def is_noisy(pairs: list[tuple[float, float]]) -> bool:
    """Whether some repeated input has outputs that differ by more than those inside an exception."""
    return bool(np.any(differences(pairs) >= _BEYOND_EXCEPTION))


def is_poisson(pairs: list[tuple[float, float]]) -> bool:
    """Whether outputs for repeated inputs differ, and by integers only."""
    changes = differences(pairs)
    return changes.size > 0 and bool(np.all(np.abs(changes - np.round(changes)) <= _INTEGER * np.maximum(changes, 1)))


def explain_noise(x: FloatArray, y: FloatArray, pairs: list[tuple[float, float]]) -> list[Hypothesis]:
    """Searches noisy evidence, and takes the mean of Poisson noise off.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
        pairs: outputs for inputs that were asked twice.

    Returns:
        Hypotheses for the noise-free function, the best first.
    """
    if not is_poisson(pairs):
        return search_noisy(x, y)
    found = search_noisy(x, y - 1.0)
    if not found:
        return found
    variance = found[0].fit.scale ** 2
    mean = 1.0 if variance < _MEAN_ONE else 2.0 if variance < _MEAN_TWO else float(round(variance))
    if mean != 1.0:
        found = search_noisy(x, y - mean)
    decoded = [one for hypothesis in found[:_DECODED] if (one := _decoded(hypothesis, x, y, mean)) is not None]
    return sorted(decoded, key=lambda hypothesis: hypothesis.cost) + found


def _decoded(hypothesis: Hypothesis, x: FloatArray, y: FloatArray, mean: float) -> Hypothesis | None:
    """Fits the outputs less the integers nearest to the residuals, which are exact if the fit is good to half a unit.

    Returns:
        The hypothesis with exact constants, for which all residuals are non-negative integers, and the cost that these
        have as draws of a Poisson distribution; None if there are no such constants.
    """
    with np.errstate(all="ignore"):
        residuals = y - rules.evaluate(hypothesis.rule, x)
    outside = ~covered(hypothesis.intervals, x.size) & np.isfinite(residuals)
    exact = y - np.maximum(np.round(np.where(outside, residuals, 0.0)), 0.0)
    fit = fit_rule(hypothesis.skeleton, x, exact, outside, plain=True)
    with np.errstate(all="ignore"):
        counts = (y - rules.evaluate(fit.rule, x))[outside]
    allowed = _INTEGER * (1 + 1e-3 * np.abs(y[outside]))
    if counts.size < 2 or np.any(~(np.abs(counts - np.round(counts)) <= allowed)) or np.any(counts < -0.5):
        return None
    counts = np.round(counts)
    factorials = np.array([math.lgamma(count + 1) for count in counts])
    cost = float(np.sum(mean - counts * math.log(mean) + factorials)) + penalty(fit.rule, counts.size)
    return replace(hypothesis, fit=fit, cost=cost, exact=True)


def telling_inputs(
    hypotheses: list[Hypothesis], x: FloatArray, y: FloatArray, count: int, rng: np.random.Generator
) -> list[float]:
    """Returns inputs that tell most about a noisy function.

    Args:
        hypotheses: what explains the evidence, the best first.
        x: inputs asked so far, ascending, shape `(n,)`.
        y: outputs, shape `(n,)`.
        count: how many inputs are wanted.
        rng: places those that are spread.
    """
    if not hypotheses:
        return spread(count, rng)
    pool = candidate_pool(x)
    uncertain = _uncertain(hypotheses[0], x, pool, round(count * _UNCERTAIN_SHARE))
    rivals = [h for h in hypotheses if h.cost <= hypotheses[0].cost + _RIVAL_NATS]
    disputed = _disputed(rivals, pool, round(count * _RIVAL_SHARE))
    rest = spread(count - len(uncertain) - len(disputed), rng, core_share=_CORE_SHARE)
    return rounded(uncertain + disputed) + rest


def _uncertain(hypothesis: Hypothesis, x: FloatArray, pool: FloatArray, count: int) -> list[float]:
    """Chooses inputs one after the other where the best rule's value is least certain, given those before."""
    constants, skeleton = hypothesis.fit.constants, hypothesis.skeleton
    outside = ~covered(hypothesis.intervals, x.size)
    noise = max(hypothesis.fit.scale, 1e-12)
    with np.errstate(all="ignore"):
        known = value_and_jacobian(skeleton, constants, x[outside])[1] / noise
        rows = value_and_jacobian(skeleton, constants, pool)[1] / noise
    known, rows = (np.where(np.isfinite(part), part, 0.0) for part in (known, rows))
    size = np.sqrt(np.einsum("kn,kn->k", known, known)) + 1e-12
    known, rows = known / size[:, None], rows / size[:, None]
    covariance = np.linalg.inv(known @ known.T + 1e-6 * _PRIOR * np.eye(size.size))
    chosen = []
    for _ in range(count):
        variances = np.einsum("kn,kl,ln->n", rows, covariance, rows)
        best = int(np.argmax(variances))
        if not variances[best] > 0:
            break
        chosen.append(float(pool[best]))
        gain = covariance @ rows[:, best]
        covariance = covariance - np.multiply.outer(gain, gain) / (1 + variances[best])
    return chosen


def _disputed(rivals: list[Hypothesis], pool: FloatArray, count: int) -> list[float]:
    """Chooses inputs where the predictions of rivals are furthest apart, no two close together."""
    if len(rivals) < 2 or count == 0:
        return []
    with np.errstate(all="ignore"):
        predictions = np.array([rules.evaluate(h.rule, pool) for h in rivals])
    weights = np.exp([rivals[0].cost - h.cost for h in rivals])
    predictions = np.where(np.isfinite(predictions), predictions, 0.0)
    mean = weights @ predictions / weights.sum()
    noise = max(rivals[0].fit.scale, 1e-12)
    value = np.log1p(weights @ (predictions - mean) ** 2 / weights.sum() / noise**2)
    chosen: list[float] = []
    for _ in range(count):
        best = int(np.argmax(value))
        if not value[best] > 0:
            break
        chosen.append(float(pool[best]))
        # A point and its neighbours tell much the same: half as much each time.
        value = value * np.where(np.abs(pool - pool[best]) < math.sqrt(1 + abs(pool[best])) / 2, 0.5, 1.0)
    return chosen
