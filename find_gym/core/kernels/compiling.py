"""How kernels are compiled: with given types, without the interpreter's lock, and kept on disk."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache, partial, wraps
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

Function = TypeVar("Function", bound=Callable[..., Any])

_EXACT_OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
# Sums may be reordered, so that several terms are added at a time; NaN and infinity keep their meaning. A loop that
# sums must not fill an array, too: it would be compiled for arrays that may overlap and for such that can't, each with
# an order of its own, so that where they lie in memory would decide on the last digits.
_OPTIONS = {**_EXACT_OPTIONS, "fastmath": {"reassoc", "contract"}}
# Parts of kernels are called neither from Python nor from C; what would let these do so takes as long to compile as a
# short loop.
_PART: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": True}
# Without counts of the references to arrays: each change of one takes as long as a short sum.
_BORROWING: dict[str, Any] = {**_PART, "_nrt": False}
_INLINED: dict[str, Any] = {**_PART, "forceinline": True}
_FORMULA = "void({0}, int64, int64, {0}, int64, {0}, {0})".format("CPointer(float64)")
_JOB = "void(int64, CPointer(int64))"
_PACKAGE = __name__.partition(".")[0]
_config: Any = numba.config
if _config.DISABLE_JIT:
    raise RuntimeError("expected compiled loops, for draws, fits and scores, actual: NUMBA_DISABLE_JIT=1; unset it")
_lock = threading.RLock()
# The code at an address lives as long as what it was compiled to.
_called: list[Any] = []
# Folders of kernels that can be kept nowhere, which end with the process.
_lost: list[tempfile.TemporaryDirectory[str]] = []


def helper(function: Function) -> Function:
    """Compiles a function as a part of the kernels that call it."""
    return _part(function, _PART | _OPTIONS)


def borrowing_helper(function: Function) -> Function:
    """Compiles a function that makes no arrays, and returns none, as a part of the kernels that call it.

    What it is given lives as long as the call, so that it need not count who refers to it. It may call what does.
    """
    return _part(function, _BORROWING | _OPTIONS)


def exact_helper(function: Function) -> Function:
    """Compiles a function as a part of exact kernels."""
    return _part(function, _PART | _EXACT_OPTIONS)


def exact_borrowing_helper(function: Function) -> Function:
    """Compiles a function that makes no arrays as a part of exact kernels; see `borrowing_helper`."""
    return _part(function, _BORROWING | _EXACT_OPTIONS)


def inlined_helper(function: Function) -> Function:
    """Compiles a function as a part of exact kernels, into each place that calls it.

    To pass an array takes some ten nanoseconds, which count in what is called for each short string.
    """
    return _part(function, _INLINED | _EXACT_OPTIONS)


def _part(function: Function, options: dict[str, Any]) -> Function:
    """Compiles a function once for all integers that it is given: by default, Numba does for each constant anew."""
    compiled: Any = numba.njit(pipeline_class=_PartCompiler, **options)(function)
    # From Python, the function is called as it stands there.
    compiled._insert = lambda *overload: None
    template_of = compiled.get_call_template
    compiled.get_call_template = lambda arguments, named: template_of(
        tuple(map(numba.types.unliteral, arguments)),
        {name: numba.types.unliteral(kind) for name, kind in named.items()},
    )
    return compiled  # type: ignore[no-any-return]


class _PartCompiler(Compiler):
    """Compiles a function as far as kernels that call it need it, which make it machine code."""

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        target, flags = self.state.targetctx, self.state.flags
        flags.no_compile = True
        self.state.library = library = _PartLibrary(target.codegen(), func.__qualname__)
        library.optimised_alone = not flags.fastmath
        made = super().compile_extra(func)
        target.insert_user_function(func, made.fndesc, [library])
        return made._replace(entry_point=func)


class _PartLibrary(JITCodeLibrary):
    """The code of a part, with all that it calls.

    Attributes:
        optimised_alone: whether it is optimised before it goes into what calls it, which will be in any case. Where it
            is not, all compiles in half the time; fits are as fast then, but held-out inputs are drawn more slowly.
    """

    optimised_alone: bool

    def _optimize_final_module(self) -> None:
        if self.optimised_alone:
            super()._optimize_final_module()

    def _finalize_final_module(self) -> None:
        self._finalized = True


def kernel(signature: str) -> Callable[[Function], Function]:
    """Compiles a function for arguments of the given types when it is first called, or loads what was compiled."""
    return partial(_compiled_later, signature, _OPTIONS)


def exact_kernel(signature: str) -> Callable[[Function], Function]:
    """Compiles a function each of whose operations is rounded as written; see `kernel`."""
    return partial(_compiled_later, signature, _EXACT_OPTIONS)


def _compiled_later(signature: str, options: dict[str, Any], function: Function) -> Function:
    compiled: list[Any] = []

    @wraps(function)
    def first_call(*arguments: Any) -> Any:
        # Who has imported it by its name comes here each time, and need not wait for what another thread compiles.
        with nullcontext() if compiled else _lock:
            if not compiled:
                with _kept(function):
                    compiled.append(numba.njit(signature, cache=True, **options)(function))
                # Who asks the module from now on calls what was compiled without this detour.
                setattr(sys.modules[function.__module__], function.__name__, compiled[0])
        return compiled[0](*arguments)

    return first_call  # type: ignore[return-value]


@cache
def address_of(function: Callable[..., Any], signature: str = _FORMULA) -> int:
    """Compiles a function, by default the formula of an atom, or loads what was compiled; returns its address."""
    return _address_of(function, signature, {"error_model": "numpy", "fastmath": {"contract"}})


@cache
def address_of_job(function: Callable[..., Any], *, exact: bool = False) -> int:
    """Compiles a job (see `find_gym.core.kernels.jobs`), or loads what was compiled; returns its address.

    Args:
        function: takes the address of memory and a pointer to its words.
        exact: whether each of its operations is rounded as written.
    """
    options = _EXACT_OPTIONS if exact else _OPTIONS
    return _address_of(function, _JOB, {name: one for name, one in options.items() if name != "nogil"})


def _address_of(function: Callable[..., Any], signature: str, options: dict[str, Any]) -> int:
    with _lock, _kept(function):
        _called.append(numba.cfunc(signature, cache=True, **options)(function))
        return int(_called[-1].address)


@contextmanager
def _kept(function: Callable[..., Any]) -> Iterator[None]:
    """Has Numba keep what it compiles in a folder of the sources that go into it, and says so if that takes long."""
    folder = cache_folder(sys.modules[function.__module__])

    def is_kept() -> bool:
        return any(folder.rglob(f"*.{function.__name__}-*.nbi"))

    with nullcontext() if is_kept() else _turn(folder):
        if not is_kept():
            _announce()
        before, _config.CACHE_DIR = _config.CACHE_DIR, str(folder)
        # To look for garbage among all that the compiler makes would take an eighth of its time.
        collects = gc.isenabled()
        try:
            gc.disable()
            yield
        finally:
            _config.CACHE_DIR = before
            if collects:
                gc.enable()


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Lets one process compile at a time: the others wait, and load what it has kept."""
    with open(folder / "lock", "w") as lock:
        # Without locks, as on some network drives, each compiles for itself.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing would not do: a process that was forked meanwhile has the file open, too.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_UN)


