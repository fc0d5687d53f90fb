"""The table of atoms: sources, gradients, ranges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.categories.numeric.atoms import ATOMS, COMPOUND_FAMILIES, RELEASED_FAMILIES, Parameter, flatten
from find_gym.categories.numeric.rules import AtomRule, evaluate
from find_gym.core.draws import SingleDraws

SEEDS = st.integers(0, 2**32 - 1)


def test_families_are_those_of_the_benchmark() -> None:
    assert len(RELEASED_FAMILIES) == 16
    assert set(COMPOUND_FAMILIES) == {
        "linear", "polynomial", "step", "relu", "constant", "ceil", "floor", "rectangle", "square_wave",
    }  # fmt: skip


@pytest.mark.parametrize("name", list(ATOMS))
@given(seed=SEEDS)
def test_expression_computes_what_evaluate_does(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    atom = ATOMS[name]
    constants = atom.sample(rng)
    x = np.concatenate([rng.uniform(-256, 256, 20), rng.integers(-20, 20, 20) / 10, [0.0]])
    y = evaluate(AtomRule(name, constants), x)
    guard = atom.guard(constants)
    for value, expected in zip(x.tolist(), y.tolist(), strict=True):
        names = {"math": math, "x": value}
        defined = guard is None or eval(guard[0], names)
        actual = float(eval(atom.expression(constants), names)) if defined else math.nan
        assert np.isclose(actual, expected, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("name", list(ATOMS))
@given(seed=SEEDS)
def test_gradient_is_the_derivative(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    atom = ATOMS[name]
    constants = atom.sample(rng)
    x = rng.uniform(1, 12, 5)
    if name == "tan":
        # Stay away from the poles, where finite differences say nothing.
        x = x[np.abs(np.cos(2 * np.pi / constants[1] * (x - constants[2]))) > 0.2]
    gradient = atom.gradient(x, constants)
    flat = flatten(constants)
    assert gradient.shape == (len(flat), x.size)
    if name in ("rectangle", "square_wave", "root", "relu", "step", "rational"):
        return  # Not smooth in some constant, or arbitrarily steep near poles.
    for index in range(len(flat)):
        step = 1e-6 * max(abs(flat[index]), 1)

        def shifted(sign: int, index: int = index, step: float = step) -> np.ndarray:
            moved = tuple(value + sign * step * (place == index) for place, value in enumerate(flat))
            return atom.evaluate(x, moved)

        numeric = (shifted(1) - shifted(-1)) / (2 * step)
        scale = np.abs(gradient[index]).max() + np.abs(atom.evaluate(x, constants)).max() + 1
        assert np.allclose(numeric, gradient[index], atol=1e-3 * scale)


def test_rational_gradient_on_a_chosen_case() -> None:
    constants = ((2.0, 1.0), (1.0, 0.0, 5.0))
    x = np.array([-3.0, 0.5, 7.0])
    gradient = ATOMS["rational"].gradient(x, constants)
    denominator = x**2 + 5
    assert np.allclose(gradient[0], x / denominator)
    assert np.allclose(gradient[4], -(2 * x + 1) / denominator**2)


@pytest.mark.parametrize("name", list(ATOMS))
@given(seed=SEEDS)
def test_constants_have_one_decimal_and_are_not_degenerate(name: str, seed: int) -> None:
    constants = ATOMS[name].sample(np.random.default_rng(seed))
    assert all(constant == round(constant, 1) for constant in flatten(constants))
    if name in ("linear", "absolute", "relu", "step", "reciprocal", "sin", "tanh"):
        assert constants[0] != 0
    if name == "logarithm":
        assert constants[2] > 1


@given(seed=SEEDS, low=st.integers(-50, 0), width=st.integers(1, 50))
def test_decimals_lie_within_their_range(seed: int, low: int, width: int) -> None:
    value = Parameter("any", low, low + width, nonzero=True).draw(SingleDraws(np.random.default_rng(seed)))
    assert low <= value <= low + width and value != 0


@given(period=st.integers(10, 100), shift=st.integers(-50, 50), turns=st.integers(-3, 3))
def test_square_waves_a_period_apart_are_the_same_function(period: int, shift: int, turns: int) -> None:
    x = np.arange(-1280, 1281) / 10
    waves = [evaluate(AtomRule("square_wave", (period / 10, (shift + extra * period) / 10)), x) for extra in (0, turns)]
    assert np.array_equal(*waves)
    # Each period begins with 1, its bound included.
    assert evaluate(AtomRule("square_wave", (period / 10, shift / 10)), np.array([shift / 10]))[0] == 1.0
