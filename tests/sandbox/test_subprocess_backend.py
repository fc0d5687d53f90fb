"""Where the fork-server cannot run: the same answers to benign code, and ordinary mischief still has its name."""

import gc
import os
import threading

import numpy as np
import pytest

from find_gym.sandbox import Limits, Sandbox, SandboxError, Status, _launch

from .processes import wait_until

BENIGN = """
import math, random
import numpy as np
print("noise")
def f(x):
    if x is None: return None
    if isinstance(x, str): return x[::-1] + "ß\\ud800"
    if x == 0: return 1 / x
    return [math.sin(x), random.random(), float(np.random.default_rng().normal()), np.float32(x), (x, {"a": -0.0})]
"""


def test_the_same_results_as_the_fork_server(sandbox, plain):
    inputs = [1.5, None, "abc", 0, -2, float("inf")]
    assert repr(plain.run(BENIGN, inputs)) == repr(sandbox.run(BENIGN, inputs))
    assert plain.run(BENIGN, inputs).status is Status.OK


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("open('/etc/passwd')", Status.FORBIDDEN, "open('/etc/passwd')"),
        ("__import__('os').system('true')", Status.FORBIDDEN, "os.system"),
        ("__import__('os').fork()", Status.FORBIDDEN, "os.fork"),
        ("__import__('socket').socket()", (Status.FORBIDDEN, Status.RAISED), "socket"),
        ("import torch", Status.RAISED, "ModuleNotFoundError"),
        ("\n  while True: pass", Status.TIMED_OUT, "0.5 s of CPU time"),
        ("'x' * 10 ** 11", Status.OUT_OF_MEMORY, "memory"),
        ("return 'x' * 10 ** 7", Status.OUT_OF_MEMORY, "outputs"),
        ("__import__('time').sleep(1000)", Status.TIMED_OUT, "slept"),
        ("__import__('os')._exit(4)", Status.RAISED, "exit status 4"),
        ("return )", Status.MALFORMED, "SyntaxError"),
    ],
)
def test_failure_kinds(plain, code, status, words):
    result = plain.run(f"def f(x): {code}", [1.0], limits=Limits(wall_seconds=0.5, cpu_seconds=0.5))
    assert result.status in (status if isinstance(status, tuple) else (status,)), result
    assert words in result.message


def test_cpu_limit(plain):
    result = plain.run("def f(x):\n  while True: pass", [1], limits=Limits(wall_seconds=20, cpu_seconds=0.2))
    assert result.status is Status.TIMED_OUT and "CPU" in result.message


def test_a_flood_on_the_result_channel_is_cut_off(plain):
    flood = "  for fd in range(3, 9):\n    try:\n      while True: os.write(fd, bytes(65536))\n    except OSError: pass"
    source = f"import os\ndef f(x):\n{flood}"
    result = plain.run(source, [1.0], limits=Limits(wall_seconds=5))
    assert result.status is Status.FORBIDDEN and "channel" in result.message


def test_nothing_is_left_behind(plain):
    plain.run(BENIGN, [1.0])
    gc.collect()
    descriptors, threads = len(os.listdir("/dev/fd")), set(threading.enumerate())
    for code in ("return x", "\n  while True: pass", "open('x')"):
        plain.run(f"def f(x): {code}", [1.0], limits=Limits(wall_seconds=0.1, cpu_seconds=0.1))
    wait_until(lambda: set(threading.enumerate()) <= threads, "no thread left")
    # Fewer is no fault: what earlier tests left to the collector may close meanwhile.
    assert len(os.listdir("/dev/fd")) <= descriptors


def test_an_interpreter_that_does_not_start_is_not_the_codes_fault(monkeypatch):
    monkeypatch.setattr(_launch, "BOOTSTRAP", "raise SystemExit(1)")
    with Sandbox(backend="subprocess") as broken, pytest.raises(SandboxError, match="could not be started"):
        broken.run("def f(x): return x", [1.0])


def test_large_inputs_arrive(plain):
    assert plain.run("def f(a): return sum(a)", np.ones((1, 300_000))).values == (300_000.0,)
