"""The owner's thread and the submission's process share a processor while they talk, and no longer."""

import os
import subprocess
import sys

import pytest

from find_gym.sandbox import Limits
from find_gym.sandbox._placement import SharedProcessor

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="expected Linux")


def test_both_are_on_one_processor_until_they_are_released():
    before = os.sched_getaffinity(0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        placement = SharedProcessor(process.pid)
        assert os.sched_getaffinity(process.pid) == os.sched_getaffinity(0) and len(os.sched_getaffinity(0)) == 1
        placement.release()
        assert os.sched_getaffinity(process.pid) == os.sched_getaffinity(0) == before
        placement = SharedProcessor(process.pid)
        process.communicate(b"\n")
    placement.release()
    assert os.sched_getaffinity(0) == before
    SharedProcessor(process.pid)
    assert os.sched_getaffinity(0) == before, "the process is gone"


@pytest.mark.parametrize(
    "body", ["return x", "return y", "return open('/etc/passwd')", "import os; os._exit(3)", "while True: pass"]
)
def test_a_submission_leaves_its_owner_where_it_may_run(sandbox, body):
    before = os.sched_getaffinity(0)
    sandbox.run(f"def f(x):\n  {body}", [1.0] * 20, limits=Limits(cpu_seconds=0.2))
    assert os.sched_getaffinity(0) == before
