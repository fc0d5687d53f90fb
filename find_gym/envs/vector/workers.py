"""Processes that share lists of jobs with this one.

Each is a fresh interpreter that is sent pickled jobs through its standard input and answers through its standard
output. It ends when that input does, so none outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import pickle
import signal
import struct
import subprocess
import sys
import time
import warnings
import weakref
from collections.abc import Callable
from typing import IO, Any

Work = Callable[..., list[Any]]

# The path comes as arguments: a package that was found here is found there.
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from find_gym.envs.vector.workers import serve; serve()"
_ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "FIND_GYM_THREADS"), "1")
_SECONDS_TO_END = 5.0
# Before each message stands its length in bytes.
_LENGTH = struct.Struct("<Q")
# Jobs that take fewer seconds than this together are done where they are: to send them would take as long.
_WORTH_SENDING = 0.002
# How much the last jobs count in the mean of the seconds that one takes.
_NEWEST = 0.1
# What pickle raises for things that only one process can have.
_UNPICKLABLE = (pickle.PicklingError, AttributeError, TypeError)


class Workers:
    """Does lists of jobs, parts of each in other processes, which start when they are first needed.

    Jobs that another process can't be sent, or fails at, are done here, and so are those that take little time, as the
    earlier ones of their type tell. So the results, and the errors, are those of `work(jobs)`, as long as what it
    returns for a job does not depend on the others.

    Args:
        count: the number of processes beside this one; with 0 all is done here.
        work: does a list of jobs, at least one, and returns their results in the same order; a function that can be
            pickled.

    Raises:
        ValueError: the count is no integer from 0 on.
    """

    def __init__(self, count: int, work: Work) -> None:
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f"expected workers to be an integer >= 0, actual value: {count!r}")
        self._count = count
        self._work = work
        self._processes: list[subprocess.Popen[bytes]] = []
        # The seconds that a job takes here, by its type.
        self._seconds: dict[type, float] = {}
        self._stop: Callable[[], object] = lambda: None

    def do(self, jobs: list[Any], *more: Any) -> list[Any]:
        """Does jobs and returns their results in the same order.

        Args:
            jobs: the jobs.
            more: what `work` is given besides, where no other process has a part in it.
        """
        if not self._count or len(jobs) < 2:
            return self._work(jobs, *more) if jobs else []
        if len(jobs) * self._seconds.get(type(jobs[0]), math.inf) < _WORTH_SENDING:
            return self._do_here(jobs, *more)
        if not self._processes:
            self._start()
        shares = min(len(self._processes) + 1, len(jobs))
        results: list[Any] = [None] * len(jobs)
        own = list(range(0, len(jobs), shares))
        sent: list[tuple[subprocess.Popen[bytes], list[int]]] = []
        try:
            for first, process in enumerate(self._processes[: shares - 1], start=1):
                places = list(range(first, len(jobs), shares))
                if _send_jobs(process, [jobs[place] for place in places]):
                    sent.append((process, places))
                else:
                    own += places
            _put(results, own, self._do_here([jobs[place] for place in own]))
            for process, places in sent:
                answers = _receive(process)
                _put(results, places, self._do_here([jobs[place] for place in places]) if answers is None else answers)
        except BaseException:
            # Answers that nobody waits for must not be taken for those to the next jobs.
            self.close()
            raise
        self._dismiss_ended()
        return results

    def close(self) -> None:
        """Ends the processes; the next jobs start others."""
        self._stop()
        self._processes = []

    def _do_here(self, jobs: list[Any], *more: Any) -> list[Any]:
        """Does jobs in this process, and notes how long one takes."""
        began = time.perf_counter()
        results = self._work(jobs, *more)
        seconds, kind = (time.perf_counter() - began) / len(jobs), type(jobs[0])
        self._seconds[kind] = (1 - _NEWEST) * self._seconds.get(kind, seconds) + _NEWEST * seconds
        return results

    def _start(self) -> None:
        try:
            work = pickle.dumps(self._work, pickle.HIGHEST_PROTOCOL)
        except _UNPICKLABLE as error:
            warnings.warn(f"no workers are used: what they do can't be pickled ({error})", RuntimeWarning, stacklevel=4)
            self._count = 0
            return
        command = [sys.executable, "-c", _PROGRAM, *map(str, sys.path)]
        environment = {**os.environ, **_ENVIRONMENT}
        for _ in range(self._count):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
            self._processes.append(process)
            _send(process, work)
        self._stop = weakref.finalize(self, _end, self._processes)

    def _dismiss_ended(self) -> None:
        """Forgets processes that have ended, which are seldom any."""
        for process in [one for one in self._processes if one.stdin is None or one.stdin.closed]:
            _end([process])
            self._processes.remove(process)
            self._count -= 1
            warnings.warn(
                f"a worker ended with exit status {process.returncode}; its share is done without it",
                RuntimeWarning,
                stacklevel=3,
            )


def serve() -> None:
    """Does what comes through the standard input until it ends: first the work, then lists of jobs."""
    # Who is interrupted is the process that sends the jobs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What is printed must not get among the answers.
    os.dup2(2, 1)
    work: Work | None = None
    while (request := _read(requests)) is not None:
        if work is None:
            work = pickle.loads(request)
            # What stays for good need not be looked through for garbage.
            gc.freeze()
            continue
        try:
            answer = pickle.dumps(work(pickle.loads(request)), pickle.HIGHEST_PROTOCOL)
        except Exception:
            # The jobs are done again where the error can be seen.
            answer = pickle.dumps(None)
        _write(answers, answer)


def _put(results: list[Any], places: list[int], some: list[Any]) -> None:
    """Writes results into their places."""
    for place, result in zip(places, some, strict=True):
        results[place] = result


def _read(stream: IO[bytes]) -> bytes | None:
    """Reads a message; None where the stream ends."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(header)
    message = stream.read(size)
    return message if len(message) == size else None


def _write(stream: IO[bytes], message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)) + message)
    stream.flush()


def _send(process: subprocess.Popen[bytes], message: bytes) -> bool:
    """Sends a message to a process; returns False where it has ended."""
    assert process.stdin is not None
    try:
        _write(process.stdin, message)
    except (OSError, ValueError):
        _close(process)
        return False
    return True


def _receive(process: subprocess.Popen[bytes]) -> list[Any] | None:
    """Returns a process's answers, or None where it has none."""
    assert process.stdout is not None
    message = _read(process.stdout)
    if message is None:
        _close(process)
        return None
    answers: list[Any] | None = pickle.loads(message)
    return answers


def _send_jobs(process: subprocess.Popen[bytes], jobs: list[Any]) -> bool:
    """Sends jobs to a process; returns False where that can't be."""
    try:
        message = pickle.dumps(jobs, pickle.HIGHEST_PROTOCOL)
    except _UNPICKLABLE:
        return False
    return _send(process, message)


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        # A process that has ended does not take what was still to be written.
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ends processes and waits for that."""
    for process in processes:
        _close(process)
    for process in processes:
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
