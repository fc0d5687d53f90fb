"""The owner's side of the fork-server (Linux)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

from . import _launch
from ._conversation import START_SECONDS, Conversation, KilledError, MachineError
from ._protocol import KILL, REPLY, REQUEST, RUN
from ._types import Limits, SandboxError
from ._verdict import Termination

GREEDY_SHARE = 0.25
"""Which share of its memory limit a submission may hold and be thought innocent when memory runs out."""


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
                env=_launch.ENVIRONMENT,
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

    def run(self, request: bytes, inputs: Sequence[bytes], limits: Limits) -> Termination:
        """Run an encoded submission on encoded inputs.

        Raises:
            MachineError: Nothing is known about the submission; it may be tried again on another server.
        """
        ours, theirs = socket.socketpair()
        self._channel = ours
        try:
            with ours, theirs:
                message = REQUEST.pack(RUN, limits.cpu_seconds, int(limits.memory_bytes))
                socket.send_fds(self._control, [message], [theirs.fileno()])
                theirs.close()
                termination = Conversation(ours, limits).hold(request, inputs)
                if termination.stopped:
                    self._control.send(KILL)
                return self._ended(termination, limits)
        except OSError as error:
            raise MachineError(f"the fork-server does not answer: {error}") from error
        finally:
            self._channel = None

    def _ended(self, termination: Termination, limits: Limits) -> Termination:
        """Add what the server reports of the process."""
        reply = self._control.recv(REPLY.size)
        if len(reply) != REPLY.size:
            raise MachineError("the fork-server ended")
        wait_status, refused_call, cpu_seconds, peak = REPLY.unpack(reply)
        code = os.waitstatus_to_exitcode(wait_status)
        if code == -signal.SIGKILL and termination.stopped is None and refused_call < 0:
            if cpu_seconds < limits.cpu_seconds:
                raise KilledError(greedy=peak > GREEDY_SHARE * limits.memory_bytes)
            code = -signal.SIGXCPU  # a limit that this process had from its owner
        termination.exit_status = code if code >= 0 else None
        termination.signal = -code if code < 0 else None
        termination.refused_call = refused_call if refused_call >= 0 else None
        return termination

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
