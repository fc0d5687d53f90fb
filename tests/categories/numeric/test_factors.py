"""Roots are those that NumPy finds, and factors of products are read off them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.kernels import factors, roots
from tests.compiled import compiled

COEFFICIENTS = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=roots.GREATEST_DEGREE + 1)
INPUTS = np.linspace(-15, 15, 30)


def roots_of(coefficients: list[float]) -> NDArray[Any]:
    """Finds roots of a polynomial, given lowest power first."""
    degree = len(coefficients) - 1
    real, imag = np.full((2, roots.GREATEST_DEGREE), np.nan)
    compiled(roots.find_roots)(np.array(coefficients), degree, real, imag)
    return real[:degree] + 1j * imag[:degree]


def factors_of(kind: Callable[..., int], x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Finds the factors of one kind, and where they are such."""
    values, weights = np.full((2, factors.MOST_FACTORS, x.size), np.nan)
    count = compiled(kind)(x, y, values, weights)
    return values[:count], weights[:count]


def assert_same_roots(found: NDArray[Any], expected: NDArray[Any], tolerance: float) -> None:
    """Checks that each root is near one of those expected, and no other near the same."""
    assert found.size == expected.size
    left = list(expected)
    for root in found:
        nearest = min(range(len(left)), key=lambda place: abs(left[place] - root))
        assert abs(left[nearest] - root) <= tolerance * max(abs(root), abs(left[nearest]))
        del left[nearest]


@given(COEFFICIENTS)
@settings(deadline=None)
def test_polynomials_are_about_zero_at_their_roots(coefficients: list[float]) -> None:
    coefficients[-1] = coefficients[-1] or 1.0
    found, highest_first = roots_of(coefficients), coefficients[::-1]
    assert np.all(np.isfinite(found))
    size = np.polyval(np.abs(highest_first), np.abs(found))
    assert np.all(np.abs(np.polyval(highest_first, found)) <= 2e-14 * size)


@pytest.mark.parametrize("seed", range(30))
def test_roots_are_those_that_numpy_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coefficients = rng.standard_normal(rng.integers(1, roots.GREATEST_DEGREE + 2))
    assert_same_roots(roots_of(coefficients.tolist()), np.roots(coefficients[::-1]), 1e-10)


@pytest.mark.parametrize("unit", [1e-90, 1e-9, 1e9, 1e90])
@pytest.mark.parametrize("factor", [1e-200, 1.0, 1e200])
def test_roots_of_any_size_are_found(unit: float, factor: float) -> None:
    # (z - unit) (z² + 1) = z³ - unit z² + z - unit.
    found = roots_of([-unit * factor, factor, -unit * factor, factor])
    assert_same_roots(found, np.array([unit, 1j, -1j]), 1e-13)


def test_coefficients_beside_which_others_vanish_are_zero() -> None:
    assert roots_of([1e-150, 0.0, 2.0]).tolist() == [0.0, 0.0]
    assert roots_of([0.0, 0.0]).tolist() == [0.0] and roots_of([3.0]).size == 0


@given(st.lists(st.integers(-12, 12), min_size=1, max_size=3, unique=True))
@settings(deadline=None)
def test_double_roots_are_found_twice(zeros: list[int]) -> None:
    expected = np.repeat(np.array(zeros, dtype=float), 2)
    found = roots_of(np.poly(expected)[::-1].tolist())
    np.testing.assert_allclose(np.sort(found.real), np.sort(expected), atol=1e-3)
    np.testing.assert_allclose(found.imag, 0.0, atol=1e-3)


@given(st.lists(st.integers(-12, 12), min_size=0, max_size=5, unique=True), st.sampled_from([1.0, -0.1, 1e-9, 1e100]))
@settings(deadline=None)
def test_the_polynomial_through_the_data_is_found(zeros: list[int], factor: float) -> None:
    x = np.linspace(-15, 15, 23)
    y = factor * np.prod([x - zero for zero in zeros], axis=0) * np.ones_like(x)
    coefficients = np.empty(roots.GREATEST_DEGREE + 1)
    degree = compiled(roots.fit_polynomial)(x, y, coefficients)
    assert degree == len(zeros)
    value = coefficients[: degree + 1] @ (x / roots.UNIT) ** np.arange(degree + 1)[:, None]
    np.testing.assert_allclose(value, y, atol=1e-9 * np.abs(y).max())
    found = roots_of(coefficients[: degree + 1].tolist()) * roots.UNIT
    np.testing.assert_allclose(np.sort(found.real), sorted(zeros), atol=1e-4)


