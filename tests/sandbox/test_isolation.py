"""What lies between submissions, and between a submission and the processes around it: nothing that passes."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from find_gym.sandbox import Limits, Sandbox, SandboxError, Status, _conversation

from .processes import processes_of, server_of

SECRET = "find-gym-secret-5f1c"
RAISED = Status.RAISED


def test_nothing_of_one_submission_is_in_the_next_ones_memory(unharmed):
    """Neither in Python's objects nor in freed memory: the server never has it."""
    token = "tok" + "en-" * 3 + "19c2"
    assert unharmed.run("def f(x): return x + x", [token] * 50).ok
    source = (
        "import gc, sys\ndef f(x):\n  needle = ''.join(['tok', 'en-' * 3, '19c2'])\n  seen = 0\n"
        "  for o in gc.get_objects():\n    parts = o if type(o) in (list, tuple) else ()\n"
        "    parts = o.values() if type(o) is dict else parts\n"
        "    seen += any(type(p) is str and p is not needle and needle in p for p in list(parts))\n"
        "  return [seen, 'earlier' in sys.modules]"
    )
    result = unharmed.run("import sys, math\nsys.modules['earlier'] = math\nmath.earlier = 1\ndef f(x): return 1", [1])
    assert result.ok
    assert unharmed.run(source, [1], limits=Limits(wall_seconds=10, cpu_seconds=10)).values == ([0, False],)


def test_freed_memory_holds_no_earlier_submission(kernel_only):
    """Reading raw memory is within a process's power; the server's memory must have held nothing."""
    token = "needle-in-the-heap-" + "73ab"
    for _ in range(5):
        assert kernel_only.run(f"secret = {token * 40!r}\ndef f(x): return x", [token * 50]).ok
    maps = Path(f"/proc/{server_of(kernel_only)}/maps").read_text()
    regions = [line.split()[0].split("-") for line in maps.splitlines() if "[heap]" in line]
    assert regions
    start, end = (int(part, 16) for part in regions[0])
    source = (
        f"import ctypes\ndef f(x):\n  data = ctypes.string_at({start}, {end - start})\n"
        "  return [len(data), data.count(b'-in-the-' + b'heap-73ab')]"
    )
    result = kernel_only.run(source, [1])
    assert result.values == ([end - start, 0],)


def test_the_parents_environment_is_not_inherited(monkeypatch):
    monkeypatch.setenv("FIND_GYM_SECRET", SECRET)
    with Sandbox() as opened:
        result = opened.run("import os\ndef f(x): return str(os.environ) + str(os.environb)", [1])
    assert result.ok and SECRET not in result.values[0] and "SECRET" not in result.values[0]


