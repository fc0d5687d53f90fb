"""One plain subprocess for each submission: what is left where the fork-server cannot run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

from . import _launch, _rlimits
from ._conversation import Conversation
from ._protocol import LIMITS
from ._types import Limits, SandboxError
from ._verdict import Termination

END_SECONDS = 60.0
"""How long a process that has said its last word may take to end."""


class SubprocessBackend:
    """Starts an interpreter for every submission."""

    def __init__(self) -> None:
        if not sys.executable:
            raise SandboxError("there is no Python interpreter to start: sys.executable is empty")
        if not _rlimits.AVAILABLE:
            raise SandboxError("expected a POSIX system, which can limit a process")
        self.name = "subprocess+rlimits"

    def run(self, request: bytes, inputs: Sequence[bytes], limits: Limits) -> Termination:
        """Run an encoded submission on encoded inputs.

        Raises:
            MachineError: The process did not get as far as running the code, or got no processor.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = subprocess.Popen(
                _launch.command("_once"),
                env=_launch.ENVIRONMENT,
                cwd="/",
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            theirs.close()
            try:
                limited = LIMITS.pack(limits.cpu_seconds, int(limits.memory_bytes)) + request
                termination = Conversation(ours, limits).hold(limited, inputs)
                if termination.stopped is None:
                    process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                termination.stopped = "deadline"
            finally:
                _end(process)
        code = process.returncode
        termination.exit_status = code if code >= 0 else None
        termination.signal = -code if code < 0 else None
        return termination

    def close(self) -> None:
        """Do nothing: no process outlives its submission."""

    def kill(self) -> None:
        """Do nothing: no process outlives its submission."""

    def abandon(self) -> None:
        """Do nothing: nothing is shared with a forked process."""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and whatever it started in its own group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.kill()
    process.wait()
