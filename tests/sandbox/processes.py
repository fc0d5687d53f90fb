"""What the tests need to know about processes."""

from pathlib import Path

from find_gym.sandbox import Sandbox


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
    assert sandbox.server_pid is not None
    return sandbox.server_pid
