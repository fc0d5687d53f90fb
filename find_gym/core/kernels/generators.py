"""Single numbers drawn in compiled loops from a generator of NumPy, which moves on as if they were drawn one by one.

Loops get the address of the generator's `bitgen_t` (numpy/random/bitgen.h, a part of NumPy's public C API) from
`find_gym.core.draws.address_of`, an integer: its state, and functions of that state for the next 64 and 32 bits and the
next number in [0, 1), one pointer after the other. The distributions of that API are found where NumPy's documentation
finds them ("Extending via CFFI"): in the library of its class `Generator`.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_NEXT_64, _NEXT_32, _NEXT_DOUBLE = 1, 2, 3

_library = ctypes.CDLL(np.random._generator.__file__)  # type: ignore[attr-defined]
for _name in ("random_standard_normal", "random_normal", "random_uniform", "random_poisson"):
    # Loops name what they call, so that they can be kept: in each process it is elsewhere.
    binding.add_symbol(_name, ctypes.cast(_library[_name], ctypes.c_void_p).value)


def _call(builder: Any, address: Any, place: int, result: Any) -> Any:
    """Calls the function at a place of a `bitgen_t` with its state."""
    pointer = ir.IntType(8).as_pointer()
    table = builder.inttoptr(address, pointer.as_pointer())
    state = builder.load(table)
    function = builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), place)]))
    return builder.call(builder.bitcast(function, ir.FunctionType(result, [pointer]).as_pointer()), [state])


def _call_named(builder: Any, name: str, result: Any, generator: Any, *parameters: Any) -> Any:
    """Calls a distribution with a generator and its parameters, all of them float64."""
    pointer = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(result, [pointer, *[ir.DoubleType()] * len(parameters)])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, [builder.inttoptr(generator, pointer), *parameters])


@intrinsic
def _next_64(typing: Any, generator: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, arguments[0], _NEXT_64, ir.IntType(64))

    return types.uint64(types.int64), generate


@intrinsic
def _next_32(typing: Any, generator: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.zext(_call(builder, arguments[0], _NEXT_32, ir.IntType(32)), ir.IntType(64))

    return types.uint64(types.int64), generate


@intrinsic
def _next_double(typing: Any, generator: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, arguments[0], _NEXT_DOUBLE, ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def _standard_normal(typing: Any, generator: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call_named(builder, "random_standard_normal", ir.DoubleType(), *arguments)

    return types.float64(types.int64), generate


@intrinsic
def _normal(typing: Any, generator: Any, mean: Any, deviation: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call_named(builder, "random_normal", ir.DoubleType(), *arguments)

    return types.float64(types.int64, types.float64, types.float64), generate


@intrinsic
def _uniform(typing: Any, generator: Any, low: Any, width: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call_named(builder, "random_uniform", ir.DoubleType(), *arguments)

    return types.float64(types.int64, types.float64, types.float64), generate


@intrinsic
def _poisson(typing: Any, generator: Any, mean: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call_named(builder, "random_poisson", ir.IntType(64), *arguments)

    return types.int64(types.int64, types.float64), generate


# As a loop calls them, without the context of types.
_word: Any = _next_64
_bits: Any = _next_32
_double: Any = _next_double
draw_standard_normal: Any = _standard_normal
"""Draws a number, as `generator.standard_normal()` does."""
draw_normal: Any = _normal
"""Draws a number, as `generator.normal(mean, deviation)` does."""
draw_between: Any = _uniform
"""Draws a number, as `generator.uniform(low, low + width)` does."""
draw_poisson: Any = _poisson
"""Draws an integer, as `generator.poisson(mean)` does."""


@exact_helper
def draw_bits(generator: int) -> Any:
    """Draws 64 bits, an unsigned integer."""
    return _word(generator)


@exact_helper
def draw_integer(generator: int, count: int) -> Any:
    """Draws an integer in [0, count), for a count up to 2**32 - 1, as `generator.integers(count)` does."""
    if count <= 1:
        return 0
    wide = np.uint64(count)
    product = _bits(generator) * wide
    if product & _LOW < wide:
        # The method of Lemire; see `find_gym.core.draws.SingleDraws`.
        least = (_LOW - wide + np.uint64(1)) % wide
        while product & _LOW < least:
            product = _bits(generator) * wide
    return np.int64(product >> _HALF)


@exact_helper
def draw_uniform(generator: int) -> float:
    """Draws a number in [0, 1), as `generator.random()` does."""
    return _double(generator)


@exact_borrowing_helper
def shuffle(generator: int, values: Any) -> None:
    """Shuffles an array, as `generator.shuffle(values)` does."""
    for last in range(values.size - 1, 0, -1):
        # The place of the other one is drawn from as many bits as `last` has, again while it is beyond that.
        mask = np.uint64(last)
        for half in (1, 2, 4, 8, 16):
            mask |= mask >> np.uint64(half)
        other = np.int64(_bits(generator) & mask)
        while other > last:
            other = np.int64(_bits(generator) & mask)
        values[last], values[other] = values[other], values[last]


@exact_borrowing_helper
def choose_places(generator: int, count: int, places: Any) -> None:
    """Writes different integers below `count`, as `generator.choice(count, size, replace=False)` draws them.

    It is Floyd's algorithm (Bentley and Floyd, "A Sample of Brilliance", Communications of the ACM 30, 1987), then a
    shuffle; NumPy has another one above 10,000.
    """
    size = places.size
    for number in range(size):
        last = count - size + number
        place = draw_integer(generator, last + 1)
        is_new = True
        for before in range(number):
            is_new &= places[before] != place
        places[number] = place if is_new else last
    for last in range(size - 1, 0, -1):
        other = draw_integer(generator, last + 1)
        places[last], places[other] = places[other], places[last]
