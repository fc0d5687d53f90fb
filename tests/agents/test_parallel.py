"""Many tasks side by side."""

import os
import time
import warnings

import numpy as np
import pytest

from find_gym_agents.evaluation.parallel import run_all

_held: list[np.ndarray] = []


def load_something(task: int) -> int:
    """Loads 400 MB with the second task, as a model would, and returns which process it runs in."""
    if task == 1:
        _held.append(np.ones(50_000_000))
    # Loky looks at the memory of a worker once a second.
    time.sleep(1.1)
    return os.getpid()


def test_what_agents_load_once_is_no_leak() -> None:
    pytest.importorskip("psutil")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        # With one worker everything runs in this process.
        workers = list(run_all(load_something, [0, 0, 1, 1, 2, 2, 2, 2], workers=2))
    assert not told
    # A worker that a busy machine starts late may get nothing to do.
    assert len(set(workers)) <= 2 and os.getpid() not in workers
