"""First estimates of a quotient of polynomials: linearised least squares, the degrees chosen by BIC.

`target = multiplier P(x) / Q(x)` is linear in the coefficients of P and Q once both sides are multiplied by Q. Dividing
each equation by the previous estimate of |Q| (Sanathanan and Koerner 1963) brings the misfit back to that of the data.
"""

from __future__ import annotations

import math

import numpy as np

from find_gym.categories.numeric.atom import Constants, FloatArray

# FIND's degrees: numerator 0 to 4, denominator one more at least, 5 at most.
DEGREES = tuple((low, high) for high in range(1, 6) for low in range(min(high, 5)))
# Powers of x / 8 stay between 1e-6 and 1e6 over most of the query range.
_UNIT = 8.0
# Share of the power that exact data may leave unexplained.
_EXACT = 1e-16
_STARTS = 3
# Tenths that differ by no more from integers are near a decimal.
_NEAR = 1e-4


def fit_rational(x: FloatArray, target: FloatArray, multiplier: FloatArray) -> list[Constants]:
    """Estimates numerator and denominator, best degrees first.

    Args:
        x: inputs, shape `(n,)`.
        target: what the quotient times the multiplier should be, shape `(n,)`.
        multiplier: factors of the quotient's values, shape `(n,)`.

    Returns:
        Up to three pairs of coefficients, highest power first, scaled to one-decimal constants where one scale does it.
    """
    from find_gym.categories.numeric.kernels.quotients import fit_quotients

    powers = np.empty((6, x.size))
    powers[0] = 1.0
    for row in range(5):
        np.multiply(powers[row], x / _UNIT, out=powers[row + 1])
    power = float(target @ target)
    degrees = np.array([pair for pair in DEGREES if sum(pair) + 2 <= x.size], dtype=np.int64).reshape(-1, 2)
    if degrees.size == 0:
        return []
    costs, coefficients = np.empty(len(degrees)), np.empty((len(degrees), 12))
    fit_quotients(degrees, powers, target, multiplier, _EXACT * power, costs, coefficients)
    # One coefficient is the common scale. A saturated fit says nothing.
    counts = degrees.sum(axis=1) + 2
    freedom = np.maximum(x.size - counts + 1, 0) + 1e-3
    scores = freedom * np.log(np.maximum(costs, max(_EXACT * power, 1e-300)) / freedom) + counts * np.log(x.size + 1.0)
    # Among exact fits, the plainest.
    exact = np.flatnonzero((costs <= _EXACT * power) & (x.size > counts))
    tried = np.flatnonzero(np.isfinite(costs[: exact[0] + 1 if exact.size else None]))
    units = _UNIT ** np.arange(6.0)
    results = []
    for index in tried[np.argsort(scores[tried], kind="stable")][:_STARTS].tolist():
        low, high = degrees[index].tolist()
        numerator, denominator = coefficients[index].reshape(2, 6) / units
        numerator, denominator = numerator[low::-1], denominator[high::-1]
        results.append(rescale((tuple(numerator.tolist()), tuple(denominator.tolist()))))
    return results


def rescale(constants: Constants) -> Constants:
    """Scales numerator and denominator by a common factor: to one-decimal constants if one does, else of size 10."""
    from find_gym.categories.numeric.kernels.quotients import plain_tenths

    flat = np.array([*constants[0], *constants[1]], dtype=np.float64)
    largest = flat[np.abs(flat).argmax()]
    if largest == 0 or not math.isfinite(largest):
        return constants
    flat /= largest
    # The largest constant is 0.1 to 10.0: the least for which all are near a decimal, else the greatest.
    row = (flat * (plain_tenths(flat, _NEAR) / 10)).tolist()
    split = len(constants[0])
    return (tuple(row[:split]), tuple(row[split:]))
