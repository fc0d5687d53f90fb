"""Observations: what is handed out is nobody else's, however long it is held."""

from collections import deque

import numpy as np
import pytest
from gymnasium import spaces

from find_gym.envs.vector.features import Features

SPACE = spaces.Dict(
    {"budget": spaces.Box(0, 1, (2,), np.float32), "a": spaces.Box(0, 1, (5,)), "b": spaces.Box(0, 1, (6,))}
)


@pytest.mark.parametrize("held", [0, 1, 2, 7, 1000])
def test_what_is_held_stays_as_it_was(held: int) -> None:
    rng = np.random.default_rng(held)
    features = Features(20, SPACE)
    kept: deque = deque(maxlen=held)
    for _ in range(200):
        features.block[rng.integers(features.block.size, size=9)] = rng.random(9)
        copy = features.copy()
        for name in ("a", "b", "budget"):
            assert copy[name].flags.writeable and copy[name].dtype == np.float32
            assert copy[name].tobytes() == features[name].tobytes()
        # Held is a part of it, or a view of a part; the rest is not.
        part = copy["b"][3:5] if rng.random() < 0.5 else copy
        kept.append((part, {name: values.copy() for name, values in copy.items()}))
        del copy, part
        for known, expected in kept:
            if isinstance(known, dict):
                assert all(known[name].tobytes() == expected[name].tobytes() for name in expected)
            else:
                assert known.tobytes() == expected["b"][3:5].tobytes()


def test_memory_that_is_dropped_is_used_again() -> None:
    features = Features(4, SPACE)
    first = features.copy()
    address = first["a"].ctypes.data
    second = features.copy()
    assert second["a"].ctypes.data != address
    # What one writes into an observation is not seen in a later one.
    first["a"][:] = 7.0
    del first
    third = features.copy()
    assert third["a"].ctypes.data == address and not third["a"].any()


def test_rows_are_copies() -> None:
    features = Features(4, SPACE)
    features["a"][3] = 2.0
    row, other = features.rows(np.array([1, 3]))
    row["a"][:] = 1.0
    assert not features["a"][:3].any() and row["a"].shape == (5,) and (other["a"] == 2.0).all()


def test_what_is_lent_is_updated_in_place() -> None:
    features = Features(4, SPACE)
    lent = features.lend()
    features["a"][2] = 1.0
    assert lent["a"][2].all() and features.lend()["a"] is lent["a"]
