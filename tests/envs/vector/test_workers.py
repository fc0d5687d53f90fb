"""Workers: the same results as without them, whatever happens to the processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from hypothesis import given, settings
from hypothesis import strategies as st

import find_gym  # noqa: F401  (registers the environments)
from find_gym.categories.numeric.rules import AtomRule
from find_gym.envs.vector import workers as module
from find_gym.envs.vector.workers import Workers
from find_gym.functions import NumericFunction, NumericSpec
from tests.envs.vector.jobs import Odd, large, squares

pytestmark = pytest.mark.skipif(os.name != "posix", reason="asks for processes as POSIX has them")
ROOT = Path(__file__).parents[3]
PATIENCE = 30.0


@pytest.fixture(autouse=True)
def any_jobs_are_worth_sending(monkeypatch):
    monkeypatch.setattr(module, "_WORTH_SENDING", 0.0)


@pytest.fixture
def workers():
    made = Workers(2, squares)
    yield made
    made.close()


def values(results):
    return [value for value, _ in results]


def processes(workers):
    return [process.pid for process in workers._processes]


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_jobs_are_divided_among_all_processes(workers):
    results = workers.do(list(range(9)))
    assert values(results) == [job**2 for job in range(9)]
    assert {pid for _, pid in results} == {os.getpid(), *processes(workers)} and len(processes(workers)) == 2
    # One job is not worth a message.
    assert workers.do([7]) == [(49, os.getpid())] and workers.do([]) == []


def test_jobs_that_take_little_time_are_done_here(workers, monkeypatch):
    jobs = list(range(9))
    # How long they take is not known yet.
    assert len({pid for _, pid in workers.do(jobs)}) == 3
    monkeypatch.setattr(module, "_WORTH_SENDING", 60.0)
    assert workers.do(jobs) == [(job**2, os.getpid()) for job in jobs]
    # Nor is it for jobs of another type.
    assert len({pid for _, pid in workers.do([float(job) for job in jobs])}) == 3


def check(do):
    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.integers() | st.floats(allow_nan=False, max_value=1e9, min_value=-1e9)))
    def same_as_here(jobs):
        assert values(do(jobs)) == values(squares(jobs))

    same_as_here()


def test_any_number_of_jobs_comes_back_in_order():
    for count in (0, 1, 3):
        workers = Workers(count, squares)

        check(workers.do)
        workers.close()


def test_work_has_what_is_for_this_process_alone_where_no_other_has_a_part(monkeypatch):
    given: list[Any] = []

    def work(jobs: list[int], *more: Any) -> list[int]:
        given.append(more)
        return jobs

    for worker_count, jobs in ((0, [1, 2]), (1, [1]), (1, [1, 2])):
        workers = Workers(worker_count, work)
        # That they take little time is known from others.
        workers._seconds[int] = 1e-9
        monkeypatch.setattr(module, "_WORTH_SENDING", 1.0)
        assert workers.do(jobs, "here") == jobs
    assert given == [("here",)] * 3


def test_messages_longer_than_a_pipe_holds():
    workers = Workers(1, large)
    jobs = ["a" * 10, "b", "c" * 20, "d"]
    assert workers.do(jobs) == large(jobs)
    workers.close()


def test_an_error_is_the_one_of_the_work_itself(workers):
    with pytest.raises(TypeError, match="unsupported operand"):
        workers.do([1, "two", 3, 4])
    # In the share of this process too; and answers to what failed are not taken for those to the next.
    with pytest.raises(TypeError, match="unsupported operand"):
        workers.do(["one", 2, 3])
    assert values(workers.do([5, 6, 7])) == [25, 36, 49]


def test_what_no_other_process_can_read_is_done_here(workers):
    def nobody_elses() -> None:
        pass

    class Local:
        def __pow__(self, power: int) -> int:
            return power

    assert values(workers.do([1, Local(), Local(), Odd(), Odd(), Odd()])) == [1, 2, 2, "odd", "odd", "odd"]
    assert len(processes(workers)) == 2 and values(workers.do([1, 2, 3])) == [1, 4, 9]
    alone = Workers(2, lambda jobs: jobs)
    with pytest.warns(RuntimeWarning, match="no workers are used: what they do can't be pickled"):
        assert alone.do([1, nobody_elses]) == [1, nobody_elses]
    assert alone.do([1, 2]) == [1, 2]


def test_a_worker_that_is_killed_is_done_without(workers):
    workers.do([1, 2, 3])
    first, second = processes(workers)
    os.kill(first, signal.SIGKILL)
    with pytest.warns(RuntimeWarning, match="a worker ended with exit status -9"):
        assert values(workers.do([1, 2, 3, 4])) == [1, 4, 9, 16]
    assert processes(workers) == [second]
    os.kill(second, signal.SIGKILL)
    with pytest.warns(RuntimeWarning, match="a worker ended"):
        assert values(workers.do([1, 2, 3, 4])) == [1, 4, 9, 16]
    assert workers.do([1, 2]) == [(1, os.getpid()), (4, os.getpid())]


def test_closing_ends_the_processes_and_more_jobs_start_others(workers):
    workers.do([1, 2, 3])
    before = processes(workers)
    workers.close()
    assert not any(is_running(pid) for pid in before)
    assert values(workers.do([1, 2, 3])) == [1, 4, 9] and not set(processes(workers)) & set(before)
    workers.close()
    workers.close()


def test_no_worker_outlives_its_process():
    program = (
        "import os, signal\n"
        "from find_gym.envs.vector.workers import Workers\n"
        "from tests.envs.vector.jobs import squares\n"
        "workers = Workers(2, squares); workers.do([1, 2, 3])\n"
        "print(*[process.pid for process in workers._processes], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120)
    pids = [int(word) for word in done.stdout.splitlines()[-1].split()]
    assert done.returncode == -signal.SIGKILL and len(pids) == 2, done
    deadline = time.monotonic() + PATIENCE
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, "expected the workers to end"
        time.sleep(0.02)


def test_a_script_needs_no_guard_around_it(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import gymnasium as gym, numpy as np, find_gym\n"
        "print('once')\n"
        "envs = gym.make_vec('FIND-strings-v1', num_envs=4, workers=1, autoreset_mode='SameStep')\n"
        "envs.reset(seed=0)\n"
        "rng = np.random.default_rng(0)\n"
        "for _ in range(40):\n"
        "    masks = envs.unwrapped.action_masks()\n"
        "    masks[:, : envs.unwrapped.codec.queries] = False\n"
        "    envs.step(np.array([rng.choice(row.nonzero()[0]) for row in masks]))\n"
        "assert envs.unwrapped._workers._processes\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=ROOT, timeout=120)
    # On a new machine it is the first to compile some loops, which it says.
    errors = [line for line in done.stderr.splitlines() if "compiling loops" not in line]
    assert (done.returncode, done.stdout, "".join(errors)) == (0, "once\n", "")


def play(identifier: str, count: int, workers: int, **options: Any) -> list[Any]:
    envs = gym.make_vec(
        identifier, num_envs=count, workers=workers, autoreset_mode="SameStep", max_queries=4, full_info=True, **options
    )
    queries = envs.unwrapped.codec.queries
    played = [envs.reset(seed=11)]
    rng = np.random.default_rng(3)
    for step in range(24):
        masks = envs.unwrapped.action_masks()
        # All ask, then all write, so that many descriptions are complete at once.
        if step % 8 >= 3:
            masks[:, :queries] = False
        played.append(envs.step(np.array([rng.choice(row.nonzero()[0]) for row in masks])))
    assert bool(envs.unwrapped._workers._processes) == bool(workers)
    envs.close()
    return played


PLAIN = {"difficulty": {"variants": {"plain": 0.5, "noised": 0.3, "corrupted": 0.2}}}
SOME_NETWORKS = {"difficulty": {"variants": {"plain": 0.85, "approximated": 0.15}}}


@pytest.mark.parametrize(
    ("identifier", "count", "options"),
    [
        ("FIND-numeric-v1", 12, PLAIN),
        ("FIND-numeric-v1", 3, SOME_NETWORKS),
        ("FIND-strings-v1", 12, {}),
        ("FIND-entities-v1", 12, {}),
        ("FIND-relations-v1", 12, {}),
    ],
)
def test_episodes_are_the_same_with_workers(identifier, count, options):
    alone, shared = (play(identifier, count, workers, **options) for workers in (0, 2))
    for one, other in zip(alone, shared, strict=True):
        assert data_equivalence(one, other, exact=True)


def test_a_function_of_this_process_is_judged_here():
    envs = gym.make_vec("FIND-numeric-v1", num_envs=4, workers=1, autoreset_mode="SameStep", max_queries=3)
    known = NumericFunction(NumericSpec(AtomRule("linear", (2.5, -1.0)), (-100.0, 100.0)))
    envs.reset(seed=0, options={"functions": [known, lambda x: 2 * x, known, lambda x: -x]})
    codec = envs.unwrapped.codec
    tokens = [token for token in codec.tokens if token in ("linear", "end")]
    for action in [10, 30, 50, *(codec.queries + codec.tokens.index(token) for token in tokens)]:
        _, rewards, terminated, _, _ = envs.step(np.full(4, action))
    assert terminated.all() and rewards.tolist() == [1.0] * 4
    envs.close()


@pytest.mark.parametrize("count", [-1, 1.5, True, "two", None])
def test_the_number_of_workers_is_checked(count):
    with pytest.raises(ValueError, match="expected workers to be an integer >= 0, actual value"):
        gym.make_vec("FIND-strings-v1", num_envs=2, workers=count)


def test_a_judge_stays_in_one_process():
    with pytest.raises(ValueError, match="expected no judge with workers=1, actual value: 'embedding'"):
        gym.make_vec("FIND-entities-v1", num_envs=2, workers=1, judge="embedding")
