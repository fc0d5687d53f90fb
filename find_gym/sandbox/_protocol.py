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


SHORT = 1 << 8
"""Most messages are shorter, and memory for longer ones is not free."""


def framed(message: bytes) -> bytes:
    """Return a message as it goes over the socket."""
    return LENGTH.pack(len(message)) + message


def size_of(data: bytes) -> int:
    """Return how many bytes the message takes that ``data`` starts with, those of its length if more is not known."""
    return LENGTH.size + LENGTH.unpack_from(data)[0] if len(data) >= LENGTH.size else LENGTH.size


class Inbox:
    """Reads messages one by one.

    Args:
        descriptor: Where they come from.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.rest = b""

    def some(self, size: int = SHORT) -> bytes:
        """Return what came, a part of a message or more than one; ``b""`` if there will be no more."""
        data, self.rest = self.rest, b""
        try:
            return data or os.read(self.descriptor, size)
        except ConnectionResetError:  # the other side ended and left something unread
            return b""

    def receive(self, start: bytes = b"") -> bytes:
        """Return the next message, of which ``start`` came before; ``b""`` if there will be no more."""
        data = start or self.some()
        while (size := size_of(data)) > len(data):
            part = self.some(max(SHORT, len(data)))
            if not part:
                return b""
            data += part
        self.rest = data[size:]
        return data[LENGTH.size : size]
