"""The fork-server: a clean interpreter that forks one confined child for each submission.

It runs in a process of its own (see ``_launch``) and talks to its owner over a socket that keeps messages apart. A
request carries the limits and one end of a fresh socket, on which owner and child exchange the submission and its
report directly: the server itself never holds a submission's data, so a later child, which starts as a copy of its
memory, cannot find any.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
from typing import NoReturn

from . import _guard, _harness, _kernel, _preload, _rlimits
from ._protocol import ANSWER, FAILED, KILL, LOADED, PROCESS, READY, REPLY, REQUEST, Inbox, framed
from ._syscalls import Architecture, architecture

CHANNEL, HANDOVER = 3, 4
"""The child's descriptors for its owner and, until it is confined, for the server."""
FIRST_OWN_DESCRIPTOR = 64
"""The server keeps its own descriptors from here on, out of the way of a child's."""
LAST_DESCRIPTOR = 256
NOBODY = 65534

SELF_TEST = """
import math, random
import numpy as np
def f(x):
    a = np.random.default_rng(1).normal(size=(300, 300))
    big = np.ones(3_000_000).cumsum()
    return float(np.linalg.solve(a, a[0])[0]) + math.sin(x) + random.random() * 0 + big[-1] + len(f"{a!r}")
"""


class _Confinement:
    """The layers that this kernel grants; prepared once, put in force in each child."""

    def __init__(self, arch: Architecture, omit: frozenset[str]) -> None:
        self.audit = "audit" not in omit
        self.listener = "listener" not in omit
        self.base_memory = _rlimits.address_space()
        self.ruleset: int | None = None
        ruleset = None if "landlock" in omit else _kernel.landlock_ruleset()
        if ruleset is not None:
            self.ruleset = _out_of_the_way(ruleset)
        self.seccomp = arch.number("seccomp")
        programs = [
            _kernel.allow_list(arch, refusal, (CHANNEL,), (CHANNEL, 1, 2), HANDOVER)
            for refusal in (_kernel.SECCOMP_RET_USER_NOTIF, _kernel.SECCOMP_RET_KILL_PROCESS)
        ]
        self.notifying_filter, self.killing_filter = map(_kernel.compile_filter, programs)
        self.closing_filter = _kernel.compile_filter(_kernel.deny_list(arch))

    def layers(self) -> list[str]:
        """Return the names of what is in force."""
        return ["seccomp", *(["landlock"] if self.ruleset is not None else [])]

    def enforce(self, server: int, handover: socket.socket, cpu_seconds: float, memory_bytes: int) -> None:
        """Confine this process, a child of the process ``server``, for good.

        Raises:
            OSError: The kernel refuses a layer.
        """
        if os.geteuid() == 0:
            _drop_root()
        _kernel.drop_capabilities()
        _kernel.die_with_parent(server)
        _kernel.prctl(_kernel.PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE")
        _kernel.prctl(_kernel.PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS")
        if self.ruleset is not None:
            _kernel.restrict_by_landlock(self.ruleset)
        os.closerange(HANDOVER + 1, LAST_DESCRIPTOR)
        _rlimits.apply(cpu_seconds, self.base_memory + memory_bytes)
        if self.listener:
            listener = self.notifying_filter(self.seccomp)
            socket.send_fds(handover, [READY], [listener])
        else:
            self.killing_filter(None)
        self.closing_filter(None)


def _drop_root() -> None:
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:  # a user namespace that does not know this user; the other layers do not depend on it
        return


def _out_of_the_way(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_OWN_DESCRIPTOR)
    os.close(descriptor)
    return moved


class ForkServer:
    """Serves one owner until that ends.

    Args:
        control: The socket to the owner.
        owner: The owner's process id.
        omit: Layers to leave out, for tests: ``"listener"``, ``"landlock"``, ``"audit"``.
    """

    def __init__(self, control: socket.socket, owner: int, omit: frozenset[str]) -> None:
        self.control = control
        self.owner = _out_of_the_way(os.pidfd_open(owner))
        self.pid = os.getpid()
        arch = architecture()
        if arch is None:
            raise OSError("no system-call filter for this processor architecture")
        self.confinement = _Confinement(arch, omit)
        self._find_out_what_works()

    def _find_out_what_works(self) -> None:
        """Confine a child and let it compute something; without the listener if that is what fails."""
        reason = self._try_out()
        if reason and self.confinement.listener:
            self.confinement.listener = False
            reason = self._try_out()
        if reason:
            raise OSError(reason)

    def _try_out(self) -> str:
        ours, theirs = socket.socketpair()
        request = _harness.Request(SELF_TEST, None, 0, False, 1 << 20)
        for data in (tuple(request), 1.0):
            ours.sendall(framed(_harness.encode(data, 1 << 20)))
        ours.shutdown(socket.SHUT_WR)
        status, refused, _, _ = self.run(theirs.detach(), 10.0, 1 << 29)
        messages = []
        with ours:
            inbox = Inbox(ours.fileno())
            while message := inbox.receive():
                messages.append(message)
        kinds = b"".join(message[:1] for message in messages)
        if kinds == FAILED:
            return messages[0][1:].decode()
        if status != 0 or kinds != READY + LOADED + ANSWER:
            return f"self-test failed: wait status {status}, system call {refused}, answers {messages!r}"
        return ""

    def serve(self) -> None:
        """Answer requests until the owner goes."""
        while True:
            poller = select.poll()
            poller.register(self.control, select.POLLIN)
            poller.register(self.owner, select.POLLIN)
            poller.poll()
            message, descriptors, _, _ = socket.recv_fds(self.control, REQUEST.size, 1)
            if not message:
                return
            if message == KILL:  # too late: that child has ended
                continue
            _, cpu_seconds, memory_bytes = REQUEST.unpack(message)
            reply = self.run(descriptors[0], cpu_seconds, memory_bytes)
            try:
                self.control.send(REPLY.pack(*reply))
            except OSError:
                return

    def run(self, channel: int, cpu_seconds: float, memory_bytes: int) -> tuple[int, int, float, int]:
        """Fork a child for the submission that comes in on ``channel``, which is closed here, and see it to its end.

        Returns:
            The fields of a ``REPLY``.
        """
        resident = _rlimits.resident_memory()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        child = os.fork()
        if child == 0:
            self._be_child(channel, theirs, cpu_seconds, memory_bytes)
        os.close(channel)
        theirs.close()
        try:
            with ours:
                refused = self._watch(child, ours)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            _, status, usage = os.wait4(child, 0)
        peak = max(0, usage.ru_maxrss * 1024 - resident)
        return status, refused, usage.ru_utime + usage.ru_stime, peak

    def _be_child(self, channel: int, handover: socket.socket, cpu_seconds: float, memory_bytes: int) -> NoReturn:
        try:
            os.dup2(channel, FIRST_OWN_DESCRIPTOR - 2)
            os.dup2(handover.detach(), FIRST_OWN_DESCRIPTOR - 1)
            os.dup2(FIRST_OWN_DESCRIPTOR - 2, CHANNEL)
            os.dup2(FIRST_OWN_DESCRIPTOR - 1, HANDOVER)
            inbox = Inbox(CHANNEL)
            request = inbox.receive()
            link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, HANDOVER)
            try:
                self.confinement.enforce(self.pid, link, cpu_seconds, memory_bytes)
            except OSError as error:
                os.write(CHANNEL, framed(FAILED + str(error).encode()))
                os._exit(1)
            link.detach()
            os.write(CHANNEL, framed(READY + PROCESS.pack(os.getpid())))
            if self.confinement.audit:
                _guard.watch(_harness.reporter(CHANNEL))
            _harness.run(request, inbox, CHANNEL)
            os._exit(0)
        finally:
            os._exit(70)

    def _watch(self, child: int, handover: socket.socket) -> int:
        """Wait until ``child`` has ended; return the number of the system call it was killed for, or -1."""
        ended = os.pidfd_open(child)
        listener = -1
        refused = -1
        poller = select.poll()
        for descriptor in (self.control.fileno(), self.owner, ended):
            poller.register(descriptor, select.POLLIN)
        poller.register(handover, select.POLLIN)
        try:
            while True:
                ready = dict(poller.poll())
                if ended in ready:
                    return refused
                if self.owner in ready or (self.control.fileno() in ready and not self._keep_on()):
                    os.kill(child, signal.SIGKILL)
                    poller.unregister(self.control)
                    poller.unregister(self.owner)
                    continue
                if handover.fileno() in ready:
                    poller.unregister(handover)
                    _, descriptors, _, _ = socket.recv_fds(handover, 1, 1)
                    if descriptors:
                        listener = descriptors[0]
                        poller.register(listener, select.POLLIN)
                if listener in ready:
                    if not ready[listener] & select.POLLIN:  # the child is just termination
                        poller.unregister(listener)
                    elif (number := _kernel.next_refused_call(listener)) is not None:
                        poller.unregister(listener)
                        refused = number
                        os.kill(child, signal.SIGKILL)
        finally:
            os.close(ended)
            if listener >= 0:
                os.close(listener)

    def _keep_on(self) -> bool:
        """Read the owner's message during a run: it only ever says to stop, or that the owner is gone."""
        return self.control.recv(REQUEST.size) not in (KILL, b"")


def main(control_descriptor: str, owner: str, omit: str) -> None:
    """Run the server; the entry point of its process."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.valid_signals() - {signal.SIGPIPE}:  # what the owner ignores is inherited
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    control = socket.socket(fileno=_out_of_the_way(int(control_descriptor)))
    _preload.load()
    _guard.silence()
    _preload.seal()
    try:
        server = ForkServer(control, int(owner), frozenset(omit.split()))
    except OSError as error:
        control.send(json.dumps({"refused": str(error)}).encode())
        return
    control.send(json.dumps({"layers": server.confinement.layers()}).encode())
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    _rlimits.be_killed_first()
    server.serve()
