"""The server's life: what it leaves behind (nothing), who shares it (nobody), what happens when it dies."""

import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from find_gym.sandbox import Limits, Sandbox, SandboxError, Status, default_sandbox, run_code
from find_gym.sandbox import _sandbox as sandbox_module

from .processes import have_ended, processes_of, server_of, wait_until

DOUBLE = "def f(x): return 2 * x"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork-server needs Linux")

MIXTURE = [
    (DOUBLE, Status.OK),
    ("import numpy as np\ndef f(x): return np.sin(x)", Status.OK),
    ("def f(x): return 1 / 0", Status.RAISED),
    ("def f(x) return", Status.MALFORMED),
    ("def f(x): open('/etc/passwd')", Status.FORBIDDEN),
    ("import os\ndef f(x): os.fork()", Status.FORBIDDEN),
    ("import os\ndef f(x): os.kill(os.getppid(), 9)", Status.FORBIDDEN),
    ("import os\ndef f(x): os.pipe()", Status.FORBIDDEN),
    ("import os\ndef f(x): os._exit(1)", Status.RAISED),
    ("import os\ndef f(x): os.write(3, bytes(10 ** 6))", Status.FORBIDDEN),
    ("def f(x): return 'x' * 10 ** 11", Status.OUT_OF_MEMORY),
    ("def f(x): return 'x' * 10 ** 7", Status.OUT_OF_MEMORY),
    ("def f(x): return f(x + 1)", Status.RAISED),
    ("import ctypes\ndef f(x): return ctypes.string_at(8)", Status.FORBIDDEN),
    ("import threading\ndef f(x): threading.Thread(target=print).start()", Status.FORBIDDEN),
    ("import socket\ndef f(x): socket.socket()", Status.FORBIDDEN),
    ("print('x' * 1000)\nraise SystemExit\ndef f(x): pass", Status.RAISED),
    ("import builtins\nbuiltins.len = None\ndef f(x): return x", None),
]


def census(server: int) -> dict[str, int]:
    """Count what could leak, here and in the server."""
    # What earlier tests left is not to go between two counts.
    gc.collect()
    resident = int(Path(f"/proc/{server}/statm").read_text().split()[1])
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "server's descriptors": len(os.listdir(f"/proc/{server}/fd")),
        "server's children": len(processes_of(server)),
        "files where the server works": len(os.listdir(f"/proc/{server}/cwd/")),
        "resident MiB of the server": resident * os.sysconf("SC_PAGESIZE") >> 20,
    }


@pytest.mark.slow
def test_many_submissions_leave_nothing_behind():
    """Fewer than ten thousand show a leak as well; FIND_GYM_SUBMISSIONS=10000 runs them all."""
    count = int(os.environ.get("FIND_GYM_SUBMISSIONS", "250"))
    limits = Limits(memory_bytes=1 << 26, wall_seconds=5.0, cpu_seconds=5.0)
    with Sandbox(backend="fork-server") as sandbox:
        for source, _ in MIXTURE:
            sandbox.run(source, [0.0, 1.0], limits=limits)
        server = server_of(sandbox)
        before, threads = census(server), set(threading.enumerate())
        began = time.perf_counter()
        for index in range(count):
            source, status = MIXTURE[index % len(MIXTURE)]
            result = sandbox.run(source, [0.0, 1.0], limits=limits)
            assert status is None or result.status is status, (source, result)
        seconds = time.perf_counter() - began
        assert server_of(sandbox) == server
        after = census(server)
        print(f"\n{count} mixed submissions in {seconds:.1f} s; before {before}; after {after}")
        # What earlier tests left open may be closed meanwhile: nothing may grow.
        assert all(after[what] <= count for what, count in before.items()), (before, after)
        assert set(threading.enumerate()) <= threads


def test_a_dead_server_is_replaced_without_a_word():
    with Sandbox(backend="fork-server") as sandbox:
        assert sandbox.run(DOUBLE, [1]).values == (2,)
        first = server_of(sandbox)
        os.kill(first, signal.SIGKILL)
        time.sleep(0.05)
        assert sandbox.run(DOUBLE, [2]).values == (4,)
        assert server_of(sandbox) != first
        assert not Path(f"/proc/{first}").exists(), "reaped"


