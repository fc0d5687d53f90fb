"""From what a submission's process said, and the way it ended, to a :class:`Result`. Believes neither."""

from __future__ import annotations

import builtins
import signal
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ._codec import DecodeError, decode
from ._harness import MAX_ERROR_CHARACTERS, in_words
from ._protocol import ERROR, REPORT
from ._syscalls import architecture
from ._types import Limits, Result, Status, failed

WHOLE_FAILURES = {
    Status.MALFORMED: "not code with a function in it",
    Status.RAISED: "raised",
    Status.OUT_OF_MEMORY: "took too much memory, or its outputs are too large",
    Status.FORBIDDEN: "tried an operation that is not allowed",
}
"""The failures that a submission's process reports, in words that tell nothing of its inputs."""
FORGED = "wrote to the result channel itself, or damaged what runs it"
MAX_QUOTED_CHARACTERS = 80


@dataclass
class Termination:
    """What the process of a submission said, and how it ended.

    Attributes:
        answers: Its messages, one for each input that was answered, in order.
        asked: How many inputs it was sent.
        failure: Its report of the failure of the whole, encoded.
        stopped: Why it was ended from outside: ``"deadline"``, ``"slow"``, ``"overflow"``, ``"forged"``, or
            ``None`` if it was not.
        exit_status: Its exit status, or ``None`` if a signal ended it.
        signal: The number of that signal.
        refused_call: The number of the system call that it was killed for.
    """

    answers: list[bytes] = field(default_factory=list)
    asked: int = 0
    failure: bytes | None = None
    stopped: str | None = None
    exit_status: int | None = None
    signal: int | None = None
    refused_call: int | None = None


def judge(termination: Termination, source: str, count: int, limits: Limits) -> Result:
    """Return the result of the submission of ``source`` with ``count`` inputs."""
    if termination.refused_call is not None:
        arch = architecture()
        name = arch.name(termination.refused_call) if arch else f"number {termination.refused_call}"
        return failed(Status.FORBIDDEN, f"tried the system call {name}", count)
    if termination.signal is not None and termination.signal == getattr(signal, "SIGSYS", None):
        return failed(Status.FORBIDDEN, "tried a system call outside the allow-list", count)
    if termination.stopped == "overflow":
        return failed(Status.FORBIDDEN, f"{FORGED}: more bytes than any honest report has", count)
    if termination.stopped == "deadline":
        return failed(
            Status.TIMED_OUT, f"slept or waited for longer than {limits.wall_seconds:g} s of real time", count
        )
    if termination.stopped == "slow":
        return failed(
            Status.TIMED_OUT, f"took longer than {limits.answer_seconds:g} s of CPU time for one answer", count
        )
    if termination.signal is not None and not (termination.stopped and termination.signal == signal.SIGKILL):
        return _judge_signal(termination.signal, count, limits)
    if termination.stopped:
        return failed(Status.FORBIDDEN, f"{FORGED}: what it sent is no answer to an input", count)
    return _Reader(source, termination).read(count)


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


class _Reader:
    """Reads what a submission's process said."""

    def __init__(self, source: str, termination: Termination) -> None:
        self.lines = source.splitlines()
        self.termination = termination

    def read(self, count: int) -> Result:
        try:
            if self.termination.failure is not None:
                return self._failure(self.termination.failure, count)
            if len(self.termination.answers) > count:
                raise DecodeError("more answers than inputs")
            if len(self.termination.answers) < count or self.termination.asked < count:
                message = "ended its process without an answer"
                return failed(Status.RAISED, f"{message} (exit status {self.termination.exit_status})", count, message)
            return self._answers(count)
        except DecodeError as error:
            return failed(Status.FORBIDDEN, f"{FORGED}: {error}", count, FORGED)

    def _failure(self, data: bytes, count: int) -> Result:
        kind, message, line = _report(data)
        if kind not in WHOLE_FAILURES:
            raise DecodeError("not a failure")
        status = Status(kind)
        # Before there is an input, nothing that the code says can tell of one.
        discreet = WHOLE_FAILURES[status] + self._place(line) if self.termination.asked else None
        return failed(status, _readable(message) or kind, count, discreet)

    def _answers(self, count: int) -> Result:
        values: list[Any] = []
        errors: list[str | None] = []
        first_error = ""
        for answer in self.termination.answers:
            if answer[:1] != ERROR:
                values.append(decode(answer[1:]))
                errors.append(None)
                continue
            name, text, line = _report(answer[1:])
            values.append(None)
            errors.append(_readable(in_words(name, text)))
            first_error = first_error or _builtin_exception(name) + self._place(line)
        if count and None not in errors:
            message = f"raised on every input: {errors[0]}"
            return Result(Status.RAISED, tuple(values), tuple(errors), message, f"raised on every input: {first_error}")
        return Result(Status.OK, tuple(values), tuple(errors))

    def _place(self, line: int) -> str:
        """Return a reported line of the source as it is quoted, in the submission's own words."""
        if not 0 < line <= len(self.lines):
            return ""
        text = self.lines[line - 1].strip()
        return f" in line {line}: {_readable(text[:MAX_QUOTED_CHARACTERS])}"


@lru_cache(maxsize=1)
def _report(data: bytes) -> tuple[str, str, int]:
    report = decode(data)
    if not (isinstance(report, tuple) and tuple(type(part) for part in report) == REPORT):
        raise DecodeError("not a report")
    return report


def _builtin_exception(name: str) -> str:
    """Return the name of an exception if it is Python's own: the code can make up others, out of its inputs."""
    kind = getattr(builtins, name, None)
    return name if isinstance(kind, type) and issubclass(kind, BaseException) else "an exception"


def _readable(text: str) -> str:
    """Return text for messages: bounded, and encodable wherever it is logged."""
    return text[: 2 * MAX_ERROR_CHARACTERS].encode("utf-8", "backslashreplace").decode("utf-8")
