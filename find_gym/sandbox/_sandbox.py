"""The sandbox as its users see it."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from ._codec import Simplifier, TooLargeError, encode
from ._conversation import KilledError, MachineError
from ._harness import Request
from ._subprocess_backend import SubprocessBackend
from ._types import MAX_BYTES, Limits, Result, SandboxError, Status, failed
from ._verdict import Termination, judge

if sys.platform == "linux":
    from ._fork_backend import ForkBackend, Refused

BACKENDS = ("fork-server", "subprocess")
ATTEMPTS = 3
"""How often a submission is tried before the sandbox is declared broken."""
DEFAULT_LIMITS = Limits()


class Sandbox:
    """Runs submitted code apart from this process and from everything else.

    On Linux it holds a fork-server, started at the first submission and restarted if it dies. It may be used from
    several threads (one submission at a time) and in forked processes (each gets a server of its own).

    Args:
        backend: ``"fork-server"``, ``"subprocess"``, or ``None`` for the strongest that this machine grants; if that
            is the subprocess, a ``RuntimeWarning`` says so once per process.
        omit: Layers of the fork-server to leave out, to test the others: ``"audit"``, ``"landlock"``, ``"listener"``.

    Example:
        >>> with Sandbox() as sandbox:
        ...     result = sandbox.run("def f(x): return 2 / x", [4.0, 0.0])
        >>> result.values, result.errors[1].split(":")[0]
        ((0.5, None), 'ZeroDivisionError')
    """

    _warned = False

    def __init__(self, backend: str | None = None, *, omit: frozenset[str] = frozenset()) -> None:
        if backend is not None and backend not in BACKENDS:
            raise ValueError(f"expected a backend among {BACKENDS}, actual value: {backend!r}")
        self._wanted = backend
        self._omit = omit
        self._lock = threading.RLock()
        self._running: ForkBackend | SubprocessBackend | None = None
        self._closed = False
        _sandboxes.add(self)

    def run(
        self,
        source: str,
        inputs: Sequence[Any],
        *,
        entry_point: str | None = None,
        limits: Limits = DEFAULT_LIMITS,
        seed: int = 0,
        tolerate_top_level_errors: bool = False,
    ) -> Result:
        """Execute ``source`` once, then call its function on each input.

        The code gets each input when it has answered the one before; the others are not in reach of its process.

        Args:
            source: Python code. What it prints is thrown away; ``__name__`` is not ``"__main__"``.
            inputs: Each is passed as the only argument of one call. Numbers, strings, ``None``, and lists, tuples and
                dicts of them; NumPy scalars and arrays arrive as Python scalars and lists.
            entry_point: The name of the function. By default the last ``def`` at the top level, as in FIND.
            limits: What the submission may use.
            seed: ``random`` and ``numpy.random`` start from it, ``numpy.random.default_rng()`` included.
            tolerate_top_level_errors: Skip top-level statements that raise (a failing example after the function, the
                import of a plotting library), as long as the function gets defined.

        Returns:
            The result. Whatever the source does, nothing is raised on its account.

        Raises:
            TypeError: An input is of a type that cannot be sent.
            ValueError: The inputs are too large, or nested too deeply.
            SandboxError: The sandbox does not work. This is not a property of the submission.
        """
        if entry_point is not None and type(entry_point) is not str:
            raise TypeError(f"expected the name of a function or None, actual value: {entry_point!r}")
        count = len(inputs)
        data = _encode_inputs(inputs, limits)
        complaint = _complaint(source, limits)
        if complaint:
            return failed(Status.MALFORMED, complaint, count)
        request = Request(
            str(source),
            entry_point,
            int(seed) % (1 << 64),
            bool(tolerate_top_level_errors),
            int(limits.output_bytes),
        )
        termination = self._run(encode(tuple(request), MAX_BYTES), data, limits)
        if isinstance(termination, Termination):
            return judge(termination, request.source, count, limits)
        return failed(Status.OUT_OF_MEMORY, termination, count)

    def _run(self, request: bytes, inputs: list[bytes], limits: Limits) -> Termination | str:
        """Return the termination of a submission, or why the machine cannot bear it."""
        failures: list[MachineError] = []
        with self._lock:
            while len(failures) < ATTEMPTS:
                backend = self._backend()
                try:
                    return backend.run(request, inputs, limits)
                except MachineError as error:
                    self._discard()
                    failures.append(error)
                except BaseException:  # such as KeyboardInterrupt: the server is in the middle of something
                    self._discard()
                    raise
        if all(isinstance(error, KilledError) and error.greedy for error in failures):
            return f"killed {ATTEMPTS} times, probably by the kernel for want of the memory that it took"
        raise SandboxError(f"the sandbox failed {ATTEMPTS} times in a row: {failures[-1]}") from failures[-1]

    @property
    def backend(self) -> str:
        """What is in force, such as ``"fork-server+seccomp+landlock"``."""
        with self._lock:
            return self._backend().name

    @property
    def server_pid(self) -> int | None:
        """The process id of the fork-server, which leads a session of its own; ``None`` where none is running."""
        return getattr(self._running, "server_pid", None)

    def _backend(self) -> ForkBackend | SubprocessBackend:
        if self._closed:
            raise SandboxError("the sandbox is closed")
        if self._running is None:
            self._running = self._start()
        return self._running

    def _start(self) -> ForkBackend | SubprocessBackend:
        if self._wanted == "subprocess":
            return SubprocessBackend()
        reason = "no fork-server on this platform"
        if sys.platform == "linux":
            try:
                return ForkBackend(self._omit)
            except Refused as error:
                reason = str(error)
        if self._wanted == "fork-server":
            raise SandboxError(f"the fork-server cannot run here: {reason}")
        weaker = SubprocessBackend()
        if not Sandbox._warned:
            Sandbox._warned = True
            warnings.warn(
                f"submitted code runs in {weaker.name}, without a system-call filter ({reason}): "
                "it is kept from accidents, not from malice",
                RuntimeWarning,
                stacklevel=2,
            )
        return weaker

    def _discard(self) -> None:
        backend, self._running = self._running, None
        if backend is not None:
            backend.kill()

    def close(self) -> None:
        """End the server. A closed sandbox takes no more submissions."""
        with self._lock:
            self._closed = True
            backend, self._running = self._running, None
            if backend is not None:
                backend.close()

    def _after_fork(self) -> None:
        """In a forked process: leave the server to the process that started it."""
        self._lock = threading.RLock()  # another thread may have held it
        backend, self._running = self._running, None
        if backend is not None:
            backend.abandon()

    def __enter__(self) -> Sandbox:
        """Return the sandbox itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def __del__(self) -> None:
        """Close it, if its construction got that far."""
        if hasattr(self, "_closed") and not self._closed:
            self.close()


