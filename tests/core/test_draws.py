"""Draws: the same numbers as numpy's generator gives one by one."""

import ctypes
import threading
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.entities.sampling import sample_entity
from find_gym.categories.relations.sampling import sample_relation
from find_gym.core.draws import SeededBits, SingleDraws, address_of, draw_in_loop, seeded_generator
from find_gym.core.kernels import draws as loops
from find_gym.core.kernels import generators as loops_of_numpy
from tests.compiled import compiled

BOUNDS = st.one_of(st.integers(1, 100), st.integers(1, 2**32 - 1), st.sampled_from([2**31, 2**31 + 1, 3 * 2**30]))


@given(
    seed=st.integers(0, 2**32),
    before=st.integers(0, 3),
    calls=st.lists(
        st.one_of(st.none(), st.just("seed"), BOUNDS, st.tuples(st.integers(-1000, 1000), BOUNDS)), max_size=60
    ),
    bits=st.sampled_from([np.random.PCG64, np.random.MT19937]),
)
def test_the_same_numbers_as_numpys(seed: int, before: int, calls: list, bits: Any) -> None:
    rng, other = np.random.Generator(bits(seed)), np.random.Generator(bits(seed))
    # A generator may have half of its last 64 bits left.
    for _ in range(before):
        rng.integers(10)
        other.integers(10)
    draws = SingleDraws(other)
    for call in calls:
        if call is None:
            assert draws.random() == rng.random()
        elif call == "seed":
            assert draws.seed() == rng.integers(2**63)
        elif isinstance(call, int):
            assert draws.integers(call) == rng.integers(call)
        else:
            low, count = call
            assert draws.integers(low, low + count) == rng.integers(low, low + count)
    assert [other.integers(10) for _ in range(3)] == [rng.integers(10) for _ in range(3)]
    assert other.random() == rng.random() and other.normal() == rng.normal()


@pytest.mark.parametrize("seed", range(20))
def test_decimals_are_integers_over_their_unit(seed: int) -> None:
    draws, rng = SingleDraws(np.random.default_rng(seed)), np.random.default_rng(seed)
    ranges = [(-2, 5, 1, True), (-2, 5, 10, False), (7, 1, 1, False), (0, 3 << 30, 100, True), (-1, 2, 10, True)] * 9
    for drawn, (first, count, scale, nonzero) in zip(draws.decimals(ranges), ranges, strict=True):
        step = rng.integers(first, first + count)
        while nonzero and step == 0:
            step = rng.integers(first, first + count)
        assert drawn == step / scale and isinstance(drawn, float if scale > 1 else int)
    assert draws.rng.bit_generator.state == rng.bit_generator.state


class OwnFunction:
    """Bits of another library, with a function for each generator: one that always gives the same number."""

    def __init__(self, number: int) -> None:
        self.lock = threading.Lock()
        results = {"next_uint32": ctypes.c_uint32, "next_uint64": ctypes.c_uint64, "next_double": ctypes.c_double}
        kinds = {name: ctypes.CFUNCTYPE(result, ctypes.c_void_p) for name, result in results.items()}
        functions = {name: kind(lambda state: number) for name, kind in kinds.items()}
        self.ctypes = SimpleNamespace(**functions, state_address=0)


def test_generators_of_one_class_may_have_different_functions() -> None:
    others = [SimpleNamespace(bit_generator=OwnFunction(number)) for number in (3 << 30, 1 << 30)]
    assert [SingleDraws(other).integers(10) for other in others] == [7, 2]  # type: ignore[arg-type]


class Watched:
    """A generator that tells whether its lock is held while its address is asked for."""

    def __init__(self) -> None:
        self.rng, self.depth, self.held = np.random.default_rng(0), 0, []
        self.bit_generator = self.lock = self

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *error: object) -> None:
        self.depth -= 1

    @property
    def capsule(self) -> Any:
        self.held.append(self.depth == 1)
        return self.rng.bit_generator.capsule

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rng, name)


@pytest.mark.parametrize("sample", [sample_entity, sample_relation])
def test_loops_hold_the_lock_of_the_generator_they_draw_from(sample: Any) -> None:
    watched = Watched()
    assert sample(watched) == sample(np.random.default_rng(0))
    assert watched.held and all(watched.held)


@numba.njit
def _loop(generator: int, counts: np.ndarray, drawn: np.ndarray, order: np.ndarray, places: np.ndarray) -> None:
    for number in range(counts.size):
        drawn[number] = loops_of_numpy.draw_integer(generator, counts[number])
    drawn[counts.size] = loops_of_numpy.draw_uniform(generator)
    loops_of_numpy.shuffle(generator, order)
    loops_of_numpy.choose_places(generator, order.size, places)


