"""Approximation by a small network: training by Adam in exact, compressed full batches.

FIND serves part of its functions as 1-64-1 ReLU networks, trained on 10,000 points of the domain with Adam (learning
rate 0.01, 10,000 full-batch steps). With one input such a network is piecewise linear, so the gradient over all points
follows from running sums at the 64 knots: each step costs some dozens of operations on 64 numbers, not 10,000 × 64.
Steps and evaluation are compiled (`kernels/training.py`).
Only sums, products, divisions and square roots occur (no BLAS, no transcendental functions), so that the same seed
gives the same weights on every platform.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.core.arrays import loop_array

HIDDEN_UNITS = 64
TRAINING_POINTS = 10_000
TRAINING_STEPS = 10_000
LEARNING_RATE = 0.01
_EXACT_POWERS = np.array([10.0**power for power in range(23)])


@dataclass(frozen=True)
class Network:
    """The weights of a network with one input, one hidden ReLU layer and one output.

    Attributes:
        hidden_weights: weights of the hidden units.
        hidden_biases: biases of the hidden units, as many.
        output_weights: weights of the output, as many.
        output_bias: bias of the output.
    """

    hidden_weights: tuple[float, ...]
    hidden_biases: tuple[float, ...]
    output_weights: tuple[float, ...]
    output_bias: float

    def __post_init__(self) -> None:
        sizes = {len(self.hidden_weights), len(self.hidden_biases), len(self.output_weights)}
        if len(sizes) != 1:
            raise ValueError(f"expected as many weights and biases as hidden units, actual sizes: {sorted(sizes)}")

    def evaluate(self, x: FloatArray) -> FloatArray:
        """Evaluates the network on inputs of shape `(n,)`; defined everywhere."""
        from find_gym.categories.numeric.kernels.training import evaluate

        units = np.array([self.hidden_weights, self.hidden_biases, self.output_weights], dtype=np.float64)
        y = np.full(np.shape(x), self.output_bias, dtype=np.float64)
        evaluate(units, loop_array(x).reshape(-1), y.reshape(-1))
        return y

    def source(self) -> str:
        """Writes the network as a Python function `f(x)`, weights included."""
        units = zip(self.hidden_weights, self.hidden_biases, self.output_weights, strict=True)
        rows = "\n".join(f"    ({w!r}, {b!r}, {v!r})," for w, b, v in units)
        return (
            f"# (weight, bias, output weight) of each hidden unit of a ReLU network\nUNITS = [\n{rows}\n]\n\n\n"
            f"def f(x):\n    y = {self.output_bias!r}\n    for weight, bias, output_weight in UNITS:\n"
            f"        y += output_weight * max(weight * x + bias, 0.0)\n    return y\n"
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the weights as JSON-serialisable data."""
        return {
            "hidden_weights": list(self.hidden_weights),
            "hidden_biases": list(self.hidden_biases),
            "output_weights": list(self.output_weights),
            "output_bias": self.output_bias,
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Network:
        """Reads the weights that `to_json` writes."""
        return Network(
            tuple(data["hidden_weights"]),
            tuple(data["hidden_biases"]),
            tuple(data["output_weights"]),
            data["output_bias"],
        )


def train_network(
    target: Callable[[FloatArray], FloatArray], domain: tuple[float, float], rng: np.random.Generator
) -> Network:
    """Trains a network to approximate a function on its domain, as FIND does.

    Args:
        target: the function, from inputs `(n,)` to outputs `(n,)`; points where it is undefined are left out.
        domain: `(lower, upper)`, the interval of the training points.
        rng: draws the initial weights.

    Returns:
        The trained network, its weights rounded to seven significant digits.
    """
    x = np.linspace(*domain, TRAINING_POINTS)
    y = _significant(target(x), 10)
    defined = np.isfinite(y)
    x, y = x[defined], y[defined]
    if x.size == 0:
        raise ValueError(f"expected a function with defined values on {domain}, actual: undefined everywhere")
    weights = _adam(x, y, rng)
    w, b, v = (tuple(_significant(part, 7).tolist()) for part in np.split(weights[:-1], 3))
    return Network(w, b, v, float(_significant(weights[-1:], 7)[0]))


def _significant(values: FloatArray, digits: int) -> FloatArray:
    """Rounds to significant digits: hides the last bits, in which platforms differ.

    Each result is the number that the decimal reads as: powers of ten up to the 22nd are exact, as are integers below
    2**53, so their quotient or product is rounded once. What is not, or is near the middle of two decimals, is written
    and read instead, which takes a hundred times as long.
    """
    with np.errstate(all="ignore"):
        exponents = digits - 1 - np.floor(np.log10(np.abs(values)))
        usable = np.abs(exponents) <= _EXACT_POWERS.size - 1
        powers = _EXACT_POWERS[np.where(usable, np.abs(exponents), 0).astype(np.intp)]
        scaled = np.where(exponents >= 0, values * powers, values / powers)
        whole = np.rint(scaled)
        rounded = np.where(exponents >= 0, whole / powers, whole * powers)
        sure = usable & (np.abs(whole) >= 10.0 ** (digits - 1)) & (np.abs(whole) <= 10.0**digits)
        sure &= np.abs(scaled - whole) < 0.499
    for place in np.flatnonzero(~sure).tolist():
        rounded[place] = float(f"{values[place]:.{digits}g}")
    return rounded


def _running_sums(x: FloatArray, y: FloatArray) -> FloatArray:
    """Returns the sums of 1, x, x², y and x y over the first k points, shape `(n + 1, 5)`."""
    sums = np.zeros((x.size + 1, 5))
    for column, values in enumerate((np.ones_like(x), x, x * x, y, x * y)):
        np.cumsum(values, out=sums[1:, column])
    return sums


def _adam(x: FloatArray, y: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Minimises the mean squared error; returns hidden weights, hidden biases, output weights and the output bias."""
    hidden_bound, output_bound = 1.0, HIDDEN_UNITS**-0.5
    parameters = np.concatenate(
        [
            (2 * rng.random(2 * HIDDEN_UNITS) - 1) * hidden_bound,
            (2 * rng.random(HIDDEN_UNITS + 1) - 1) * output_bound,
        ]
    )
    # Numba is imported, and compiles, with the first network.
    from find_gym.categories.numeric.kernels.training import train

    between = np.concatenate([[-np.inf], x, [np.inf]])
    train(between, _running_sums(x, y), parameters, TRAINING_STEPS, LEARNING_RATE)
    return parameters
