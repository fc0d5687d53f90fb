"""What the tests need to know about processes."""

import time
from collections.abc import Callable
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


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Wait for something that comes soon, unless the machine is busy with other work."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, f"expected {what}"
        time.sleep(0.01)


def have_ended(*processes: int) -> bool:
    return not any(Path(f"/proc/{process}").exists() for process in processes)


def server_of(sandbox: Sandbox) -> int:
    assert sandbox.server_pid is not None
    return sandbox.server_pid
