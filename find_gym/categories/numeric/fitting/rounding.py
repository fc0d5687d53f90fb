"""Rounding of constants under noise, as if the rule were linear in them."""

from __future__ import annotations

import math

import numpy as np

from find_gym.categories.numeric.atoms import FloatArray

# The misfit grows like chi-squared, one degree for each rounded constant: so many deviations beyond are still chance.
_DEVIATIONS = 2.5
# From here on, floats have no fractions.
_WHOLE = 2.0**52


def chance(degrees: float) -> float:
    """Returns how far, in variances, the misfit may grow by chance where so many constants are rounded."""
    return degrees + _DEVIATIONS * math.sqrt(2 * degrees)


def rounded_linearly(
    vectors: FloatArray, jacobian: FloatArray, variance: float, decimals: tuple[int, ...]
) -> FloatArray:
    """Rounds constants in rows, the best known first, and moves the others as least squares asks, to first order.

    Args:
        vectors: constants at the least misfit, shape `(r, k)`.
        jacobian: derivatives of the rule by them, shape `(r, k, n)`.
        variance: variance of the noise.
        decimals: with how many decimals each constant is drawn.

    Returns:
        The rounded constants, shape `(r, k)`; NaN where an estimate of how well they are known overflows.
    """
    least = 1 / np.maximum(np.add.reduce(np.where(np.isfinite(jacobian), jacobian, 0.0) ** 2, axis=2), 1e-100)
    spread = covariance(jacobian)
    known: list[bool] = (np.isfinite(spread).all(axis=(1, 2)) & (least > 0).all(axis=1)).tolist()
    rows = zip(known, vectors.tolist(), spread.tolist(), least.tolist(), strict=True)
    return np.array(
        [
            _rounded_row(vector, own_spread, own_least, variance, decimals) if is_known else [math.nan] * len(decimals)
            for is_known, vector, own_spread, own_least in rows
        ]
    )


def _rounded_row(
    vector: list[float], spread: list[list[float]], least: list[float], variance: float, decimals: tuple[int, ...]
) -> list[float]:
    """Rounds the constants of one row: few enough that plain floats are faster than arrays."""
    growth, rounded = 0.0, 0
    waiting = list(range(len(vector)))
    while waiting:
        chosen = min(waiting, key=lambda index: spread[index][index])
        waiting.remove(chosen)
        # Rounding errors aside, no constant is known better than if all others were.
        own = max(spread[chosen][chosen], least[chosen])
        value = vector[chosen]
        allowed = variance * chance(rounded + 1)
        for places in decimals_to_try(decimals[chosen], math.sqrt(own * variance), 12):
            target = _round(value, places)
            cost = (target - value) ** 2 / own
            if growth + cost <= allowed:
                break
        else:
            continue
        column = [row[chosen] for row in spread]
        move = (target - value) / own
        vector = [constant + move * share for constant, share in zip(vector, column, strict=True)]
        vector[chosen] = target + 0.0
        spread = [
            [entry - one / own * other for entry, other in zip(row, column, strict=True)]
            for row, one in zip(spread, column, strict=True)
        ]
        growth, rounded = growth + cost, rounded + 1
    return vector


def decimals_to_try(drawn: int, deviation: float, unknown: int) -> tuple[int, ...]:
    """Returns the decimals to round a constant to, the plainest first: FIND's, then as many as the data tell.

    Args:
        drawn: with how many decimals it is drawn.
        deviation: its standard deviation.
        unknown: how many the data tell where the deviation is 0 or infinite.
    """
    told = min(max(2 - math.floor(math.log10(deviation)), 2), 12) if 0 < deviation < math.inf else unknown
    return (*range(drawn, 2), told)


def _round(value: float, decimals: int) -> float:
    """Rounds as NumPy does; numbers without decimals, however large, stay as they are."""
    scaled = value * 10.0**decimals
    return round(scaled) / 10.0**decimals if abs(scaled) < _WHOLE else value


def covariance(jacobian: FloatArray) -> FloatArray:
    """Returns the covariances of the constants for noise of variance 1, `(r, k, k)`; huge where nothing is known."""
    jacobian = np.where(np.isfinite(jacobian), jacobian, 0.0)
    scale = np.sqrt(np.add.reduce(jacobian * jacobian, axis=2))
    scaled = jacobian / np.where(scale > 0, scale, 1.0)[:, :, None]
    normal = scaled @ scaled.transpose(0, 2, 1) + 1e-10 * np.eye(scale.shape[1])
    inverse = 1 / np.where(scale > 0, scale, 1e-50)
    return np.linalg.inv(normal) * inverse[:, :, None] * inverse[:, None, :]