def test_the_parents_descriptors_are_not_inherited(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    with secret.open() as file, socket.socket() as listening, Sandbox(backend="fork-server") as opened:
        os.set_inheritable(file.fileno(), True)
        os.set_inheritable(listening.fileno(), True)
        assert opened.run("def f(x): return x", [1]).ok
        held = {os.readlink(entry) for entry in Path(f"/proc/{server_of(opened)}/fd").iterdir()}
        assert str(secret) not in held
        assert sum(target.startswith("socket:") for target in held) == 1


def test_modules_outside_the_list_cannot_be_imported(layered):
    for module in ("torch", "find_gym", "multiprocessing", "sqlite3", "asyncio", "http.client", "numpy.testing"):
        result = layered.run(f"import {module}\ndef f(x): return x", [1])
        assert result.status is RAISED and "ModuleNotFoundError" in result.message, (module, result)
    guarded = "try: import torch\nexcept ImportError: torch = None\ndef f(x): return torch"
    assert layered.run(guarded, [1]).ok


def test_the_child_is_confined_when_the_code_runs(layered):
    """Looked at from outside, while a submission sleeps."""
    results = []
    thread = threading.Thread(target=lambda: results.append(layered.run(NAP, [1], limits=PATIENT)))
    layered.run("def f(x): return x", [1])
    thread.start()
    while not (children := processes_of(server_of(layered))) or not is_asleep(children[0]):
        time.sleep(0.01)
    status = Path(f"/proc/{children[0]}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    limits = Path(f"/proc/{children[0]}/limits").read_text()
    thread.join()
    assert fields["Seccomp"].strip() == "2" and fields["NoNewPrivs"].strip() == "1"
    assert int(fields["CapEff"], 16) == 0, "no capabilities, even when the tests run as root"
    assert fields["Uid"].split()[0] != "0"
    assert "Max file size             0" in limits and "Max core file size        0" in limits
    assert results[0].ok


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_as_an_ordinary_user():
    """The whole works without privileges; run in a child process that gives them up."""
    script = (
        "import os, sys\nos.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
        "from find_gym.sandbox import Sandbox, Limits\n"
        "with Sandbox('fork-server') as s:\n"
        "  print(s.run('def f(x): return x', [1]).values, s.run('def f(x): open(\"/etc/passwd\")', [1]).message)\n"
        "  print(s.run('def f(x):\\n  while 1: pass', [1], limits=Limits(cpu_seconds=.1)).status.value)\n"
        "with Sandbox('fork-server', omit=frozenset({'audit'})) as s:\n"
        "  print(s.run('def f(x): __import__(\"os\").kill(-1, 9)', [1]).message)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    if "Permission denied" in done.stderr or "No module named" in done.stderr:
        pytest.skip("an ordinary user cannot read this Python installation")
    assert done.stdout.splitlines() == [
        "(1,) tried open('/etc/passwd')",
        "timed_out",
        "tried the system call kill",
    ], done.stderr


def is_asleep(process: int) -> bool:
    """Whether it has been confined and sleeps."""
    status = Path(f"/proc/{process}/status").read_text()
    return "Seccomp:\t2" in status and "State:\tS" in status


def has_computed(process: int) -> bool:
    """Whether it has used a good deal more processor time than it takes to be confined."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    # In user mode and in the kernel's: to ask for the time is a system call.
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > 0.2


def is_large(process: int) -> bool:
    """Whether it holds 96 MiB, which is far more than at its start."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") > 96 << 20


@contextlib.contextmanager
def signalling(opened: Sandbox, number: int, times: int, when: Callable[[int], bool]) -> Iterator[list[int]]:
    """Send each of the first ``times`` submissions' processes a signal when something is true of it; list them."""
    opened.run("def f(x): return x", [1])
    done: list[int] = []
    over = threading.Event()

    def signaller() -> None:
        while len(done) < times and not over.wait(0.01):
            # Between two servers there is none, and a process may just have ended.
            with contextlib.suppress(AssertionError, OSError):
                for child in set(processes_of(server_of(opened))) - set(done):
                    if when(child):
                        os.kill(child, number)
                        done.append(child)

    thread = threading.Thread(target=signaller)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


NAP = "import time\ndef f(x):\n  time.sleep(2)\n  return x"
PATIENT = Limits(wall_seconds=60, cpu_seconds=60)


def test_signals_from_outside_are_the_machines_fault_not_the_codes():
    """A submission cannot kill itself that way: somebody did, so it is tried again."""
    with Sandbox(backend="fork-server") as opened:
        with signalling(opened, signal.SIGKILL, 1, is_asleep) as killed:
            assert opened.run(NAP, [1], limits=PATIENT).values == (1,)
        assert len(killed) == 1
        with (
            signalling(opened, signal.SIGKILL, 3, is_asleep),
            pytest.raises(SandboxError, match="killed by somebody else"),
        ):
            opened.run(NAP, [1], limits=PATIENT)


def test_who_takes_much_memory_and_is_killed_each_time_has_himself_to_blame():
    hoard = "import time\nmuch = bytes(1) * (100 << 20)\ndef f(x):\n  time.sleep(10)\n  return x"
    with Sandbox(backend="fork-server") as opened, signalling(opened, signal.SIGKILL, 3, is_large):
        result = opened.run(hoard, [1], limits=Limits(memory_bytes=1 << 27, wall_seconds=60))
    assert result.status is Status.OUT_OF_MEMORY and "3 times" in result.message


def test_time_without_a_processor_does_not_count():
    """A process that is stopped stands for one that the machine does not let run."""
    slow = "import time\ndef f(x):\n  while time.process_time() < 0.5: pass\n  return x"
    with Sandbox(backend="fork-server") as opened, signalling(opened, signal.SIGSTOP, 1, has_computed) as stopped:

        def go_on() -> None:
            while not stopped:
                time.sleep(0.01)
            time.sleep(0.5)
            os.kill(stopped[0], signal.SIGCONT)

        # Where none is stopped, it waits for ever.
        threading.Thread(target=go_on, daemon=True).start()
        limits = Limits(wall_seconds=0.05, cpu_seconds=60)
        assert opened.run(slow, [1], limits=limits).values == (1,)
        assert len(stopped) == 1


def test_a_machine_that_gives_no_processor_is_an_error(monkeypatch):
    slow = "def f(x):\n  while True: pass"
    monkeypatch.setattr(_conversation, "STARVED_SECONDS", 1.0)
    with (
        Sandbox(backend="fork-server") as opened,
        signalling(opened, signal.SIGSTOP, 3, has_computed),
        pytest.raises(SandboxError, match="no processor"),
    ):
        opened.run(slow, [1], limits=Limits(wall_seconds=0.05, cpu_seconds=60))


@pytest.mark.skipif(sys.platform != "linux", reason="counts what /proc tells")
@pytest.mark.parametrize("code", ["def f(x):\n  while True: pass", "while True: pass\ndef f(x): return x"])
def test_one_answer_may_not_take_the_time_of_all(sandbox, code):
    result = sandbox.run(code, [1, 2], limits=Limits(cpu_seconds=600, answer_seconds=0.05))
    assert result.status is Status.TIMED_OUT and "0.05 s of CPU time for one answer" in result.message
    many = sandbox.run("def f(x): return sum(range(x))", [200_000] * 40, limits=Limits(answer_seconds=0.05))
    assert many.ok


def test_where_the_state_of_a_process_is_hidden_a_tenth_of_the_time_counts(sandbox, monkeypatch):
    monkeypatch.setattr(_conversation, "state_of", lambda process: ("?", 0.0))
    sleep = "import time\ndef f(x): time.sleep(1000)"
    assert sandbox.run(sleep, [1], limits=Limits(wall_seconds=0.02)).status is Status.TIMED_OUT
    assert sandbox.run(NAP, [1]).ok