def _encode_inputs(inputs: Sequence[Any], limits: Limits) -> list[bytes]:
    simplify = Simplifier(limits.input_bytes)
    room = limits.input_bytes
    data = []
    try:
        for value in inputs:
            data.append(encode(value if type(value) is float else simplify(value), room))
            room -= len(data[-1])
    except TooLargeError as error:
        raise ValueError(f"the inputs are too large: {error}") from None
    except ValueError as error:
        raise ValueError(f"the inputs cannot be sent to the sandbox: {error}") from None
    except TypeError as error:
        raise TypeError(f"an input cannot be sent to the sandbox: {error}") from None
    return data


def _complaint(source: object, limits: Limits) -> str:
    """Say what keeps ``source`` from being code at all, or return ``""``."""
    if not isinstance(source, str):
        return f"expected code as a string, actual type: {type(source).__name__}"
    if len(source) > limits.source_bytes:
        return f"expected code of at most {limits.source_bytes} bytes, actual length: {len(source)} characters"
    if "\0" in source:
        return "the code contains a NUL character"
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        return "the code contains lone surrogates, which no encoding can represent"
    return f"expected code of at most {limits.source_bytes} bytes, actual: {size}" if size > limits.source_bytes else ""


_sandboxes: weakref.WeakSet[Sandbox] = weakref.WeakSet()
_default: Sandbox | None = None
_default_lock = threading.Lock()


def _after_fork_in_child() -> None:
    global _default_lock
    _default_lock = threading.Lock()
    for sandbox in list(_sandboxes):
        sandbox._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def default_sandbox() -> Sandbox:
    """Return this process's shared sandbox; it is started when first used and closed when the process ends."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Sandbox()
            atexit.register(_default.close)
        return _default


def run_code(
    source: str,
    inputs: Sequence[Any],
    *,
    entry_point: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    seed: int = 0,
    tolerate_top_level_errors: bool = False,
) -> Result:
    """Run a submission in :func:`default_sandbox`; see :meth:`Sandbox.run`."""
    return default_sandbox().run(
        source,
        inputs,
        entry_point=entry_point,
        limits=limits,
        seed=seed,
        tolerate_top_level_errors=tolerate_top_level_errors,
    )


def backend() -> str:
    """Return which isolation is in force in this process, such as ``"fork-server+seccomp+landlock"``."""
    return default_sandbox().backend
