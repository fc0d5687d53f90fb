"""The process of the plain subprocess backend: it runs one submission and ends.

Its standard input and output are the two ends of the conversation, of which the first message is the submission.
"""

from __future__ import annotations

import os

from . import _guard, _harness, _preload, _rlimits
from ._protocol import LIMITS, PROCESS, READY, Inbox, framed


def main() -> None:
    """Run one submission; the entry point of the process."""
    channel = os.dup(0)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    _preload.load()
    _guard.silence()
    _preload.seal()
    inbox = Inbox(channel)
    data = inbox.receive()
    cpu_seconds, memory_bytes = LIMITS.unpack_from(data)
    _rlimits.apply(cpu_seconds, _rlimits.address_space() + memory_bytes)
    os.write(channel, framed(READY + PROCESS.pack(os.getpid())))
    _guard.watch(_harness.reporter(channel))
    _harness.run(data[LIMITS.size :], inbox, channel)
    os._exit(0)