@given(
    seed=st.integers(0, 2**32),
    counts=st.lists(BOUNDS, max_size=10),
    size=st.integers(1, 200) | st.integers(1, 10_000),
    share=st.floats(0, 1),
    bits=st.sampled_from([np.random.PCG64, np.random.MT19937]),
)
@settings(deadline=None)
def test_loops_draw_from_a_generator_as_it_does_itself(
    seed: int, counts: list[int], size: int, share: float, bits: Any
) -> None:
    rng, other = np.random.Generator(bits(seed)), np.random.Generator(bits(seed))
    drawn, order = np.empty(len(counts) + 1), np.arange(size)
    places = np.empty(int(share * min(size, 40)), dtype=np.int64)
    _loop(address_of(rng), np.array(counts, dtype=np.int64), drawn, order, places)
    assert drawn.tolist() == [*[other.integers(count) for count in counts], other.random()]
    assert order.tolist() == other.permutation(size).tolist()
    assert places.tolist() == other.choice(size, size=len(places), replace=False).tolist()
    assert rng.integers(10) == other.integers(10) and rng.random() == other.random()


@numba.njit
def _seeded_loop(words: np.ndarray, cursor: np.ndarray, order: np.ndarray, drawn: np.ndarray) -> None:
    drawn[0] = loops.integer(words, cursor, 10)
    loops.shuffle(words, cursor, order)
    drawn[1] = loops.integer(words, cursor, 10)
    drawn[2] = loops.integer(words, cursor, 10)


@given(
    entropy=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9),
    size=st.integers(0, 300) | st.sampled_from([4095, 4096, 4097]),
)
@settings(deadline=None)
def test_loops_draw_from_a_seed_as_numpy_does(entropy: list[int], size: int) -> None:
    words = np.array(entropy, dtype=np.uint32)
    rng, order, drawn = np.random.default_rng(words), np.arange(size), np.empty(3, dtype=np.int64)

    def loop(words: np.ndarray, cursor: np.ndarray) -> None:
        order[:] = np.arange(size)
        _seeded_loop(words, cursor, order, drawn)

    draw_in_loop(SeededBits(words), 64, loop)
    first = rng.integers(10)
    assert order.tolist() == rng.permutation(size).tolist()
    assert drawn.tolist() == [first, rng.integers(10), rng.integers(10)]


def test_other_kinds_of_generators_are_refused() -> None:
    with pytest.raises(TypeError, match="expected a generator with PCG64, actual: MT19937"):
        draw_in_loop(np.random.Generator(np.random.MT19937(0)), 1, lambda words, cursor: None)


@pytest.mark.parametrize("size", [1, 64])
@pytest.mark.parametrize("halves", [0, 1, 2])
def test_a_loop_leaves_the_generator_as_if_it_had_drawn_from_it(size: int, halves: int) -> None:
    rng, other = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(halves):
        rng.integers(10)
        other.integers(10)
    drawn: list[int] = []

    def loop(words: np.ndarray, cursor: np.ndarray) -> None:
        # As compiled loops do: an integer below 100, from the half that is left or else a word's lower half.
        drawn.clear()
        for _ in range(7):
            half = int(cursor[1])
            if half < 0:
                word = int(words[cursor[0]]) if cursor[0] < len(words) else 0
                half, cursor[1] = word & (2**32 - 1), word >> 32
                cursor[0] += 1
            else:
                cursor[1] = -1
            drawn.append(half * 100 >> 32)

    draw_in_loop(other, size, loop)
    assert drawn == [rng.integers(100) for _ in range(7)]
    assert [other.integers(10) for _ in range(3)] == [rng.integers(10) for _ in range(3)]
    assert other.random() == rng.random()


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=12))
@settings(deadline=None)
def test_loops_seed_a_generator_as_numpy_does(entropy: list[int]) -> None:
    state = np.empty(4, dtype=np.uint64)
    compiled(loops.seed)(np.array(entropy, dtype=np.uint32), state)
    bits = np.random.default_rng(np.array(entropy, dtype=np.uint32)).bit_generator
    assert [int(compiled(loops.generate)(state)) for _ in range(5)] == bits.random_raw(5).tolist()
    seeded, drawn = SeededBits(np.array(entropy, dtype=np.uint32)), [0] * 14
    for size in (2, 3, 9):

        def take(words: np.ndarray, cursor: np.ndarray, size: int = size) -> None:
            place = cursor[0]
            drawn[place : place + size] = words[place : place + size].tolist()
            cursor[0] += size

        # The last time, with fewer words than it takes.
        draw_in_loop(seeded, 3, take)
    assert drawn == np.random.default_rng(np.array(entropy, dtype=np.uint32)).bit_generator.random_raw(14).tolist()


@given(st.lists(st.integers(0, 2**70), min_size=1, max_size=5))
@settings(deadline=None)
def test_a_generator_is_seeded_as_numpy_does(entropy: list[int]) -> None:
    assert seeded_generator(*entropy).bit_generator.state == np.random.default_rng(entropy).bit_generator.state


@pytest.mark.parametrize("entropy", [(-1, 5), (5, -(2**40))])
def test_no_generator_is_seeded_by_negative_integers(entropy: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"expected non-negative integers, actual: \(.*-"):
        seeded_generator(*entropy)
