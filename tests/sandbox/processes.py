"""What the tests need to know about processes."""

from pathlib import Path

from find_gym.sandbox import Sandbox
from find_gym.sandbox._fork_backend import ForkBackend


def processes_of(parent: int) -> list[int]:
    """Return the direct children of a process, zombies included."""
    children = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent:
                children.append(int(entry.name))
    return children


def server_of(sandbox: Sandbox) -> int:
    assert isinstance(sandbox._running, ForkBackend)
    return sandbox._running.server_pid
