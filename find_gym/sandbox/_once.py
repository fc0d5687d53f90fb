"""The process of the plain subprocess backend: it runs the one submission on its standard input and ends.

The answer goes to what was its standard output: one byte when the code is about to start, then the report.
"""

from __future__ import annotations

import os
import sys

from . import _guard, _harness, _preload, _rlimits
from ._protocol import LIMITS, READY


def main() -> None:
    """Run one submission; the entry point of the process."""
    data = sys.stdin.buffer.read()
    channel = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    _preload.load()
    _guard.silence()
    _preload.seal()
    cpu_seconds, memory_bytes = LIMITS.unpack_from(data)
    _rlimits.apply(cpu_seconds, _rlimits.address_space() + memory_bytes)
    os.write(channel, READY)
    _guard.watch(_harness.reporter(channel))
    _harness.deliver(channel, _harness.answer(data[LIMITS.size :]))
    os._exit(0)
