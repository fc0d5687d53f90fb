"""Names that submitted code may use: modules, built-in functions, and what the attributes of both are called."""

from __future__ import annotations

import builtins
import importlib
import warnings
from functools import cache

import numpy as np

MODULES = frozenset(
    """
    bisect calendar cmath collections collections.abc datetime decimal fractions functools heapq itertools math numbers
    numpy numpy.char numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random operator random re statistics string
    textwrap time typing unicodedata warnings
    """.split()
)

SAFE_BUILTINS = frozenset(
    """
    abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate filter float
    format frozenset hash hex int isinstance issubclass iter len list map max memoryview min next object oct ord pow
    print property range repr reversed round set slice sorted staticmethod str sum super tuple type zip Ellipsis
    NotImplemented
    """.split()
) | {name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)}

UNSAFE_BUILTINS = frozenset(name for name in dir(builtins) if name not in SAFE_BUILTINS)

# Methods that give an own class its behaviour. Those that are told a name (`__getattr__`) are none of them.
SPECIAL_METHODS = frozenset(
    f"__{name}__"
    for name in """
    init call len iter next getitem setitem delitem contains bool float int complex index abs neg pos round repr str
    hash eq ne lt le gt ge add sub mul truediv floordiv mod pow matmul radd rsub rmul rtruediv rfloordiv rmod rpow
    iadd isub imul enter exit missing
    """.split()
)

# What leads to frames, code, names, files or other modules without an underscore in its own name.
UNSAFE_ATTRIBUTES = frozenset(
    """
    ag_await ag_code ag_frame cr_await cr_code cr_frame cr_origin f_back f_builtins f_code f_globals f_locals f_trace
    gi_code gi_frame gi_yieldfrom tb_frame tb_next mro attrgetter methodcaller update_wrapper format_map Formatter
    namedtuple NamedTuple TypedDict ForwardRef get_type_hints
    load loads loadtxt genfromtxt fromfile fromregex frombuffer fromstring save savetxt savez savez_compressed memmap
    open_memmap DataSource tofile dump dumps ctypes ctypeslib f2py lib core compat distutils testing lookfor source info
    who get_include
    builtins codecs contextlib copyreg dataclasses enum gc importlib inspect io linecache locale marshal os pickle
    signal subprocess sys threading traceback types weakref zlib
    """.split()
)


@cache
def public_names(module: str) -> frozenset[str]:
    """Returns the public names of a module that may be imported."""
    return frozenset(name for name in dir(importlib.import_module(module)) if not name.startswith("_"))


@cache
def known_names() -> frozenset[str]:
    """Returns what attributes, keywords and built-in functions outside of submitted code are called."""
    kinds = (str, bytes, list, tuple, dict, set, frozenset, int, float, complex, slice, range, property, Exception)
    named: set[str] = {name for kind in (*kinds, np.ndarray, np.float64, np.random.Generator) for name in dir(kind)}
    for module in sorted(MODULES):
        named |= public_names(module)
        for name in public_names(module):
            with warnings.catch_warnings():
                # NumPy warns when a deprecated name is looked up.
                warnings.simplefilter("ignore", DeprecationWarning)
                value = getattr(importlib.import_module(module), name, None)
            if isinstance(value, type) and value.__module__.partition(".")[0] != "numpy":
                named |= set(dir(value))
    return frozenset(name for name in named if not name.startswith("_")) | SAFE_BUILTINS | MODULES | _KEYWORDS | {"*"}


_KEYWORDS = frozenset(
    """
    a_max a_min axis base byteorder capitalize casefold count decimals default dtype encoding end endpoint errors
    fillvalue flags flush initial key keepdims left maxlen maxsize maxsplit ndigits num out period rel_tol abs_tol
    repeat reverse right sep signed size start step stop strict where
    """.split()
)
