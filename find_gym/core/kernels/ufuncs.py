"""NumPy's own loops, called from compiled ones: no other library has the last bits of its sines and exponentials.

A universal function holds the addresses of its loops, one for each combination of types, each of them called as
`loop(arguments, count, strides, data)`; see `PyUFuncObject` and `PyUFuncGenericFunction` in NumPy's C API.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from find_gym.core.kernels.compiling import exact_borrowing_helper


class _Ufunc(ctypes.Structure):
    """The first members of `PyUFuncObject`, after those of all objects."""

    _fields_ = (
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
    )


def address_of_loop(function: np.ufunc) -> int:
    """Returns the address of the loop of a universal function from float64 to float64.

    Raises:
        RuntimeError: its memory is not what NumPy's C API says, or the loop needs more than inputs and outputs.
    """
    members = _Ufunc.from_address(id(function) + object.__basicsize__)
    expected = (function.nin, function.nout, function.nargs, function.ntypes)
    actual = (members.nin, members.nout, members.nargs, members.ntypes)
    place = function.types.index("d->d")
    if actual != expected or members.data[place] is not None:
        raise RuntimeError(f"expected {function} as NumPy's C API has it, {expected}, actual: {actual}")
    return int(members.functions[place])  # type: ignore[arg-type]


@intrinsic
def _call_loop(typing: Any, address: Any, count: Any, x: Any, y: Any) -> Any:
    """Calls the loop at an address for numbers side by side; arrays are given by their addresses."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        pointer = word.as_pointer()
        called = builder.inttoptr(arguments[0], ir.FunctionType(ir.VoidType(), [pointer] * 4).as_pointer())

        def written(*values: Any) -> Any:
            room = builder.alloca(word, len(values))
            for place, value in enumerate(values):
                builder.store(value, builder.gep(room, [ir.Constant(word, place)]))
            return room

        stride = ir.Constant(word, 8)
        given = [written(*arguments[2:]), written(arguments[1]), written(stride, stride)]
        builder.call(called, [*given, ir.Constant(pointer, None)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate


# As a loop calls it, without the context of types.
_call: Any = _call_loop


@exact_borrowing_helper
def apply_loop(address: int, x: Any, y: Any) -> None:
    """Applies the universal function whose loop has this address.

    Args:
        address: see `address_of_loop`.
        x: the arguments, contiguous, shape `(n,)`.
        y: where to write the values, contiguous, other memory than the arguments', shape `(n,)`.
    """
    _call(address, x.size, x.ctypes.data, y.ctypes.data)
