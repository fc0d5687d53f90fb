"""The owner's side of one submission: hands over its code, then one input at a time, and keeps the time.

Processor time is limited in the submission's own process. Here only the time counts in which it owes an answer and does
not even want a processor: it sleeps, or waits for what never comes. Time in which it would run if the machine let it
never counts, however long that is; a machine that gives it next to nothing is a failure of the machine.
"""

from __future__ import annotations

import os
import random
import select
import socket
import struct
import time
from collections.abc import Sequence
from typing import NoReturn

from ._harness import FLOAT_ANSWER, FLOAT_ANSWER_HEAD, conversation_bytes
from ._placement import SharedProcessor
from ._protocol import ANSWER, ERROR, FAILED, FAILURE, LENGTH, LOADED, PROCESS, READY, SHORT, framed, size_of
from ._types import Limits
from ._verdict import Termination

START_SECONDS = 300.0
"""How long the process of a submission may take to be started and confined."""
STARVED_SECONDS = 600.0
"""How long a submission may take, whatever for, until the machine is declared unfit."""
TICK_SECONDS = 0.01
"""How often a submission that owes an answer is looked at."""
UNSEEN_SHARE = 0.1
"""Which share of the time counts where this machine does not show whether a process sleeps."""

APART_SECONDS = 0.1
"""How much processor time an answer may take until the submission's process need not share a processor any more."""

_TIMEOUT = struct.pack("@ll", 0, int(TICK_SECONDS * 1e6))  # struct timeval
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_jitter = random.Random()  # of the clock's: nothing that is computed depends on it


class MachineError(Exception):
    """Nothing is known about the submission: what should run it did not. It may be tried again."""


class KilledError(MachineError):
    """Somebody killed the submission's process: the kernel, probably, for want of memory.

    Args:
        greedy: Whether it held much of what the limit allows.
    """

    def __init__(self, greedy: bool) -> None:
        super().__init__("a submission was killed by somebody else (the kernel, for want of memory?)")
        self.greedy = greedy


class _Stopped(Exception):  # noqa: N818 (an outcome, not an error)
    """The submission is to be ended; the argument says why, as in ``Termination.stopped``."""


