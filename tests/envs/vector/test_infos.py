"""Infos are gathered as Gymnasium gathers them."""

from typing import Any

import gymnasium as gym
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.envs.vector.infos import gather_infos

COUNT = 6
# What the values of a key may be; each environment tells some of the keys.
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-9, 9),
    "float": st.floats(allow_nan=False),
    "flag": st.booleans(),
    "numpy": st.integers(-9, 9).map(np.float32),
    "text": st.text(max_size=3),
    "list": st.lists(st.integers(0, 9), max_size=3),
    "array": st.integers(0, 9).map(lambda number: np.array([number, 1], dtype=np.int8)),
    "nothing": st.none(),
}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one.dtype == other.dtype and one.shape == other.shape and one.tolist() == other.tolist()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_same_as_gymnasium(data: st.DataObject) -> None:
    info = st.fixed_dictionaries({}, optional=KINDS | {"parts": st.fixed_dictionaries({}, optional=KINDS)})
    told = data.draw(st.dictionaries(st.integers(0, COUNT - 1), info, max_size=COUNT))
    envs: gym.vector.VectorEnv[Any, Any, Any] = gym.vector.VectorEnv()
    envs.num_envs = COUNT
    expected: dict[str, Any] = {}
    for env, one in told.items():
        expected = envs._add_info(expected, one, env)
    assert same(gather_infos({}, told.items(), COUNT), expected)
