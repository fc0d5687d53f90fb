"""What the Linux kernel does for the sandbox: a seccomp filter, Landlock, and a few ``prctl`` switches.

Called through ctypes, so that nothing has to be compiled. Constants are from ``linux/seccomp.h``, ``linux/filter.h``,
``linux/bpf_common.h``, ``linux/prctl.h``, ``linux/capability.h`` and
``linux/landlock.h``.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import struct
from collections.abc import Callable

from ._syscalls import ALLOWED, Architecture

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

CAPABILITY_VERSION_3 = 0x20080522

SECCOMP_SET_MODE_FILTER = 1
SECCOMP_MODE_FILTER = 2
SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3
SECCOMP_RET_KILL_PROCESS = 0x80000000
SECCOMP_RET_USER_NOTIF = 0x7FC00000
SECCOMP_RET_ALLOW = 0x7FFF0000
SECCOMP_IOCTL_NOTIF_RECV = 0xC0502100
"""``_IOWR('!', 0, struct seccomp_notif)``; that structure has 80 bytes."""

LANDLOCK_CREATE_RULESET = 444
LANDLOCK_RESTRICT_SELF = 446
LANDLOCK_CREATE_RULESET_VERSION = 1
LANDLOCK_FS_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))
"""(since which version of Landlock, how many kinds of file access it knows)."""

BPF_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
BPF_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
BPF_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
BPF_IF_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
BPF_RETURN = 0x06  # BPF_RET | BPF_K
OFFSET_NUMBER, OFFSET_ARCHITECTURE = 0, 4  # in struct seccomp_data
PROT_EXEC = 4

Instruction = tuple[int, int, int, int]
"""(code, instructions to skip if true, if false, operand): ``struct sock_filter``."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _FilterProgram(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def _checked(outcome: int, what: str) -> int:
    if outcome < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return outcome


def prctl(option: int, argument: int, what: str) -> None:
    """Call ``prctl(option, argument, 0, 0, 0)``; ``what`` names it in the ``OSError``."""
    arguments = [ctypes.c_ulong(value) for value in (argument, 0, 0, 0)]
    _checked(_libc.prctl(ctypes.c_int(option), *arguments), what)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, which must still be the process ``parent``."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, "PR_SET_PDEATHSIG")
    if os.getppid() != parent:
        raise OSError("the parent process has ended")


def drop_capabilities() -> None:
    """Give up all privileges that do not come from the user id."""
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")


def _argument(index: int) -> int:
    """Return where the low half of a system call's argument lies in ``struct seccomp_data`` (little-endian)."""
    return 16 + 8 * index


def allow_list(
    arch: Architecture, refusal: int, readable: tuple[int, ...], writable: tuple[int, ...], handover: int
) -> list[Instruction]:
    """Return the filter that lets the calls in ``ALLOWED`` pass and answers all others with ``refusal``.

    ``read`` and ``write`` pass only for their descriptors, memory never becomes executable. ``prctl``, and ``sendmsg``
    on the descriptor ``handover``, pass as well: the confinement is finished with them, then :func:`deny_list` is
    added.
    """
    descriptors = {"read": readable, "write": writable, "sendmsg": (handover,)}
    program: list[Instruction] = [
        (BPF_LOAD, 0, 0, OFFSET_ARCHITECTURE),
        (BPF_IF_EQUAL, 1, 0, arch.audit),
        (BPF_RETURN, 0, 0, SECCOMP_RET_KILL_PROCESS),
        (BPF_LOAD, 0, 0, OFFSET_NUMBER),
    ]
    if arch.foreign_bit is not None:
        program += [(BPF_IF_AT_LEAST, 0, 1, arch.foreign_bit), (BPF_RETURN, 0, 0, SECCOMP_RET_KILL_PROCESS)]
    for name in (*ALLOWED, "prctl", "sendmsg"):
        number = arch.number(name)
        if number is None:
            continue
        if name in ("mmap", "mprotect"):
            body: list[Instruction] = [
                (BPF_LOAD, 0, 0, _argument(2)),
                (BPF_IF_ANY_BIT, 0, 1, PROT_EXEC),
                (BPF_RETURN, 0, 0, refusal),
                (BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW),
            ]
        elif name in descriptors:
            body = [(BPF_LOAD, 0, 0, _argument(0))]
            for descriptor in descriptors[name]:
                body += [(BPF_IF_EQUAL, 0, 1, descriptor), (BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW)]
            body += [(BPF_RETURN, 0, 0, refusal)]
        else:
            body = [(BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW)]
        program += [(BPF_IF_EQUAL, 0, len(body), number), *body]
    return [*program, (BPF_RETURN, 0, 0, refusal)]


