"""One plain subprocess for each submission: what is left where the fork-server cannot run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

from . import _launch, _rlimits
from ._harness import report_bytes
from ._protocol import LIMITS, READY
from ._types import Limits, SandboxError
from ._verdict import Ending

START_SECONDS = 60.0


class SubprocessBackend:
    """Starts an interpreter for every submission."""

    def __init__(self) -> None:
        if not sys.executable:
            raise SandboxError("there is no Python interpreter to start: sys.executable is empty")
        self.name = "subprocess+rlimits" if _rlimits.AVAILABLE else "subprocess"

    def run(self, request: bytes, count: int, limits: Limits) -> Ending:
        """Run an encoded submission with ``count`` inputs.

        Raises:
            SandboxError: The process did not get as far as running the code.
        """
        process = subprocess.Popen(
            _launch.command("_once"),
            env=_launch.environment(),
            cwd=os.path.abspath(os.sep),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        output = _Collector(process, report_bytes(limits.output_bytes, count) + len(READY))
        try:
            output.start()
            data = LIMITS.pack(limits.cpu_seconds, int(limits.memory_bytes)) + request
            threading.Thread(target=_feed, args=(process, data), daemon=True).start()
            if not output.started.wait(START_SECONDS) or output.data[:1] != READY:
                raise SandboxError("the subprocess for a submission did not start")
            return self._finish(process, output, limits)
        finally:
            _end(process)
            output.join(1.0)

    def _finish(self, process: subprocess.Popen[bytes], output: _Collector, limits: Limits) -> Ending:
        deadline = time.monotonic() + limits.wall_seconds
        stopped = None
        if not output.finished.wait(limits.wall_seconds):
            stopped = "deadline"
        elif output.overflow:
            stopped = "overflow"
        else:
            try:
                process.wait(max(0.01, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                stopped = "deadline"
        _end(process)
        code = process.returncode
        return Ending(
            output=bytes(output.data[1:]),
            stopped=stopped,
            exit_status=code if code >= 0 else None,
            signal=-code if code < 0 else None,
        )

    def close(self) -> None:
        """Do nothing: no process outlives its submission."""

    def kill(self) -> None:
        """Do nothing: no process outlives its submission."""

    def abandon(self) -> None:
        """Do nothing: nothing is shared with a forked process."""


class _Collector(threading.Thread):
    """Collects what a process writes, up to a limit."""

    def __init__(self, process: subprocess.Popen[bytes], most: int) -> None:
        super().__init__(daemon=True)
        assert process.stdout is not None
        self.stream = process.stdout
        self.most = most
        self.data = bytearray()
        self.overflow = False
        self.started = threading.Event()
        self.finished = threading.Event()

    def run(self) -> None:
        while part := os.read(self.stream.fileno(), 1 << 16):
            self.data += part
            self.started.set()
            if len(self.data) > self.most:
                self.overflow = True
                break
        self.started.set()
        self.finished.set()
        self.stream.close()


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    try:
        with process.stdin:
            process.stdin.write(data)
    except OSError:  # it ended early, which shows elsewhere
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and, where there are process groups, whatever it started in its own."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    process.kill()
    process.wait()
