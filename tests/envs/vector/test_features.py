"""Observations: what is handed out is nobody else's, however long it is held."""

from collections import deque

import numpy as np
import pytest
from gymnasium import spaces

from find_gym.envs.vector import features as module
from find_gym.envs.vector.features import Features

SPACE = spaces.Dict(
    {"budget": spaces.Box(0, 1, (2,), np.float32), "a": spaces.Box(0, 1, (5,)), "b": spaces.Box(0, 1, (6,))}
)


def change(features: Features, rng: np.random.Generator) -> None:
    """Changes something in each of the ways, and says so."""
    count = features.count
    features["budget"][:] = rng.random((count, 2))
    places = features.start("a") + rng.integers(5 * count, size=(2, 3))
    features.block[places] = rng.random((2, 3))
    features.touch(places)
    rows = rng.integers(2 * count, size=3)
    features["b"].reshape(-1, 3)[rows] = rng.random((3, 3))
    features.touch_rows("b", 3, rows)
    if rng.random() < 0.2:
        envs = rng.choice(count, size=int(rng.integers(1, count + 1)), replace=False)
        for name in ("a", "b", "budget"):
            features[name][envs] = rng.random(features[name][envs].shape)
        features.touch_all(envs)


@pytest.mark.parametrize("held", [0, 1, 2, 7, 1000])
def test_what_is_held_stays_as_it_was(held: int) -> None:
    rng = np.random.default_rng(held)
    features = Features(20, SPACE)
    kept: deque = deque(maxlen=held)
    for _ in range(200):
        change(features, rng)
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
    row = features.row(2)
    row["a"][:] = 1.0
    assert not features["a"].any() and row["a"].shape == (5,)


@pytest.mark.parametrize("small", [0, 1 << 17])
def test_what_is_lent_stands_until_the_call_after_the_next(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALL", small)
    rng = np.random.default_rng(1)
    features = Features(20, SPACE)
    last = features.lend()
    addresses = {last["a"].ctypes.data}
    for _ in range(100):
        before = {name: values.copy() for name, values in last.items()}
        change(features, rng)
        lent = features.lend()
        assert all(lent[name].tobytes() == features[name].tobytes() for name in SPACE)
        assert all(last[name].tobytes() == before[name].tobytes() for name in SPACE)
        last = lent
        addresses.add(lent["a"].ctypes.data)
    assert len(addresses) == 2
