"""Draws: the same numbers as numpy's generator gives one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.core.draws import SingleDraws

BOUNDS = st.one_of(st.integers(1, 100), st.integers(1, 2**32 - 1), st.sampled_from([2**31, 2**31 + 1, 3 * 2**30]))

# Characters, drawn so often.
PICKS = st.tuples(st.sampled_from(["ab", "abc", "abcdefghij"]), st.integers(0, 300))


@given(
    seed=st.integers(0, 2**32),
    before=st.integers(0, 3),
    calls=st.lists(
        st.one_of(st.none(), BOUNDS, st.tuples(st.integers(-1000, 1000), BOUNDS), PICKS, st.just([5])), max_size=60
    ),
)
def test_the_same_numbers_as_numpys(seed: int, before: int, calls: list) -> None:
    rng, other = np.random.default_rng(seed), np.random.default_rng(seed)
    # A generator may have half of its last 64 bits left.
    for _ in range(before):
        rng.integers(10)
        other.integers(10)
    draws = SingleDraws(other)
    for call in calls:
        if call is None:
            assert draws.random() == rng.random()
        elif isinstance(call, list):
            assert draws.randoms(call[0]) == rng.random(call[0]).tolist()
        elif isinstance(call, tuple) and isinstance(call[0], str):
            characters, count = call
            assert draws.picks(characters, count) == "".join(
                characters[rng.integers(len(characters))] for _ in range(count)
            )
        elif isinstance(call, int):
            assert draws.integers(call) == rng.integers(call)
        else:
            low, count = call
            assert draws.integers(low, low + count) == rng.integers(low, low + count)
    draws.give_back()
    assert [other.integers(10) for _ in range(3)] == [rng.integers(10) for _ in range(3)]
    assert other.random() == rng.random() and other.normal() == rng.normal()


def test_more_numbers_than_a_block() -> None:
    rng, draws = np.random.default_rng(5), SingleDraws(np.random.default_rng(5))
    assert [draws.integers(1000) for _ in range(5000)] == [rng.integers(1000) for _ in range(5000)]


def test_other_kinds_of_generators_are_refused() -> None:
    with pytest.raises(TypeError, match="expected a generator with PCG64, actual: MT19937"):
        SingleDraws(np.random.Generator(np.random.MT19937(0)))


def test_picks_are_the_same_where_some_halves_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SingleDraws, "_pick_all", lambda self, characters: None)
    rng, draws = np.random.default_rng(2), SingleDraws(np.random.default_rng(2))
    assert draws.picks("abcde", 7) == "".join("abcde"[rng.integers(5)] for _ in range(7))
