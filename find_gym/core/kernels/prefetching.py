"""Asking for memory before it is needed, so that a loop over scattered places waits for several of them at a time."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from find_gym.core.kernels.compiling import exact_helper

AHEAD = 12
"""How many turns of a loop in advance a place is asked for: about as many lines as a processor waits for at once."""


@intrinsic
def _prefetch_intrinsic(typing: Any, array: Any, place: Any) -> Any:
    """Has the processor load the line of a place into its caches; any place will do, even beyond the end."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        called = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, called, "llvm.prefetch.p0i8")
        # To be read, to stay in all caches, data.
        options = [ir.Constant(number, value) for value in (0, 3, 1)]
        builder.call(function, [builder.bitcast(builder.gep(data, [arguments[1]]), pointer), *options])
        return context.get_dummy_value()

    return types.void(array, place), generate


# As a loop calls it, without the context of types.
_prefetch: Any = _prefetch_intrinsic


@exact_helper
def prefetch(array: Any, place: int) -> None:
    """Asks for the line of memory around a place of a flat array, which need not be inside."""
    _prefetch(array, place)
