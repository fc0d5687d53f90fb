"""From the way a submission's process ended, and the bytes it left, to a :class:`Result`. Believes neither."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

from ._codec import DecodeError, decode
from ._harness import MAX_ERROR_CHARACTERS
from ._syscalls import architecture
from ._types import Limits, Result, Status, failed

WHOLE_FAILURES = {
    status.value: status for status in (Status.MALFORMED, Status.RAISED, Status.OUT_OF_MEMORY, Status.FORBIDDEN)
}
FORGED = "wrote to the result channel itself, or damaged what runs it"


@dataclass
class Ending:
    """How the process of a submission ended.

    Attributes:
        output: What it wrote to the result channel after the code was started.
        stopped: Why it was killed from outside: ``"deadline"``, ``"overflow"`` or, if it was not, ``None``.
        exit_status: Its exit status, or ``None`` if a signal ended it.
        signal: The number of that signal.
        refused_call: The number of the system call that it was killed for.
    """

    output: bytes
    stopped: str | None = None
    exit_status: int | None = None
    signal: int | None = None
    refused_call: int | None = None


def judge(ending: Ending, count: int, limits: Limits) -> Result:
    """Return the result of a submission with ``count`` inputs."""
    if ending.refused_call is not None:
        arch = architecture()
        name = arch.name(ending.refused_call) if arch else f"number {ending.refused_call}"
        return failed(Status.FORBIDDEN, f"tried the system call {name}", count)
    if ending.signal is not None and ending.signal == getattr(signal, "SIGSYS", None):
        return failed(Status.FORBIDDEN, "tried a system call outside the allow-list", count)
    if ending.stopped == "overflow":
        return failed(Status.FORBIDDEN, f"{FORGED}: more bytes than any honest report has", count)
    if ending.stopped == "deadline":
        return failed(Status.TIMED_OUT, f"took longer than {limits.wall_seconds:g} s of real time", count)
    if ending.signal is not None:
        return _judge_signal(ending.signal, count, limits)
    return _judge_report(ending, count)


def _judge_signal(number: int, count: int, limits: Limits) -> Result:
    if number in (signal.SIGPROF, signal.SIGXCPU):
        return failed(Status.TIMED_OUT, f"took longer than {limits.cpu_seconds:g} s of CPU time", count)
    if number == signal.SIGKILL:
        return failed(Status.OUT_OF_MEMORY, "killed, probably by the kernel for want of memory", count)
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return failed(Status.RAISED, f"the interpreter crashed ({name})", count)


def _judge_report(ending: Ending, count: int) -> Result:
    if not ending.output:
        message = f"ended its process without an answer (exit status {ending.exit_status})"
        return failed(Status.RAISED, message, count)
    try:
        report = decode(ending.output)
    except DecodeError as error:
        return failed(Status.FORBIDDEN, f"{FORGED}: {error}", count)
    result = _read_report(report, count)
    return result or failed(Status.FORBIDDEN, f"{FORGED}: not a report", count)


def _read_report(report: Any, count: int) -> Result | None:
    """Return what a decoded report says, or ``None`` if it is not one."""
    if not (isinstance(report, tuple) and [type(part) for part in report] == [str, str, list, list]):
        return None
    kind, message, values, failures = report
    if kind in WHOLE_FAILURES:
        return failed(WHOLE_FAILURES[kind], _readable(message) or kind, count)
    if kind != "done" or len(values) != count:
        return None
    errors: list[str | None] = [None] * count
    for failure in failures:
        if not (isinstance(failure, tuple) and [type(part) for part in failure] == [str, list]):
            return None
        text, indices = failure
        for index in indices:
            if type(index) is not int or not 0 <= index < count or values[index] is not None:
                return None
            errors[index] = _readable(text)
    if count and None not in errors:
        return Result(Status.RAISED, tuple(values), tuple(errors), f"raised on every input: {errors[0]}")
    return Result(Status.OK, tuple(values), tuple(errors))


def _readable(text: str) -> str:
    """Return text for messages: bounded, and encodable wherever it is logged."""
    return text[: 2 * MAX_ERROR_CHARACTERS].encode("utf-8", "backslashreplace").decode("utf-8")
