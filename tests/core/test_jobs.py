"""Jobs that other threads may take: done once, with the same results however many threads there are."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.core.kernels import jobs
from find_gym.core.kernels.compiling import address_of_job, exact_kernel
from tests.threads import in_thread


def count_job(memory: int, given: Any) -> None:
    """Adds the numbers below one, in its own memory, and adds one to how often it was done."""
    words = numba.carray(given, (jobs.WORDS,))
    room = numba.carray(jobs.pointer(memory), (jobs.SCRATCH,), np.int64)
    result = numba.carray(jobs.pointer(words[1]), (2,), np.int64)
    for i in range(room.size):
        room[i] = 0
    for i in range(words[0]):
        room[i % room.size] += i
    total = 0
    for i in range(room.size):
        total += room[i]
    result[0] = total
    result[1] += 1


@exact_kernel("int64(int64[:, ::1], int64, int64, int64[::1])")
def begin_count(board: Any, address: int, below: int, result: Any) -> int:
    number = jobs.number_for_job(board)
    words = jobs.words_of_job(board, number)
    words[0], words[1] = below, result.ctypes.data
    return jobs.begin(board, number, address, words)


def begin(below: int) -> tuple[jobs.Job, Any]:
    result = np.zeros(2, dtype=np.int64)
    return jobs.BOARD.begin(begin_count, address_of_job(count_job, exact=True), below, result), result


def helpers() -> int:
    return sum(thread.name.startswith("find-gym jobs") for thread in threading.enumerate())


def assert_done(belows: list[int], results: list[Any]) -> None:
    assert [result.tolist() for result in results] == [[below * (below - 1) // 2, 1] for below in belows]


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_jobs_are_done_once(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    sizes = st.lists(st.integers(1, 60_000), min_size=1, max_size=12)

    @settings(max_examples=30)
    @given(sizes, st.booleans(), st.data())
    def check(belows: list[int], nested: bool, data: st.DataObject) -> None:
        with jobs.BOARD:
            begun = [begin(below) for below in belows]
            if nested:
                with jobs.BOARD:
                    assert_done([5], [finished(*begin(5))])
            first = data.draw(st.permutations(begun))[: len(begun) // 2]
            for job, result in first:
                finished(job, result)
        # The others are finished after the batch, some of them in another one.
        with jobs.BOARD:
            for job, _ in begun:
                job.finish()
        assert_done(belows, [result for _, result in begun])

    in_thread(monkeypatch, threads, check)


def finished(job: jobs.Job, result: Any) -> Any:
    job.finish()
    job.finish()
    return result


@pytest.mark.parametrize("threads", [1, 3])
def test_more_jobs_than_places_are_done(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    def check() -> None:
        belows = list(range(1, 700))
        with jobs.BOARD:
            begun = [begin(below) for below in belows]
            for job, _ in reversed(begun):
                job.finish()
        assert_done(belows, [result for _, result in begun])

    in_thread(monkeypatch, threads, check)


def test_what_a_job_writes_lives_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> None:
        for _ in range(50):
            with pytest.raises(KeyError), jobs.BOARD:
                # Nobody else knows them: their memory would be free, and used again.
                for below in (50_000, 50_000, 10):
                    begin(below)
                raise KeyError
            others = [np.zeros(2, dtype=np.int64) for _ in range(20)]
            with jobs.BOARD:
                pass
            assert not any(other.any() for other in others)

    in_thread(monkeypatch, 3, check)


def test_any_thread_finishes_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    belows = [30_000] * 8

    def begin_all() -> list[tuple[jobs.Job, Any]]:
        with jobs.BOARD:
            return [begin(below) for below in belows]

    # The thread that began them has ended, and with it those that took its jobs.
    begun = in_thread(monkeypatch, 2, begin_all)
    for job, _ in begun:
        in_thread(monkeypatch, 1, job.finish)
    assert_done(belows, [result for _, result in begun])


def test_the_memory_of_a_thread_is_no_others_while_a_job_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin_one() -> tuple[tuple[jobs.Job, Any], weakref.ref[Any]]:
        with jobs.BOARD:
            return begin(30_000), weakref.ref(jobs.BOARD.memory)

    # Another thread whose memory lay there would be taken for the one that has ended, and do jobs that nobody holds.
    (job, result), memory = in_thread(monkeypatch, 2, begin_one)
    gc.collect()
    assert memory() is not None
    assert finished(job, result).tolist() == [30_000 * 29_999 // 2, 1]


def test_threads_end_with_the_one_that_uses_them(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    before = helpers()

    def check() -> int:
        with jobs.BOARD:
            finished(*begin(10))
        return helpers()

    assert in_thread(monkeypatch, 3, check) == before + 2
    gc.collect()
    # They end on their own.
    for thread in threading.enumerate():
        if thread.name.startswith("find-gym jobs"):
            thread.join(0.0 if before else 60.0)
    assert helpers() == before
    assert not any(isinstance(thread, threading._DummyThread) for thread in threading.enumerate())


def test_outside_of_a_batch_jobs_are_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> None:
        before = helpers()
        _, result = begin(100)
        assert_done([100], [result])
        assert helpers() == before

    in_thread(monkeypatch, 2, check)


def test_where_no_thread_can_be_started_jobs_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            if self.name.startswith("find-gym jobs"):
                raise RuntimeError("can't start new thread")
            super().start()

    def check() -> None:
        monkeypatch.setattr(threading, "Thread", NoThread)
        for _ in range(2):
            with jobs.BOARD:
                begun = [begin(below) for below in (10, 20)]
            assert_done([10, 20], [finished(*one) for one in begun])

    in_thread(monkeypatch, 3, check)


def test_threads_are_divided_among_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> list[int]:
        held = []
        for processes in (1, 2, 3, 1):
            jobs.BOARD.share(processes)
            with jobs.BOARD:
                begun = begin(100)
                held.append(len(jobs.BOARD._crew.held))
                assert_done([100], [finished(*begun)])
        return held

    # Of 4 threads, 2 processes have 2 each, 3 have one.
    assert in_thread(monkeypatch, 4, check) == [1, 1, 0, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_that_was_forked_does_the_jobs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    belows = [200_000] * 20

    def check() -> int:
        with jobs.BOARD:
            begun = [begin(below) for below in belows]
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    for job, result in begun:
                        result[1] = 0
                        job.finish()
                    status = 0 if all(result[0] == 200_000 * 199_999 // 2 for _, result in begun) else 2
                    with jobs.BOARD:
                        status += finished(*begin(5))[0] != 10
                finally:
                    os._exit(status)
        assert_done(belows, [finished(*one) for one in begun])
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert in_thread(monkeypatch, 2, check) == 0


@pytest.mark.parametrize("given", ["0", "two", "-1", "65", ""])
def test_a_bad_number_of_threads_is_an_error(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    def check() -> None:
        with pytest.raises(ValueError, match="expected FIND_GYM_THREADS to be an integer from 1 to 64"), jobs.BOARD:
            pass
        # It is one each time.
        with pytest.raises(ValueError, match="FIND_GYM_THREADS"), jobs.BOARD:
            pass

    in_thread(monkeypatch, given, check)