@cache
def cache_folder(module: ModuleType) -> Path:
    """Returns where the kernels of a module are kept: beside it, else in the user's cache, else for this process only.

    The folder's name follows from the module's source and those that it imports functions from, and from the numbers
    that these have imported: a kernel holds copies of the helpers that it calls and of these numbers, which Numba does
    not see change.
    """
    assert module.__file__ is not None
    name = f"find-gym-{module.__name__.rpartition('.')[2]}-{_digest(module)}"
    own = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    places = (_config.CACHE_DIR, str(Path(module.__file__).parent / "__pycache__"), str(Path(own) / "find-gym"))
    for place in filter(None, places):
        folder = Path(place) / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return folder
    _lost.append(tempfile.TemporaryDirectory(prefix=name))
    return Path(_lost[-1].name)


def _digest(module: ModuleType) -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for _, one in sorted(sources(module).items()):
        digest.update(Path(one.__file__ or "").read_bytes())
        digest.update(repr(_numbers(one)).encode())
    return digest.hexdigest()[:12]


def _numbers(module: ModuleType) -> list[tuple[str, Any]]:
    """Returns the numbers of a module, tuples and arrays of numbers included, by their names."""
    named = [(name, value.tolist() if isinstance(value, np.ndarray) else value) for name, value in vars(module).items()]
    return sorted([(name, value) for name, value in named if _is_numeric(value)], key=itemgetter(0))


def _is_numeric(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        # A list that is empty yet may get other things.
        return len(value) > 0 and all(map(_is_numeric, value))
    return isinstance(value, (int, float, np.generic))


def sources(module: ModuleType) -> dict[str, ModuleType]:
    """Returns the modules of this package whose source may go into the kernels of one, itself included."""
    seen = {module.__name__: module}
    waiting = [module]
    while waiting:
        for value in vars(waiting.pop()).values():
            name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or __name__
            if name.startswith(_PACKAGE) and name not in seen:
                seen[name] = sys.modules[name]
                waiting.append(seen[name])
    return seen


def _announce() -> None:
    """Says why it takes long, once for all processes of a command."""
    # One place for all modules, whose own may be several.
    place = cache_folder(sys.modules[__name__])
    told, command = place / "announced", str(os.getpgrp())
    if not told.exists() or told.read_text() != command:
        told.write_text(command)
        is_lost = str(place) in [folder.name for folder in _lost]
        kept = "for this process only (NUMBA_CACHE_DIR names a folder)" if is_lost else "kept for later commands"
        # A progress bar may stand on the line.
        print(f"\rfind-gym: compiling loops of draws, fits and scores, each {kept}", file=sys.stderr)