@pytest.mark.parametrize("y", [[1.0], [np.inf, 1.0, 2.0], [np.nan, 0.0, 1.0, 2.0], [1e308, -1e308, 1e308, 0.0]])
def test_there_is_no_polynomial_through_too_few_points_or_too_large_ones(y: list[float]) -> None:
    x, outputs = np.arange(1.0, len(y) + 1), np.array(y)
    assert compiled(roots.fit_polynomial)(x, outputs, np.empty(roots.GREATEST_DEGREE + 1)) == -1
    for kind in (factors.line_factors, factors.half_factor, factors.level_factor):
        assert factors_of(kind, x, outputs)[0].size == 0


@pytest.mark.parametrize("unit", [1e-200, 1e-40, 1e40, 1e200])
def test_factors_are_finite_however_large_inputs_are(unit: float) -> None:
    x = unit * INPUTS
    for kind in (factors.line_factors, factors.half_factor, factors.level_factor):
        for y in (INPUTS**3 - 5 * INPUTS + 3, np.random.default_rng(0).standard_normal(INPUTS.size)):
            values, weights = factors_of(kind, x, y)
            assert np.all(np.isfinite(values)) and np.all(np.isfinite(weights))


def test_lines_are_found_on_either_side_of_zero() -> None:
    # A line times a step, and a rectified unit with a root on either side times another.
    values, weights = factors_of(factors.line_factors, INPUTS, (2 * INPUTS - 3) * np.where(INPUTS > 0, 5.0, 0.5))
    np.testing.assert_allclose(values, [INPUTS - 1.5] * 2, atol=1e-9)
    np.testing.assert_array_equal(weights, [INPUTS > 0, INPUTS < 0])
    unit = np.maximum(INPUTS, 0.1 * INPUTS)
    values, weights = factors_of(factors.line_factors, INPUTS, (unit - 1) * (3 * unit + 6))
    right, left = values[weights[:, -1] == 1], values[weights[:, 0] == 1]
    np.testing.assert_allclose(sorted(INPUTS[0] - right[:, 0]), [-2, 1], atol=1e-6)
    np.testing.assert_allclose(sorted(INPUTS[0] - left[:, 0]), [-20, 10], atol=1e-6)


def test_complex_roots_are_those_of_no_line() -> None:
    values, weights = factors_of(factors.line_factors, INPUTS, (INPUTS**2 + 4) * (INPUTS - 7))
    np.testing.assert_allclose(values, [INPUTS - 7] * 2, atol=1e-6)


def test_half_of_the_roots_are_those_of_a_factor() -> None:
    (value,), (weight,) = factors_of(factors.half_factor, INPUTS, (INPUTS**2 + 4) * (INPUTS - 7) * (INPUTS + 9))
    np.testing.assert_allclose(value, (INPUTS**2 + 4) / roots.UNIT**2, rtol=1e-6)
    assert np.all(weight == 1)
    assert factors_of(factors.half_factor, INPUTS, INPUTS - 2)[0].size == 0


def test_levels_differ_as_those_at_zero() -> None:
    inputs = INPUTS[INPUTS != 0]
    (value,), (weight,) = factors_of(
        factors.level_factor, inputs, (inputs**3 + inputs + 2) * np.where(inputs > 0, -3.0, 2.0)
    )
    np.testing.assert_allclose(value, np.where(inputs > 0, -1.5, 1.0), rtol=1e-6)
    assert np.all(weight == 1)
    assert factors_of(factors.level_factor, inputs, np.where(inputs > 0, inputs, 0.0))[0].size == 0


def test_no_more_lines_are_found_than_there_is_room_for() -> None:
    x = np.concatenate([-np.linspace(1, 9, 33)[::-1], np.linspace(1, 9, 33)])
    y = np.prod([np.abs(x) - root for root in range(1, 9)], axis=0)
    values, _ = factors_of(factors.line_factors, x, y)
    assert len(values) == factors.MOST_FACTORS