def test_a_server_that_dies_during_a_submission_is_replaced():
    with Sandbox(backend="fork-server") as sandbox:
        sandbox.run(DOUBLE, [1])
        server = server_of(sandbox)
        threading.Timer(0.2, os.kill, (server, signal.SIGKILL)).start()
        assert sandbox.run("import time\ndef f(x):\n  time.sleep(0.5)\n  return x", [1]).values == (1,)


def test_a_server_that_hangs_is_replaced(monkeypatch):
    from find_gym.sandbox import _conversation

    with Sandbox(backend="fork-server") as sandbox:
        sandbox.run(DOUBLE, [1])
        monkeypatch.setattr(_conversation, "START_SECONDS", 0.3)
        discard = sandbox._discard
        sandbox._discard = lambda: (monkeypatch.undo(), discard())
        os.kill(server_of(sandbox), signal.SIGSTOP)
        assert sandbox.run(DOUBLE, [1]).values == (2,)


def test_only_repeated_failure_is_an_error(monkeypatch):
    with Sandbox(backend="fork-server") as sandbox:
        start = sandbox._start
        started = []

        def start_and_kill():
            backend = start()
            started.append(backend.server_pid)
            os.kill(backend.server_pid, signal.SIGKILL)
            time.sleep(0.05)
            return backend

        monkeypatch.setattr(sandbox, "_start", start_and_kill)
        with pytest.raises(SandboxError, match="3 times in a row"):
            sandbox.run(DOUBLE, [1])
        assert len(started) == 3
        monkeypatch.undo()
        assert sandbox.run(DOUBLE, [1]).values == (2,)


def test_an_interpreter_that_cannot_start_is_an_error_that_says_why(monkeypatch):
    from find_gym.sandbox import _launch

    monkeypatch.setattr(_launch, "BOOTSTRAP", "raise RuntimeError('no numpy here')")
    with Sandbox(backend="fork-server") as sandbox, pytest.raises(SandboxError, match="no numpy here"):
        sandbox.run(DOUBLE, [1])


def test_a_missing_interpreter_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/absent/python")
    with Sandbox(backend="fork-server") as sandbox, pytest.raises(SandboxError, match="/absent/python"):
        sandbox.run(DOUBLE, [1])


def test_a_closed_sandbox_refuses():
    sandbox = Sandbox(backend="fork-server")
    sandbox.run(DOUBLE, [1])
    server = server_of(sandbox)
    sandbox.close()
    sandbox.close()
    assert not Path(f"/proc/{server}").exists()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.run(DOUBLE, [1])


def test_a_forgotten_sandbox_ends_its_server():
    sandbox = Sandbox(backend="fork-server")
    sandbox.run(DOUBLE, [1])
    server = server_of(sandbox)
    del sandbox
    assert not Path(f"/proc/{server}").exists()


def test_an_interrupt_leaves_the_sandbox_usable():
    # A process that was started in the background may ignore the signal.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _interrupt_and_go_on()
    finally:
        signal.signal(signal.SIGINT, previous)


def _interrupt_and_go_on():
    with Sandbox(backend="fork-server") as sandbox:
        sandbox.run(DOUBLE, [1])
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            sandbox.run("def f(x):\n  while True: pass", [1], limits=Limits(wall_seconds=5, cpu_seconds=5))
        assert sandbox.run(DOUBLE, [3]).values == (6,)


def test_threads_share_a_sandbox(sandbox):
    def run(number: int) -> object:
        return sandbox.run(f"def f(x): return x + {number}", [0, 1]).values

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(100))) == [(n, n + 1) for n in range(100)]


def test_threads_with_sandboxes_of_their_own():
    def run(number: int) -> object:
        with Sandbox(backend="fork-server") as own:
            return [own.run(f"def f(x): return x + {number}", [k]).values[0] for k in range(10)]

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, range(3))) == [[k + n for k in range(10)] for n in range(3)]


def test_the_server_outlives_the_thread_that_started_it():
    with Sandbox(backend="fork-server") as sandbox:
        thread = threading.Thread(target=sandbox.run, args=(DOUBLE, [1]))
        thread.start()
        thread.join()
        server = server_of(sandbox)
        time.sleep(0.1)
        assert sandbox.run(DOUBLE, [1]).values == (2,) and server_of(sandbox) == server


