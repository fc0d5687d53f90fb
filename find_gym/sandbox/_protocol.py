"""The messages between the sandbox's owner, the fork-server and its children. Numbers are in native byte order."""

from __future__ import annotations

import os
import struct

RUN, KILL = b"R", b"K"
"""How the owner's messages to the server start: run a submission (a ``REQUEST``), or kill the running one."""

REQUEST = struct.Struct("=cdQ")
"""``RUN``, CPU seconds, bytes of memory; the submission's socket comes along."""

REPLY = struct.Struct("=iidQ")
"""From the server: the child's wait status, the number of the system call that it was killed for or -1, its CPU
seconds, and the bytes of memory that it held at most, those that it had at its start not counted."""

LENGTH = struct.Struct("=I")
"""What precedes every message on a submission's own socket: how long it is."""

READY, FAILED = b"R", b"X"
"""How the first message of a submission's process starts: confined and about to run the code (``PROCESS`` follows), or
not confined (the reason follows)."""

PROCESS = struct.Struct("=q")
"""The id of the process."""

LOADED, ANSWER, ERROR, FAILURE = b"L", b"V", b"E", b"W"
"""How its later messages start: the function is there; its value for the input that came last (follows encoded); the
exception that it raised instead, or the end of the whole (a ``REPORT`` follows encoded)."""

REPORT = (str, str, int)
"""Types of a report: an exception's type or a ``Status``, a message, a line of the code or 0."""

LIMITS = struct.Struct("=dQ")
"""How the first message to a plain subprocess starts: CPU seconds and bytes of memory; the submission follows."""


def framed(message: bytes) -> bytes:
    """Return a message as it goes over the socket."""
    return LENGTH.pack(len(message)) + message


def receive(descriptor: int) -> bytes:
    """Read one message; ``b""`` if there will be no more."""
    try:
        header = _read(descriptor, LENGTH.size)
        return _read(descriptor, LENGTH.unpack(header)[0]) if header else b""
    except ConnectionResetError:  # the other side ended and left something unread
        return b""


def _read(descriptor: int, count: int) -> bytes:
    data = os.read(descriptor, count)
    while 0 < len(data) < count:
        part = os.read(descriptor, count - len(data))
        if not part:
            return b""
        data += part
    return data
