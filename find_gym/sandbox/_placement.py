"""Two processes that talk in turns, on one processor.

Only one of them runs at a time, so they lose nothing by it, and gain: on two processors each message would have to wake
another processor, which in a virtual machine takes longer than everything else about it (20 µs instead of 3).
"""

from __future__ import annotations

import ctypes
import os

_processor_here = getattr(ctypes.CDLL(None), "sched_getcpu", None) if hasattr(os, "sched_setaffinity") else None


class SharedProcessor:
    """Keeps the calling thread and another process on the processor that the thread runs on, until it is released.

    Nothing depends on it: where the system does not allow it, nothing happens.

    Args:
        process: The id of the process.
    """

    def __init__(self, process: int) -> None:
        self._before: dict[int, set[int]] = {}
        if _processor_here is None:
            return
        try:
            before = {number: os.sched_getaffinity(number) for number in (process, 0)}
            here = {_processor_here()}
            for number, processors in before.items():
                os.sched_setaffinity(number, here)
                self._before[number] = processors
        except OSError:  # the process has ended, or belongs to somebody else
            self.release()

    def release(self) -> None:
        """Let both run where they could before."""
        before, self._before = self._before, {}
        for number, processors in before.items():
            try:
                os.sched_setaffinity(number, processors)
            except OSError:  # the process has ended
                continue
