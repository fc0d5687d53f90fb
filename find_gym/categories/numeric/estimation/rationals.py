"""First estimates of a quotient of polynomials: linearised least squares, the degrees chosen by BIC.

`target = multiplier P(x) / Q(x)` is linear in the coefficients of P and Q once both sides are multiplied by Q. Dividing
each equation by the previous estimate of |Q| (Sanathanan and Koerner 1963) brings the misfit back to that of the data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import Constants, FloatArray

# FIND's degrees: numerator 0 to 4, denominator one more at least, 5 at most.
DEGREES = tuple((low, high) for high in range(1, 6) for low in range(min(high, 5)))
# Powers of x / 8 stay between 1e-6 and 1e6 over most of the query range.
_UNIT = 8.0
# Rounds of reweighting: few, the misfit settles fast or not at all.
_ROUNDS = 3
# Share of the power that exact data may leave unexplained.
_EXACT = 1e-16
_STARTS = 3
_FAR = 1e3


def fit_rational(x: FloatArray, target: FloatArray, multiplier: FloatArray) -> list[Constants]:
    """Estimates numerator and denominator, best degrees first.

    Args:
        x: inputs, shape `(n,)`.
        target: what the quotient times the multiplier should be, shape `(n,)`.
        multiplier: factors of the quotient's values, shape `(n,)`.

    Returns:
        Up to three pairs of coefficients, highest power first, scaled to one-decimal constants where one scale does it.
    """
    powers = np.empty((6, x.size))
    powers[0] = 1.0
    for row in range(5):
        np.multiply(powers[row], x / _UNIT, out=powers[row + 1])
    power = float(target @ target)
    degrees = np.array([pair for pair in DEGREES if sum(pair) + 2 <= x.size], dtype=np.intp).reshape(-1, 2)
    if degrees.size == 0:
        return []
    costs, numerators, denominators = _fit_degrees(degrees, powers, target, multiplier)
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
        numerator, denominator = (numerators[index] / units)[low::-1], (denominators[index] / units)[high::-1]
        results.append(rescale((tuple(numerator.tolist()), tuple(denominator.tolist()))))
    return results


def _fit_degrees(
    degrees: NDArray[np.intp], powers: FloatArray, target: FloatArray, multiplier: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fits quotients of several degrees at once.

    Args:
        degrees: those of the numerator and the denominator, shape `(d, 2)`.
        powers: those of the scaled inputs, the lowest first, shape `(6, n)`.
        target: what the quotient times the multiplier should be, shape `(n,)`.
        multiplier: factors of the quotient's values, shape `(n,)`.

    Returns:
        Misfits, `(d,)`, and coefficients of numerators and denominators, lowest power first, both `(d, 6)`.
    """
    count = degrees.shape[0]
    # Which of the twelve coefficients each quotient has.
    present = np.arange(6) <= degrees[:, :, None]
    present = present.reshape(count, 12)
    system = np.concatenate([multiplier * powers, -target * powers])
    power = float(target @ target)
    best = np.full(count, np.inf)
    chosen = np.zeros((count, 12))
    # The first weights are those of a denominator without structure.
    weights = 1 / (1 + np.abs(powers[degrees[:, 1]]))
    going = np.arange(count)
    for _ in range(_ROUNDS):
        vectors = _null_vectors(system * weights[:, None, :], present[going])
        below = vectors[:, 6:] @ powers
        residual = target - multiplier * (vectors[:, :6] @ powers) / below
        costs = np.add.reduce(residual * residual, axis=1)
        previous = best[going]
        better = np.isfinite(costs) & (costs < previous)
        best[going[better]], chosen[going[better]] = costs[better], vectors[better]
        more = (costs < 0.9 * previous) & ~(costs <= _EXACT * power)
        going, below = going[more], np.abs(below[more])
        if going.size == 0:
            break
        weights = 1 / np.maximum(below, 1e-9 * below.max(axis=1, keepdims=True))
    return best, chosen[:, :6], chosen[:, 6:]


def _null_vectors(systems: FloatArray, present: NDArray[np.bool_]) -> FloatArray:
    """Returns the unit coefficients that bring each system nearest to 0, its rows scaled to the same length.

    Args:
        systems: rows to combine, shape `(d, k, n)`.
        present: which rows there are, shape `(d, k)`; the coefficients of the others are 0.
    """
    count, size, points = systems.shape
    systems = np.where(present[:, :, None] & np.isfinite(systems), systems, 0.0)
    scale = np.sqrt(np.add.reduce(systems * systems, axis=2))
    scale[scale == 0] = 1.0
    padded = np.zeros((count, size, points + size))
    np.divide(systems, scale[:, :, None], out=padded[:, :, :points])
    # Absent rows are made far from 0 and at right angles to all others; so are those without anything in them.
    diagonal = np.arange(size)
    padded[:, diagonal, points + diagonal] = np.where(present, 0.0, _FAR)
    triangle = np.asarray(np.linalg.qr(padded.transpose(0, 2, 1), mode="r"))
    return np.where(present, np.linalg.svd(triangle)[2][:, -1], 0.0) / scale


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
