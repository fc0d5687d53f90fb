"""The encoding: exact for what it holds, unshakeable by anything else."""

import math
import struct
from collections import Counter, OrderedDict, namedtuple
from enum import IntEnum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.sandbox._codec import (
    MAX_DEPTH,
    MAX_INT_BITS,
    MAX_ODD_KEYS,
    DecodeError,
    Simplifier,
    TooLargeError,
    decode,
    encode,
)

LIMIT = 1 << 20
any_text = st.text(st.characters(codec=None, exclude_categories=()))
bounded_ints = st.integers(-(1 << (MAX_INT_BITS - 1)), 1 << (MAX_INT_BITS - 1))
scalars = st.none() | st.booleans() | st.integers() | bounded_ints | st.floats() | st.complex_numbers() | any_text
keys = st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text | st.tuples(any_text, st.integers())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner),
    max_leaves=30,
)


def deterministic(examples: int) -> settings:
    """The same examples at every run."""
    return settings(max_examples=examples, derandomize=True, deadline=None, database=None)


def same(left, right) -> bool:
    """Equality that tells -0.0 from 0.0 and 1 from True, and holds for NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return struct.pack("d", left) == struct.pack("d", right) or (math.isnan(left) and math.isnan(right))
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left), list(right)) and same(list(left.values()), list(right.values()))
    return left == right


@deterministic(100)
@given(values)
def test_every_value_round_trips_exactly(value):
    assert same(decode(encode(value, LIMIT)), value)


@deterministic(100)
@given(st.lists(st.floats()) | st.lists(any_text) | st.lists(st.integers()))
def test_uniform_lists_round_trip_exactly(value):
    assert same(decode(encode(value, LIMIT)), value)


@deterministic(400)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_give_a_value_or_a_decode_error(data):
    try:
        decode(data)
    except DecodeError:
        pass


@deterministic(400)
@given(values, st.data())
def test_damaged_encodings_give_a_value_or_a_decode_error(value, data):
    encoded = bytearray(encode(value, LIMIT))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(encoded)))
    for damaged in (bytes(encoded), bytes(encoded[:cut]), bytes(encoded) + b"N"):
        try:
            decode(damaged)
        except DecodeError:
            pass


@pytest.mark.parametrize("tag", b"sDQSltdI")
def test_an_announced_size_beyond_the_bytes_is_refused_before_it_is_allocated(tag):
    with pytest.raises(DecodeError):
        decode(bytes([tag]) + struct.pack("=I", 0xFFFFFFFF) + b"N" * 50)


def test_deep_nesting_is_refused():
    with pytest.raises(DecodeError):
        decode((b"l" + struct.pack("=I", 1)) * 100_000 + b"N")
    nested = 1.5
    for _ in range(MAX_DEPTH):
        nested = [nested, "x"]
    assert same(decode(encode(Simplifier(LIMIT)(nested), LIMIT)), nested)
    with pytest.raises(ValueError, match="nested"):
        Simplifier(LIMIT)([nested])


def test_long_integers_are_refused_on_both_sides():
    with pytest.raises(ValueError, match="bits"):
        Simplifier(LIMIT)(10**100_000)
    data = (10**100_000).to_bytes(50_000, "little")
    with pytest.raises(DecodeError):
        decode(b"I" + struct.pack("=I", len(data)) + data)


def test_a_dict_of_colliding_keys_is_refused():
    def entry(key: int) -> bytes:
        return encode(key * (2**61 - 1), LIMIT) + b"N"

    data = b"d" + struct.pack("=I", 20_000) + b"".join(entry(key) for key in range(20_000))
    with pytest.raises(DecodeError):
        decode(data)
    with pytest.raises(ValueError, match="keys"):
        Simplifier(LIMIT)({key: None for key in range(MAX_ODD_KEYS + 1)})
    many = {str(key): None for key in range(10 * MAX_ODD_KEYS)}
    assert decode(encode(Simplifier(LIMIT)(many), LIMIT)) == many


def test_keys_that_cannot_be_hashed_are_refused():
    with pytest.raises(DecodeError):
        decode(b"d" + struct.pack("=I", 1) + encode([1], LIMIT) + b"N")


def test_the_size_is_bounded_while_encoding_not_after():
    bomb = ["x"]
    for _ in range(50):
        bomb = [bomb, bomb]
    with pytest.raises(TooLargeError):
        encode(bomb, LIMIT)
    with pytest.raises(TooLargeError):
        Simplifier(LIMIT)(bomb)


class Colour(IntEnum):
    RED = 3


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.clongdouble(0.5), 0.5 + 0j),
        (np.int8(-3), -3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.complex64(1j), 1j),
        (np.str_("ä"), "ä"),
        (np.array(2.5), 2.5),
        (np.array([2.5]), 2.5),
        (np.array([[7]]), 7),
        (np.array([1, 2]), [1, 2]),
        (np.zeros((2, 2)), [[0.0, 0.0], [0.0, 0.0]]),
        (np.array([]), []),
        (np.array([None, "a"], dtype=object), [None, "a"]),
        (Colour.RED, 3),
        (Point(1, np.float64(2)), (1, 2.0)),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (True, True),
    ],
)
def test_conversion_to_plain_data(value, expected):
    assert same(Simplifier(LIMIT)(value), expected)


@pytest.mark.parametrize("value", [object(), {1}, b"x", len, int, np.datetime64("2020-01-01"), iter("")])
def test_types_without_a_plain_form(value):
    with pytest.raises(TypeError, match="unsupported value of type"):
        Simplifier(LIMIT)(value)
