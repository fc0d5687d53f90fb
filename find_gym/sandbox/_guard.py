"""The outer, soft layer inside the submission's own process: it names what is tried, in Python's terms.

Code that goes to some length can get round it; the kernel's layers (see ``_kernel``) do not depend on it. It gives
ordinary attempts (``open``, ``os.system``, a socket) a readable message, and where the kernel offers nothing it is the
only layer of the kind.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Any

HARMLESS_EVENTS = frozenset(
    """
    compile exec import array.__new__ builtins.id builtins.input builtins.input/result code.__new__ function.__new__
    object.__getattr__ object.__setattr__ object.__delattr__ sys._getframe sys._getframemodulename sys._current_frames
    sys._current_exceptions sys.addaudithook sys.excepthook sys.unraisablehook sys.setprofile sys.settrace
    sys.set_asyncgen_hooks_finalizer sys.set_asyncgen_hooks_firstiter gc.get_objects gc.get_referrers gc.get_referents
    marshal.dumps marshal.load marshal.loads pickle.find_class time.sleep types.CodeType types.FunctionType
    cpython.PyInterpreterState_New cpython._PySys_ClearAuditHooks sys.monitoring.register_callback
    """.split()
)
"""Audit events (Python's "Audit events table") that reach nothing outside the process; all others are refused."""


class _Nowhere(io.RawIOBase):
    """A file that swallows what is written and is empty when read."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return 0

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes


def silence() -> None:
    """Point the standard streams at nothing."""
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(_Nowhere()), "utf-8")  # type: ignore[misc]
    writer = io.TextIOWrapper(io.BufferedWriter(_Nowhere()), "utf-8", "backslashreplace")
    sys.stdout = sys.__stdout__ = writer  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = writer  # type: ignore[misc]


def watch(report: Callable[[str], None]) -> None:
    """Refuse from now on, in this process, every audited operation that is not harmless.

    Args:
        report: Called with the operation, such as ``"open('/etc/passwd')"``. The process ends after it.
    """
    leave = os._exit
    harmless = HARMLESS_EVENTS

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in harmless:
            return
        try:
            shown = arguments[0] if arguments and type(arguments[0]) in (str, bytes, int) else ""
            report(f"{event}({repr(shown)[:100] if shown != '' else ''})")
        finally:
            leave(0)

    sys.addaudithook(hook)
