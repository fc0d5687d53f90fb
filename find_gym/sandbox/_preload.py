"""Everything a submission may import, imported before it runs, because the sandbox cannot open a file."""

from __future__ import annotations

import gc
import importlib
import linecache
import sys
import warnings
from types import ModuleType
from typing import Any

MODULES = """
    abc array ast base64 binascii bisect builtins calendar cmath codecs collections collections.abc colorsys contextlib
    copy ctypes dataclasses datetime decimal difflib enum errno fractions functools gc hashlib heapq html inspect io
    itertools json keyword locale math numbers operator os os.path pprint queue random re secrets signal stat
    statistics string stringprep struct sys textwrap threading time timeit traceback types typing unicodedata
    urllib.parse uuid warnings weakref zlib zoneinfo
    _strptime encodings.ascii encodings.cp1252 encodings.cp437 encodings.idna encodings.latin_1 encodings.punycode
    encodings.raw_unicode_escape encodings.rot_13 encodings.unicode_escape encodings.utf_16 encodings.utf_32
    encodings.utf_7 encodings.utf_8 encodings.utf_8_sig encodings.hex_codec encodings.base64_codec
    encodings.iso8859_1 encodings.iso8859_15
    numpy numpy.char numpy.ctypeslib numpy.dtypes numpy.exceptions numpy.fft numpy.lib
    numpy.lib.stride_tricks numpy.lib.scimath numpy.linalg numpy.ma numpy.polynomial numpy.random numpy.rec
    numpy.strings numpy.typing
"""
"""Where a module is missing from this Python or NumPy, it is left out."""


class Refusal:
    """The only finder of modules once a submission runs: it refuses, and touches no file while doing so."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Raise ``ModuleNotFoundError`` for every module that is not loaded."""
        raise ModuleNotFoundError(f"the sandbox has no module named {name!r}", name=name)


def _no_source_lines(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: fail to open the "file" of code that was compiled from a string.

    Python does so, without need, to quote the faulty line of a syntax error; that must not count as opening a file.
    """
    if event == "open" and type(arguments[0]) is str and arguments[0][:1] == "<" and arguments[0][-1:] == ">":
        raise FileNotFoundError(arguments[0])


def load() -> None:
    """Import the modules and run what they set up at first use (lazy imports, BLAS buffers, time zone)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in MODULES.split():
            try:
                importlib.import_module(name)
            except ImportError:
                continue
        _warm_up()


def _warm_up() -> None:
    import datetime
    import random
    import time

    import numpy as np

    matrix = np.eye(48) + 0.01
    np.linalg.solve(matrix, matrix @ matrix[0])
    np.linalg.eigvals(matrix)
    np.linalg.svd(matrix)
    np.polyfit(np.arange(9.0), np.arange(9.0) ** 2, 2)
    np.median(np.fft.fft(matrix).real)
    np.random.default_rng().normal(size=4)
    random.SystemRandom().random()
    repr(matrix)
    np.array2string(np.array([1 + 1j, np.nan]))
    time.strptime("2000", "%Y")
    time.localtime()
    datetime.datetime.now().astimezone()
    "a.b".encode("idna").decode("idna")


def seal() -> None:
    """Make the interpreter self-sufficient: no imports from files, no reading of source lines, no reports on stderr.

    To be called once, in a process that will do nothing but run submissions.
    """
    sys.meta_path[:] = [Refusal]  # type: ignore[list-item]
    sys.path[:] = []
    sys.path_hooks[:] = []
    sys.path_importer_cache.clear()
    sys.argv[:] = sys.orig_argv[:] = ["submission"]
    linecache.checkcache = lambda filename=None: None
    linecache.updatecache = lambda filename, module_globals=None: []
    sys.excepthook = lambda kind, error, traceback: None
    sys.unraisablehook = lambda unraisable: None
    sys.addaudithook(_no_source_lines)
    warnings.simplefilter("ignore")
    sys.modules["__main__"] = ModuleType("__main__")
    gc.collect()
    gc.freeze()
