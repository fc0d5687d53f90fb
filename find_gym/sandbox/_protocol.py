"""The messages between the sandbox's owner, the fork-server and its children. Numbers are in native byte order."""

from __future__ import annotations

import struct

RUN, KILL = b"R", b"K"
"""How the owner's messages to the server start: run a submission (a ``REQUEST``), or kill the running one."""

REQUEST = struct.Struct("=cdQ")
"""``RUN``, CPU seconds, bytes of memory; the submission's socket comes along."""

REPLY = struct.Struct("=ii")
"""From the server: the child's wait status, and the number of the system call that it was killed for, or -1."""

LENGTH = struct.Struct("=Q")
"""What precedes a submission on its own socket."""

READY, FAILED = b"R", b"X"
"""The first byte of a child's answer: confined and about to run the code (the report follows), or not confined (the
reason follows)."""

LIMITS = struct.Struct("=dQ")
"""To a plain subprocess: CPU seconds and bytes of memory; the submission follows."""
