"""Machines that grant less: each layer alone, and what happens where the kernel or a container refuses one."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's layers")

DENY = """
import errno, sys, warnings
from find_gym.sandbox import Sandbox, _kernel
from find_gym.sandbox._syscalls import architecture
refusal = 0x00050000 | errno.EPERM
program = [
    (_kernel.BPF_LOAD, 0, 0, 0),
    (_kernel.BPF_IF_EQUAL, 0, 1, architecture().number("seccomp")), (_kernel.BPF_RETURN, 0, 0, refusal),
    (_kernel.BPF_IF_EQUAL, 0, 4, architecture().number("prctl") if "prctl" in sys.argv else 99999),
    (_kernel.BPF_LOAD, 0, 0, 16),
    (_kernel.BPF_IF_EQUAL, 0, 1, _kernel.PR_SET_SECCOMP), (_kernel.BPF_RETURN, 0, 0, refusal),
    (_kernel.BPF_RETURN, 0, 0, _kernel.SECCOMP_RET_ALLOW),
    (_kernel.BPF_RETURN, 0, 0, _kernel.SECCOMP_RET_ALLOW),
]
_kernel.prctl(_kernel.PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS")
_kernel.compile_filter(program)(None)
with warnings.catch_warnings(record=True) as caught, Sandbox() as sandbox:
    warnings.simplefilter("always")
    print(sandbox.backend.split("+")[0])
    print(sandbox.run("def f(x): return 2 * x", [1.5]).values)
    print(sandbox.run("def f(x): open('/etc/passwd')", [1.5]).status.value)
    print(len(caught), *(warning.message for warning in caught))
"""

LANDLOCK = """
import os, sys, socket
from find_gym.sandbox import _kernel
version = _kernel.landlock_version()
ruleset = _kernel.landlock_ruleset()
if ruleset is None:
    sys.exit("none")
_kernel.prctl(_kernel.PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS")
_kernel.restrict_by_landlock(ruleset)
def attempt(function, *arguments):
    try:
        function(*arguments)
    except PermissionError:
        return "refused"
    except OSError as error:
        return str(error)
    return "granted"
print(attempt(open, "/etc/passwd"), attempt(os.listdir, "/"), attempt(os.mkdir, sys.argv[1]))
print(attempt(os.kill, os.getppid(), 0) if version >= 6 else "refused")
print(attempt(socket.create_connection, ("127.0.0.1", 9)) if version >= 4 else "refused")
"""


def script(code: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    if done.stderr.strip() == "none":
        pytest.skip("this kernel has no Landlock")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_without_the_listener_the_filter_kills_instead():
    lines = script(DENY, "seccomp")
    assert lines == ["fork-server", "(3.0,)", "forbidden", "0"]


def test_without_seccomp_it_is_the_subprocess_with_a_warning():
    lines = script(DENY, "seccomp", "prctl")
    assert lines[:3] == ["subprocess", "(3.0,)", "forbidden"]
    assert lines[3].startswith("1 submitted code runs in subprocess+rlimits, without a system-call filter")


def test_landlock_alone_grants_nothing(tmp_path):
    lines = script(LANDLOCK, str(tmp_path / "x"))
    assert lines == ["refused refused refused", "refused", "refused"]
    assert not list(tmp_path.iterdir())
