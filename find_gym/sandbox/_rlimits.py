"""POSIX resource limits of one submission, as far as the platform has them."""

from __future__ import annotations

import math
import os
import signal

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

AVAILABLE = resource is not None


def address_space() -> int:
    """Return the bytes of address space that this process has now, or a guess where ``/proc`` is missing."""
    if resource is None:
        return 0
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def resident_memory() -> int:
    """Return the bytes of memory that this process holds, 0 where ``/proc`` is missing."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def be_killed_first() -> None:
    """If memory runs out, the kernel is to end this process or one forked from it, and not its owner."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:  # no such file, or read-only
        return


def apply(cpu_seconds: float, address_space_bytes: int) -> None:
    """Limit this process, irrevocably: CPU time, memory, no new processes, no files, no core dump.

    The CPU time is counted by an interval timer, which is exact to milliseconds and ends the process
    with ``SIGPROF`` (in the fork-server it cannot be caught); ``RLIMIT_CPU``, in whole seconds, stands behind it.
    """
    if resource is None:
        return
    whole_seconds = math.ceil(cpu_seconds) + 1
    for name, soft, hard in (
        ("RLIMIT_CPU", whole_seconds, whole_seconds + 1),
        ("RLIMIT_AS", address_space_bytes, address_space_bytes),
        ("RLIMIT_CORE", 0, 0),
        ("RLIMIT_FSIZE", 0, 0),
        ("RLIMIT_NPROC", 0, 0),
        ("RLIMIT_NOFILE", 256, 256),
        ("RLIMIT_MEMLOCK", 0, 0),
        ("RLIMIT_MSGQUEUE", 0, 0),
    ):
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        try:
            ceiling = resource.getrlimit(kind)[1]
            if ceiling != resource.RLIM_INFINITY:
                soft, hard = min(soft, ceiling), min(hard, ceiling)
            resource.setrlimit(kind, (soft, hard))
        except (OSError, ValueError):  # macOS refuses some
            continue
    signal.setitimer(signal.ITIMER_PROF, max(cpu_seconds, 0.001))  # 0 would be no limit
