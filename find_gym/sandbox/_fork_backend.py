"""The owner's side of the fork-server (Linux)."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time

from . import _launch
from ._harness import report_bytes
from ._protocol import FAILED, KILL, LENGTH, READY, REPLY, REQUEST, RUN
from ._types import Limits, SandboxError
from ._verdict import Ending

START_SECONDS = 60.0
"""How long the server may take to start, and a child to be forked and confined."""
STOP_SECONDS = 30.0
"""How long the server may take to report the end of a child that it was told to kill."""


class ServerLostError(Exception):
    """The server died or does not answer; nothing is known about the submission."""


class Refused(Exception):  # noqa: N818 (an answer, not an error)
    """This machine does not grant the isolation that the fork-server needs."""


class ForkBackend:
    """A running fork-server.

    Args:
        omit: Layers to leave out, for tests.

    Raises:
        Refused: The kernel does not grant what is needed.
        SandboxError: The server's process does not start.
    """

    def __init__(self, omit: frozenset[str] = frozenset()) -> None:
        self._channel: socket.socket | None = None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                _launch.command("_server", str(theirs.fileno()), str(os.getpid()), " ".join(sorted(omit))),
                env=_launch.environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            raise SandboxError(f"the Python interpreter {sys.executable!r} cannot be started: {error}") from error
        finally:
            theirs.close()
        try:
            self.name = self._greet()
        except BaseException:
            self.kill()
            raise

    @property
    def server_pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    def _greet(self) -> str:
        self._control.settimeout(START_SECONDS)
        try:
            greeting = self._control.recv(1 << 16)
        except OSError as error:
            raise SandboxError(f"the fork-server did not start: {error}") from error
        assert self._process.stderr is not None
        if not greeting:
            self._process.kill()
            raise SandboxError(
                f"the fork-server did not start: {self._process.stderr.read()[-2000:].decode(errors='replace')}"
            )
        self._process.stderr.close()
        answer = json.loads(greeting)
        if "refused" in answer:
            raise Refused(answer["refused"])
        return "+".join(["fork-server", *answer["layers"]])

    def run(self, request: bytes, count: int, limits: Limits) -> Ending:
        """Run an encoded submission with ``count`` inputs.

        Raises:
            ServerLostError: Nothing is known about the submission; it may be tried again on another server.
        """
        ours, theirs = socket.socketpair()
        self._channel = ours
        try:
            with ours, theirs:
                message = REQUEST.pack(RUN, limits.cpu_seconds, int(limits.memory_bytes))
                socket.send_fds(self._control, [message], [theirs.fileno()])
                theirs.close()
                ours.setblocking(False)
                most = report_bytes(limits.output_bytes, count)
                return _Conversation(self._control, ours, request, most).hold(limits)
        except OSError as error:
            raise ServerLostError(str(error)) from error
        finally:
            self._channel = None

    def close(self) -> None:
        """End the server."""
        self._control.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server at once, whatever state it is in."""
        self._control.close()
        self._process.kill()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def abandon(self) -> None:
        """Let go of the server in a process forked from its owner: it goes on serving that one."""
        self._control.close()
        if self._channel is not None:
            self._channel.close()
        self._process.returncode = 0  # not this process's child: there is nothing to wait for


class _Conversation:
    """One submission's exchange with its child, and the deadline."""

    def __init__(self, control: socket.socket, channel: socket.socket, request: bytes, most: int) -> None:
        self.control = control
        self.channel = channel
        self.outgoing = memoryview(LENGTH.pack(len(request)) + request)
        self.incoming = bytearray()
        self.most = most + len(READY)
        self.stopped: str | None = None
        self.poller = select.poll()

    def hold(self, limits: Limits) -> Ending:
        self.poller.register(self.channel, select.POLLIN | select.POLLOUT)
        self.poller.register(self.control, select.POLLIN)
        deadline = time.monotonic() + START_SECONDS
        started = False
        while True:
            remaining = deadline - time.monotonic()
            events = dict(self.poller.poll(1000 * min(max(0.0, remaining), 3600.0)))
            if not events and remaining <= 0:  # what arrived while this process was not scheduled still counts
                if self.stopped or not started:
                    raise ServerLostError("the fork-server does not answer")
                deadline = self._stop("deadline")
            if self.channel.fileno() in events:
                self._exchange(events[self.channel.fileno()])
                if self.incoming and not started:
                    started = True
                    deadline = time.monotonic() + limits.wall_seconds
                if len(self.incoming) > self.most and not self.stopped:
                    deadline = self._stop("overflow")
            if self.control.fileno() in events:
                reply = self.control.recv(REPLY.size)
                if len(reply) != REPLY.size:
                    raise ServerLostError("the fork-server ended")
                return self._ending(*REPLY.unpack(reply))

    def _stop(self, why: str) -> float:
        self.stopped = why
        self.control.send(KILL)
        return time.monotonic() + STOP_SECONDS

    def _exchange(self, events: int) -> None:
        """Send and receive what can be sent and received without waiting."""
        if events & (select.POLLIN | select.POLLHUP) and not self._receive():
            self.poller.unregister(self.channel)
            return
        if events & select.POLLOUT and self.outgoing:
            self.outgoing = self.outgoing[self.channel.send(self.outgoing) :]
            if not self.outgoing:
                self.poller.modify(self.channel, select.POLLIN)

    def _receive(self) -> bool:
        """Read once; return whether more can come."""
        try:
            part = self.channel.recv(1 << 18)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        self.incoming += part
        return bool(part) and len(self.incoming) <= self.most

    def _ending(self, wait_status: int, refused_call: int) -> Ending:
        size = -1
        while len(self.incoming) != size and len(self.incoming) <= self.most:
            size = len(self.incoming)
            self._receive()
        if len(self.incoming) > self.most:
            self.stopped = self.stopped or "overflow"
        if self.incoming[:1] != READY:
            reason = bytes(self.incoming[1:]).decode(errors="replace") if self.incoming[:1] == FAILED else ""
            raise ServerLostError(f"a submission could not be started: {reason or f'wait status {wait_status}'}")
        code = os.waitstatus_to_exitcode(wait_status)
        if code == -9 and self.stopped is None and refused_call < 0:
            raise ServerLostError("a submission was killed by somebody else (the kernel, for want of memory?)")
        return Ending(
            output=bytes(self.incoming[1:]),
            stopped=self.stopped,
            exit_status=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            refused_call=refused_call if refused_call >= 0 else None,
        )
