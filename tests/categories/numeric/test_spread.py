"""The spread of outputs."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from find_gym.categories.numeric.spread import quantile, spread_of

NUMBERS = arrays.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e9, 1e9))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(values=NUMBERS, share=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
def test_quantiles_are_those_of_numpy(values: NDArray[np.float64], share: float) -> None:
    assert quantile(np.sort(values), share) == np.quantile(values, share)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(values=NUMBERS)
def test_the_spread_is_the_interquartile_range(values: NDArray[np.float64]) -> None:
    low, high = np.percentile(values, [25, 75])
    assert spread_of(np.append(values, np.nan)) == (high - low or np.std(values))


def test_where_most_values_are_alike_it_is_the_standard_deviation() -> None:
    values = np.array([1.0] * 9 + [4.0])
    assert spread_of(values) == np.std(values) > 0


def test_without_values_it_is_0() -> None:
    assert spread_of(np.array([np.nan, np.inf])) == 0.0