class Conversation:
    """One submission's exchange with its process.

    Args:
        channel: The socket to it. A write to it waits no longer than a tick, nor does a read.
        limits: What the submission may use.
    """

    def __init__(self, channel: socket.socket, limits: Limits) -> None:
        self.channel = channel
        self.limits = limits
        self.process = 0
        self.placement: SharedProcessor | None = None
        self.termination = Termination()
        self.incoming = b""
        self.room = 0
        self.idle = 0.0
        self.used_before: float | None = None  # the processor time when it was first waited for this message
        self.deadline = time.monotonic() + START_SECONDS
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            channel.setsockopt(socket.SOL_SOCKET, option, _TIMEOUT)
        self.readable = select.poll()
        self.readable.register(channel, select.POLLIN)

    def hold(self, request: bytes, inputs: Sequence[bytes]) -> Termination:
        """Run an encoded submission on encoded inputs.

        Returns:
            What it said. Its process may still be alive; it is to be killed if ``stopped`` is not ``None``.

        Raises:
            MachineError: The process was not started, or got no processor.
        """
        self.room = conversation_bytes(self.limits.output_bytes, len(inputs))
        self._start(request)
        try:
            message = self._read()
            if message != LOADED:
                self._end(message)
            self._ask(inputs)
        except _Stopped as stopped:
            self.termination.stopped = stopped.args[0]
        except EOFError:
            pass
        finally:
            self._separate()
        return self.termination

    def _start(self, request: bytes) -> None:
        try:
            self._send(framed(request))
            message = self._read(alone=False)
        except EOFError:
            message = b""
        if message[:1] != READY:
            reason = message[1:].decode(errors="replace") if message[:1] == FAILED else "its process ended"
            raise MachineError(f"a submission could not be started: {reason}")
        self.process = PROCESS.unpack_from(message, 1)[0]
        self.deadline = time.monotonic() + STARVED_SECONDS
        self.placement = SharedProcessor(self.process)

    def _separate(self) -> None:
        if self.placement is not None:
            self.placement.release()
            self.placement = None

    def _ask(self, inputs: Sequence[bytes]) -> None:
        termination = self.termination
        answers = termination.answers
        send, receive = self.channel.send, self.channel.recv
        for question in map(framed, inputs):
            termination.asked += 1
            sent, data = 0, b""
            try:
                sent = send(question, socket.MSG_NOSIGNAL)
                if sent == len(question):
                    data = receive(SHORT)
            except BlockingIOError:
                self._tick()
            except (BrokenPipeError, ConnectionResetError):
                pass  # it comes again below
            if len(data) == FLOAT_ANSWER.size and data.startswith(FLOAT_ANSWER_HEAD):
                answers.append(data[LENGTH.size :])
            else:
                answers.append(self._answer(question[sent:], data))
        self.channel.shutdown(socket.SHUT_WR)
        self._read()  # nothing more should come
        raise _Stopped("forged")

    def _answer(self, question: bytes, start: bytes) -> bytes:
        """Send the rest of a question, and return its answer, of which ``start`` is there."""
        self._send(question)
        self.incoming = start
        self.room -= len(start)
        message = self._read()
        if message[:1] not in (ANSWER, ERROR):
            self._end(message)
        return message

    def _end(self, message: bytes) -> NoReturn:
        if message[:1] != FAILURE:
            raise _Stopped("forged")
        self.termination.failure = message[1:]
        raise EOFError

    def _send(self, data: bytes) -> None:
        while data:
            try:
                data = data[self.channel.send(data, socket.MSG_NOSIGNAL) :]
            except BlockingIOError:
                self._tick()
            except (BrokenPipeError, ConnectionResetError):
                raise EOFError from None

    def _read(self, *, alone: bool = True) -> bytes:
        """Return the next message.

        Args:
            alone: Nothing may come after it: the process does not talk without being asked.
        """
        data = self.incoming or self._part()
        while (size := size_of(data)) > len(data):
            if size > len(data) + self.room:
                raise _Stopped("overflow")
            data += self._part(data)
        self.used_before = None
        self.incoming = data[size:]
        if alone and self.incoming:
            raise _Stopped("forged")
        return data[LENGTH.size : size]

    def _part(self, before: bytes = b"") -> bytes:
        """Return some more of the message that starts with ``before``."""
        while True:
            try:
                part = self.channel.recv(max(SHORT, len(before)))
                break
            except BlockingIOError:
                self._tick("forged" if before else "deadline")
            except ConnectionResetError:
                part = b""
                break
        if not part:
            if before:
                raise _Stopped("forged")
            raise EOFError
        self.room -= len(part)
        if self.room < 0:
            raise _Stopped("overflow")
        return part

    def _tick(self, why: str = "deadline") -> None:
        """Count the time of a tick, in which nothing could be sent or received, if the process slept meanwhile.

        Args:
            why: What to call it if that has become too long: who sleeps in the middle of a message forged it.
        """
        if time.monotonic() > self.deadline:
            raise MachineError("a submission got no processor" if self.process else "the process does not start")
        if not self.process:
            return
        # At a moment that the process cannot foresee, lest it be awake just then.
        time.sleep(_jitter.random() * TICK_SECONDS / 10)
        state, used = state_of(self.process)
        if self.readable.poll(0):  # it answered, and sleeps until it is asked again
            return
        self.used_before = used if self.used_before is None else self.used_before
        taken = used - self.used_before
        if self.limits.answer_seconds is not None and taken >= self.limits.answer_seconds:
            raise _Stopped("slow")
        if taken >= APART_SECONDS:
            self._separate()
        self.idle += TICK_SECONDS * {"S": 1.0, "?": UNSEEN_SHARE}.get(state, 0.0)
        if self.idle >= self.limits.wall_seconds:
            raise _Stopped(why)


def state_of(process: int) -> tuple[str, float]:
    """Return a process's state and the processor time that it has used, in seconds.

    The state is as ``/proc`` names it, such as ``"R"`` (runs, or would like to) and ``"S"`` (sleeps). ``"?"`` stands
    for a state that cannot be seen, and then the time is 0.
    """
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            fields = file.read().rpartition(b") ")[2].split()
        return fields[0].decode(), (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS
    except (OSError, IndexError):
        return "?", 0.0
