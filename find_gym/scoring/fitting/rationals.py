"""First estimates of a quotient of polynomials: linearised least squares, the degrees chosen by BIC.

`target = multiplier P(x) / Q(x)` is linear in the coefficients of P and Q once both sides are multiplied by Q. Dividing
each equation by the previous estimate of |Q| (Sanathanan and Koerner 1963) brings the misfit back to that of the data.
"""

from __future__ import annotations

import numpy as np

from find_gym.functions.numeric.atoms import Constants, FloatArray

# FIND's degrees: numerator 0 to 4, denominator one more at least, 5 at most.
DEGREES = tuple((low, high) for high in range(1, 6) for low in range(min(high, 5)))
# Powers of x / 8 stay between 1e-6 and 1e6 over most of the query range.
_UNIT = 8.0
# Rounds of reweighting: few, the misfit settles fast or not at all.
_ROUNDS = 3
# Share of the power that exact data may leave unexplained.
_EXACT = 1e-16
_STARTS = 3


def fit_rational(x: FloatArray, target: FloatArray, multiplier: FloatArray) -> list[Constants]:
    """Estimates numerator and denominator, best degrees first.

    Args:
        x: inputs, shape `(n,)`.
        target: what the quotient times the multiplier should be, shape `(n,)`.
        multiplier: factors of the quotient's values, shape `(n,)`.

    Returns:
        Up to three pairs of coefficients, highest power first, scaled to one-decimal constants where one scale does it.
    """
    powers = np.stack([(x / _UNIT) ** power for power in range(6)])
    power = float(target @ target)
    fits = []
    for degrees in DEGREES:
        count = sum(degrees) + 2
        if x.size < count:
            continue
        cost, constants = _fit_degrees(degrees, powers, target, multiplier)
        if not np.isfinite(cost):
            continue
        # One coefficient is the common scale. A saturated fit says nothing.
        freedom = max(x.size - count + 1, 0) + 1e-3
        score = freedom * np.log(max(cost, _EXACT * power, 1e-300) / freedom) + count * np.log(x.size + 1.0)
        fits.append((float(score), constants))
        if cost <= _EXACT * power and x.size > count:
            break
    fits.sort(key=lambda fit: fit[0])
    return [rescale(constants) for _, constants in fits[:_STARTS]]


def _fit_degrees(
    degrees: tuple[int, int], powers: FloatArray, target: FloatArray, multiplier: FloatArray
) -> tuple[float, Constants]:
    low, high = degrees
    system = np.concatenate([multiplier * powers[: low + 1], -target * powers[: high + 1]])
    best: tuple[float, Constants] = (np.inf, ())
    # The first weights are those of a denominator without structure.
    weights = 1 / (1 + np.abs(powers[high]))
    for _ in range(_ROUNDS):
        weighted = system * weights
        scale = np.sqrt(np.einsum("kn,kn->k", weighted, weighted))
        scale[scale == 0] = 1.0
        vector = np.linalg.svd((weighted / scale[:, None]).T, full_matrices=True)[2][-1] / scale
        numerator, denominator = vector[: low + 1], vector[low + 1 :]
        below = denominator @ powers[: high + 1]
        residual = target - multiplier * (numerator @ powers[: low + 1]) / below
        cost = float(residual @ residual)
        previous = best[0]
        if np.isfinite(cost) and cost < previous:
            units_low, units_high = _UNIT ** np.arange(low + 1.0), _UNIT ** np.arange(high + 1.0)
            best = (
                cost,
                (tuple((numerator / units_low)[::-1].tolist()), tuple((denominator / units_high)[::-1].tolist())),
            )
        if not cost < 0.9 * previous or cost <= _EXACT * float(target @ target):
            break
        weights = 1 / np.maximum(np.abs(below), 1e-9 * np.abs(below).max())
    return best


def rescale(constants: Constants) -> Constants:
    """Scales numerator and denominator by a common factor: to one-decimal constants if one does, else of size 10."""
    flat = np.array([*constants[0], *constants[1]], dtype=np.float64)
    largest = flat[np.argmax(np.abs(flat))]
    if largest == 0 or not np.all(np.isfinite(flat)):
        return constants
    # The largest constant is 0.1 to 10.0; find the least for which all are near a decimal.
    scaled = np.multiply.outer(np.arange(1, 101) / 10, flat / largest)
    distance = np.abs(scaled * 10 - np.round(scaled * 10)).max(axis=1)
    near = np.flatnonzero(distance < 1e-4)
    row = scaled[near[0]] if near.size else scaled[-1]
    split = len(constants[0])
    return (tuple(row[:split].tolist()), tuple(row[split:].tolist()))