def deny_list(arch: Architecture) -> list[Instruction]:
    """Return the filter that takes back what :func:`allow_list` left open for the set-up."""
    program: list[Instruction] = [(BPF_LOAD, 0, 0, OFFSET_NUMBER)]
    for name in ("prctl", "sendmsg"):
        number = arch.number(name)
        assert number is not None
        program += [(BPF_IF_EQUAL, 0, 1, number), (BPF_RETURN, 0, 0, SECCOMP_RET_KILL_PROCESS)]
    return [*program, (BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW)]


def compile_filter(program: list[Instruction]) -> Callable[[int | None], int]:
    """Return a function that puts ``program`` in force in the calling process, for good.

    It takes the number of the system call ``seccomp`` to get a listener, and returns that listener's descriptor, or
    ``None`` to go through ``prctl`` without one. It raises ``OSError`` where the kernel refuses.
    """
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    structure = _FilterProgram(len(program), ctypes.addressof(buffer))

    def install(seccomp: int | None) -> int:
        assert buffer  # the structure points into it
        if seccomp is None:
            pointer = ctypes.addressof(structure)
            arguments = [ctypes.c_ulong(value) for value in (SECCOMP_MODE_FILTER, pointer, 0, 0)]
            return _checked(_libc.prctl(ctypes.c_int(PR_SET_SECCOMP), *arguments), "PR_SET_SECCOMP")
        return _checked(
            _libc.syscall(
                ctypes.c_long(seccomp),
                ctypes.c_ulong(SECCOMP_SET_MODE_FILTER),
                ctypes.c_ulong(SECCOMP_FILTER_FLAG_NEW_LISTENER),
                ctypes.byref(structure),
            ),
            "seccomp with a listener",
        )

    return install


def landlock_version() -> int:
    """Return the version of Landlock that the kernel offers, 0 for none."""
    version = _libc.syscall(
        ctypes.c_long(LANDLOCK_CREATE_RULESET),
        None,
        ctypes.c_size_t(0),
        ctypes.c_ulong(LANDLOCK_CREATE_RULESET_VERSION),
    )
    return max(0, version)


def landlock_ruleset() -> int | None:
    """Return the descriptor of a Landlock ruleset that grants nothing, or ``None`` without Landlock.

    It covers all file access that the kernel's Landlock knows of, TCP (since version 4), and connections to abstract
    Unix sockets and signals to processes outside (since version 6).
    """
    version = landlock_version()
    if version == 0:
        return None
    kinds = max(count for since, count in LANDLOCK_FS_RIGHTS if version >= since)
    fields = [(1 << kinds) - 1]
    if version >= 4:
        fields.append(0b11)
    if version >= 6:
        fields.append(0b11)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _libc.syscall(
        ctypes.c_long(LANDLOCK_CREATE_RULESET), attributes, ctypes.c_size_t(len(attributes)), ctypes.c_ulong(0)
    )
    return None if ruleset < 0 else ruleset


def restrict_by_landlock(ruleset: int) -> None:
    """Put a ruleset in force for this process and its descendants, for good."""
    outcome = _libc.syscall(ctypes.c_long(LANDLOCK_RESTRICT_SELF), ctypes.c_int(ruleset), ctypes.c_ulong(0))
    _checked(outcome, "landlock_restrict_self")


def next_refused_call(listener: int) -> int | None:
    """Return the number of the system call that waits at a seccomp listener, ``None`` if it is gone already."""
    notification = bytearray(80)
    try:
        fcntl.ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notification)
    except OSError:
        return None
    number: int = struct.unpack_from("=i", notification, 16)[0]
    return number