def _in_a_worker(number: int) -> tuple[int, int, tuple]:
    values = run_code(DOUBLE, [number]).values
    return os.getpid(), server_of(default_sandbox()), values


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_get_servers_of_their_own(method):
    run_code(DOUBLE, [1])
    ours = server_of(default_sandbox())
    with multiprocessing.get_context(method).Pool(2) as pool:
        reports = pool.map(_in_a_worker, range(20), chunksize=1)
    assert [values for _, _, values in reports] == [(2 * number,) for number in range(20)]
    assert len({server for _, server, _ in reports}) == len({worker for worker, _, _ in reports})
    assert ours not in {server for _, server, _ in reports}
    assert run_code(DOUBLE, [1]).ok and server_of(default_sandbox()) == ours
    wait_until(lambda: have_ended(*(server for _, server, _ in reports)), "no orphaned servers")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_while_another_thread_runs_a_submission():
    """The forked process must not wait for a lock that nobody there will release, nor disturb the running one."""
    run_code(DOUBLE, [1])
    results = []
    sleeping = "import time\ndef f(x):\n  time.sleep(0.5)\n  return x"
    thread = threading.Thread(target=lambda: results.append(run_code(sleeping, [7])))
    thread.start()
    time.sleep(0.2)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, pickle.dumps(run_code(DOUBLE, [21]).values))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pickle.load(pipe) == (42,)
    os.waitpid(child, 0)
    thread.join()
    assert results[0].values == (7,)
    assert run_code(DOUBLE, [1]).ok


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "sys.exit()", "1 / 0"])
def test_the_server_dies_with_its_owner(end):
    script = (
        "import os, sys\nfrom find_gym.sandbox import default_sandbox, run_code\n"
        "run_code('def f(x): return x', [1])\n"
        f"print(default_sandbox()._running.server_pid, flush=True)\n{end}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    server = int(done.stdout)
    wait_until(lambda: have_ended(server), "the server to end")


def test_server_and_child_die_when_the_owner_is_killed_in_the_middle():
    script = (
        "import threading\nfrom find_gym.sandbox import default_sandbox, run_code, Limits\n"
        "run_code('def f(x): return x', [1])\nprint(default_sandbox()._running.server_pid, flush=True)\n"
        "run_code('def f(x):\\n  while 1: pass', [1], limits=Limits(wall_seconds=60, cpu_seconds=60))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        server = int(owner.stdout.readline())
        wait_until(lambda: processes_of(server), "a child")
        (child,) = processes_of(server)
        owner.kill()
    wait_until(lambda: have_ended(server, child), "server and child to end")


def test_the_caller_may_ignore_signals_or_block_them():
    """Dispositions are inherited through exec; the server and its children must not care."""
    script = (
        "import signal\nfor n in (signal.SIGPROF, signal.SIGXCPU, signal.SIGSYS, signal.SIGCHLD, signal.SIGTERM):\n"
        "  signal.signal(n, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "from find_gym.sandbox import Sandbox, Limits\nlimits = Limits(wall_seconds=20, cpu_seconds=0.2)\n"
        "with Sandbox('fork-server', omit=frozenset({'listener', 'audit'})) as s:\n"
        "  print(s.run('def f(x):\\n  while 1: pass', [1], limits=limits).message)\n"
        "  print(s.run('import os\\ndef f(x): os.pipe()', [1]).status.value)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == ["took longer than 0.2 s of CPU time", "forbidden"], done.stderr


def test_importing_starts_nothing():
    script = "import find_gym.sandbox, threading, sys, os\nprint(threading.active_count(), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["1", "False"]


def test_the_weaker_backend_is_announced_once(monkeypatch):
    from find_gym.sandbox import _fork_backend

    def refuse(omit: frozenset[str]) -> None:
        raise _fork_backend.Refused("seccomp: not permitted")

    monkeypatch.setattr(sandbox_module, "ForkBackend", refuse)
    monkeypatch.setattr(Sandbox, "_warned", False)
    with Sandbox() as sandbox, pytest.warns(RuntimeWarning, match=r"subprocess\+rlimits.*not permitted") as caught:
        assert sandbox.backend.startswith("subprocess")
        with Sandbox() as another:
            assert another.backend.startswith("subprocess")
    assert len(caught) == 1
    with Sandbox(backend="fork-server") as insisting, pytest.raises(SandboxError, match="not permitted"):
        insisting.run(DOUBLE, [1])
    with pytest.raises(ValueError, match="expected a backend"):
        Sandbox(backend="docker")
