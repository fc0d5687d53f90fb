"""Sets as bits, beside Python's."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.core.kernels.bits import add_member, next_member, previous_member
from tests.compiled import compiled

WORDS = 3


@settings(deadline=None)
@given(st.sets(st.integers(0, 64 * WORDS - 1)))
def test_neighbours_are_those_of_sets(members: set[int]) -> None:
    words = np.zeros(WORDS, dtype=np.int64)
    for member in members:
        compiled(add_member)(words, member)
    for number in range(64 * WORDS):
        assert compiled(next_member)(words, number) == min((one for one in members if one >= number), default=-1)
        assert compiled(previous_member)(words, number) == max((one for one in members if one < number), default=-1)
    assert compiled(next_member)(words, 64 * WORDS) == -1
