"""Calls of compiled loops that another thread may take off this one, which meanwhile runs Python or other loops.

A job is a compiled function at an address, and words that say what it is to do: numbers, and where the arrays lie that
it reads and writes. Within a batch (`with BOARD:`), whoever begins a job goes on, and finishes it where its results are
needed, be it after the batch: what no other thread has taken by then is done there and then. Outside of a batch it is
done at once. So results do not depend on how many threads there are, or on how fast they are.

The other threads run nothing but jobs and never hold the interpreter's lock, whose return takes as long as many a job.
"""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper, exact_kernel

SCRATCH = 1 << 15
"""How many words of memory each thread has for the jobs that it does, whose address they are given first."""
WORDS = 22
"""How many words a job may have."""
OWN = -1
"""In place of the number of a job: that it is done at once, by the thread that begins it."""

# The rows of a board: what all threads share, then places for jobs, then what each of those that take jobs has.
# Shared are how many jobs there were, the first one that may not be done, how many more are not to be given away, how
# many that will be the next time, and whether jobs may be given away at all; the number of threads, whether to stop,
# the addresses of functions that wait for a lock and release it, and of the memory of the thread that begins jobs. What
# changes often has its own line.
_SHARED, _FIRST = range(2)
(_COUNT, _OLDEST, _RESTS, _REST, _OPEN), (_THREADS, _STOP, _ACQUIRE, _RELEASE, _MEMORY) = range(5), range(8, 13)
# Of a thread: whether it sleeps; the lock that it waits for then, and the address of its memory.
_ASLEEP, _LOCK, _OWN_MEMORY = 0, 8, 9
# Of a place: four times the number of its job, and whether that is done, waits or has been taken; its address; then
# its words.
_STATE, _ADDRESS, _JOB = range(3)
_WIDTH = _JOB + WORDS
_DONE, _WAITING, _TAKEN = range(3)
# Jobs that may be under way at a time.
_PLACES = 256
# How many times a thread looks for work before it sleeps, and for the end of another's job before it naps: one
# microsecond, as others may need the processor, and 100.
_LOOKS, _LOOKS_AT_JOB = 1_000, 100_000
# A job that is not done after so many naps of 50 microseconds is with a thread that does not run: the processors have
# other work. Then the next ones are not given away, 256 at first, up to twice as many each time.
_NAP, _NAPS = 50, 20
_LEAST_REST, _MOST_REST = 256, 1 << 15


@intrinsic
def _exchange_if(typing: Any, board: Any, row: Any, place: Any, before: Any, after: Any) -> Any:
    """Writes a word if it is as expected, as one step for all threads; returns whether it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature, arguments)
        result = builder.cmpxchg(pointer, arguments[3], arguments[4], "seq_cst", "seq_cst")
        return builder.extract_value(result, 1)

    return types.boolean(board, types.int64, types.int64, types.int64, types.int64), generate


@intrinsic
def _load(typing: Any, board: Any, row: Any, place: Any) -> Any:
    """Reads a word that other threads write."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_pointer(context, builder, signature, arguments), "seq_cst", 8)

    return types.int64(board, types.int64, types.int64), generate


@intrinsic
def _store(typing: Any, board: Any, row: Any, place: Any, value: Any) -> Any:
    """Writes a word that other threads read, after all that was written before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[3], _pointer(context, builder, signature, arguments), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(board, types.int64, types.int64, types.int64), generate


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    view = context.make_array(signature.args[0])(context, builder, arguments[0])
    width = builder.extract_value(view.shape, 1)
    return builder.gep(view.data, [builder.add(builder.mul(arguments[1], width), arguments[2])])


@intrinsic
def _call_job(typing: Any, address: Any, memory: Any, words: Any) -> Any:
    """Calls the job at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [word, word.as_pointer()])
        called = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(called, [arguments[1], builder.inttoptr(arguments[2], word.as_pointer())])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def _call_lock(typing: Any, address: Any, lock: Any) -> Any:
    """Waits for a lock or releases it, as the function at the address does; what releases does not read the 1."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        called = builder.inttoptr(arguments[0], ir.FunctionType(number, [pointer, number]).as_pointer())
        builder.call(called, [builder.inttoptr(arguments[1], pointer), ir.Constant(number, 1)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def _call_usleep(typing: Any, microseconds: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = ir.IntType(32)
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, [number]), "usleep")
        builder.call(function, [builder.trunc(arguments[0], number)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic
def _to_pointer(typing: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), generate


# As loops call them, without the context of types.
_swap: Any = _exchange_if
_read: Any = _load
_write: Any = _store
_call: Any = _call_job
_lock: Any = _call_lock
_nap: Any = _call_usleep
pointer: Any = _to_pointer
"""Turns an address into what `numba.carray` takes."""


@exact_borrowing_helper
def number_for_job(board: Any) -> int:
    """Returns the number of a job that may be given away, else `OWN`."""
    if board[_SHARED, _OPEN] == 0 or board[_SHARED, _THREADS] == 0:
        return OWN
    if board[_SHARED, _RESTS] > 0:
        board[_SHARED, _RESTS] -= 1
        return OWN
    number = board[_SHARED, _COUNT]
    return OWN if number - board[_SHARED, _OLDEST] == _PLACES else int(number)


@exact_borrowing_helper
def _place(number: int) -> int:
    """Returns the row of a job."""
    return int(_FIRST + number % _PLACES)


@exact_helper
def words_of_job(board: Any, number: int) -> Any:
    """Returns where to write the words of a job, shape `(WORDS,)`: those of its place, else others."""
    words = np.empty(WORDS, np.int64)
    return words if number == OWN else board[_place(number), _JOB:]


@exact_borrowing_helper
def begin(board: Any, number: int, address: int, words: Any) -> int:
    """Begins a job, or does it, if it has no number.

    Args:
        board: see `Board`.
        number: see `number_for_job`.
        address: that of the function.
        words: see `words_of_job`.

    Returns:
        The number.
    """
    if number == OWN:
        _call(address, board[_SHARED, _MEMORY], words.ctypes.data)
        return number
    place = _place(number)
    board[place, _ADDRESS] = address
    _write(board, place, _STATE, 4 * number + _WAITING)
    _write(board, _SHARED, _COUNT, number + 1)
    for thread in range(board[_SHARED, _THREADS]):
        if _wake(board, thread):
            break
    return number


@exact_borrowing_helper
def _wake(board: Any, thread: int) -> bool:
    """Wakes a thread if it sleeps, and returns whether it did."""
    row = _FIRST + _PLACES + thread
    if _read(board, row, _ASLEEP) == 0 or not _swap(board, row, _ASLEEP, 1, 0):
        return False
    _lock(board[_SHARED, _RELEASE], board[row, _LOCK])
    return True


@exact_borrowing_helper
def _do(board: Any, place: int, memory: int) -> bool:
    """Does the job at a place if it waits, and returns whether it did."""
    state = _read(board, place, _STATE)
    if state % 4 != _WAITING or not _swap(board, place, _STATE, state, state - _WAITING + _TAKEN):
        return False
    _call(board[place, _ADDRESS], memory, board[place, _JOB:].ctypes.data)
    _write(board, place, _STATE, state - _WAITING + _DONE)
    return True


@exact_borrowing_helper
def _do_any(board: Any, memory: int) -> bool:
    """Does the oldest job that waits, and returns whether there was one."""
    for number in range(_read(board, _SHARED, _OLDEST), _read(board, _SHARED, _COUNT)):
        if _do(board, _place(number), memory):
            return True
    return False


@exact_borrowing_helper
def _finish(board: Any, number: int, memory: int) -> None:
    place, looks, naps = _place(number), 0, 0
    while True:
        state = _read(board, place, _STATE)
        # Of another number: it was done before that one began.
        if state != 4 * number + _WAITING and state != 4 * number + _TAKEN:
            break
        if _do(board, place, memory):
            return
        # Who did not begin the others does not hold what they read and write.
        if memory == board[_SHARED, _MEMORY] and _do_any(board, memory):
            looks = 0
        elif looks < _LOOKS_AT_JOB:
            # To look at one word takes less time than to look for other jobs.
            while looks < _LOOKS_AT_JOB and _read(board, place, _STATE) == state:
                looks += 1
        else:
            _nap(_NAP)
            naps += 1
    if naps > _NAPS:
        board[_SHARED, _REST] = min(max(2 * board[_SHARED, _REST], _LEAST_REST), _MOST_REST)
        board[_SHARED, _RESTS] = board[_SHARED, _REST]
    elif board[_SHARED, _REST] > 0:
        board[_SHARED, _REST] -= 1


@exact_kernel("void(int64[:, ::1], int64, int64)")
def finish(board: Any, number: int, memory: int) -> None:
    """Sees to it that a job is done: does it if no other thread has taken it, else others until it is.

    Args:
        board: see `Board`.
        number: that of the job.
        memory: the address of the memory of the thread that calls.
    """
    _finish(board, number, memory)


@exact_kernel("void(int64[:, ::1], int64)")
def open_batch(board: Any, processes: int) -> None:
    """Sees to it that all jobs are done, and lets others be given away, if threads are left for that.

    Args:
        board: see `Board`.
        processes: among how many processes the threads are divided.
    """
    for number in range(board[_SHARED, _OLDEST], board[_SHARED, _COUNT]):
        if _read(board, _place(number), _STATE) % 4 != _DONE:
            _finish(board, number, board[_SHARED, _MEMORY])
    _write(board, _SHARED, _OLDEST, board[_SHARED, _COUNT])
    board[_SHARED, _OPEN] = (1 + board[_SHARED, _THREADS]) // processes > 1


@exact_kernel("void(int64[:, ::1], int64)")
def serve(board: Any, thread: int) -> None:
    """Does jobs until it is told to stop."""
    row, seen, looks = _FIRST + _PLACES + thread, 0, 0
    while _read(board, _SHARED, _STOP) == 0:
        seen = max(seen, _read(board, _SHARED, _OLDEST))
        if seen < _read(board, _SHARED, _COUNT):
            _do(board, _place(seen), board[row, _OWN_MEMORY])
            seen += 1
            looks = 0
            continue
        looks += 1
        if looks < _LOOKS:
            continue
        looks = 0
        _write(board, row, _ASLEEP, 1)
        # Who gives a job away, or says to stop, sees then that it sleeps, or is seen here.
        waits = seen == _read(board, _SHARED, _COUNT) and _read(board, _SHARED, _STOP) == 0
        if waits or not _swap(board, row, _ASLEEP, 1, 0):
            _lock(board[_SHARED, _ACQUIRE], board[row, _LOCK])


@exact_kernel("void(int64[:, ::1])")
def stop(board: Any) -> None:
    """Has the threads end as soon as they have done their jobs."""
    _write(board, _SHARED, _STOP, 1)
    for thread in range(board[_SHARED, _THREADS]):
        _wake(board, thread)


class _Lock:
    """A lock of Python's own kind, held at first, for threads that do not hold the interpreter's."""

    _new, _free = ctypes.pythonapi.PyThread_allocate_lock, ctypes.pythonapi.PyThread_free_lock
    _take = ctypes.pythonapi.PyThread_acquire_lock
    _new.restype, _free.argtypes, _take.argtypes = ctypes.c_void_p, [ctypes.c_void_p], [ctypes.c_void_p, ctypes.c_int]
    acquire = ctypes.cast(_take, ctypes.c_void_p).value or 0
    release = ctypes.cast(ctypes.pythonapi.PyThread_release_lock, ctypes.c_void_p).value or 0

    def __init__(self) -> None:
        self.address = self._new()
        self._take(self.address, 1)

    def __del__(self) -> None:
        self._free(self.address)


class Job:
    """A job that was begun."""

    __slots__ = ("_board", "_held", "_number")

    def __init__(self, board: Any, number: int, held: Any) -> None:
        self._board, self._number, self._held = board, number, held

    def finish(self) -> None:
        """Sees to it that its results are there; any thread may call this, and several at a time."""
        # Read in this order: the board is let go last.
        board, number = self._board, self._number
        if number != OWN:
            finish(board, number, BOARD.address)
            self._number = OWN
        self._board = self._held = None


class _Crew:
    """The words of a board, and the threads that take its jobs, which end when this is let go.

    Attributes:
        words: the words, shape `(rows, words of a row)`.
        held: what the jobs read and write, which has to live until they are done, whatever is raised meanwhile.
    """

    def __init__(self, memory: int, count: int) -> None:
        self.words = words = np.zeros((_FIRST + _PLACES + count, _WIDTH), dtype=np.int64)
        self.held: list[Any] = []
        words[_SHARED, _MEMORY] = memory
        words[_SHARED, _ACQUIRE], words[_SHARED, _RELEASE] = _Lock.acquire, _Lock.release
        if not count:
            return
        _boards[id(words)] = words
        threads: list[threading.Thread] = []
        weakref.finalize(self, _end, words, threads, os.getpid())
        _load_loops(words)
        for number, row in enumerate(words[_FIRST + _PLACES :]):
            lock, own = _Lock(), _memory()
            row[_LOCK], row[_OWN_MEMORY] = lock.address, own.ctypes.data
            thread = threading.Thread(target=_serve, args=(words, number, lock, own, self.held), daemon=True)
            thread.name = f"find-gym jobs {number + 1}"
            try:
                thread.start()
            except RuntimeError:
                # There may be no more, or the interpreter is about to end.
                break
            threads.append(thread)
            words[_SHARED, _THREADS] = len(threads)


class Board(threading.local):
    """The jobs of a thread, and the threads that take them off it: `FIND_GYM_THREADS` less one, by default one.

    These start with the first batch and end with their thread. In a process that was forked there are none.

    Attributes:
        memory: what the jobs of this thread may use meanwhile, shape `(SCRATCH,)`.
        address: where that lies.
    """

    def __init__(self) -> None:
        self.memory, self._depth = _memory(), 0
        self.address = self.memory.ctypes.data
        self._started, self._processes = False, 1
        self._crew = _Crew(self.address, 0)
        self._words = self._crew.words

    def begin(self, loop: Callable[..., int], *arguments: Any, held: Any = None) -> Job:
        """Begins a job: calls a loop that takes the words of the board and these arguments, and returns its number.

        Args:
            loop: the loop.
            arguments: the other arguments.
            held: what has to live as long as the job besides.
        """
        # Held before it is begun: whatever a signal raises comes in between otherwise.
        all_held = self._crew.held
        all_held.append((arguments, held))
        number = loop(self._words, *arguments)
        if number == OWN:
            all_held.pop()
        # Its memory, too: whose board it is, is told by where that lies.
        return Job(self._words, number, (arguments, held, self.memory))

    def share(self, processes: int) -> None:
        """Divides the threads among processes that do the same at the same time; 1 for this process alone."""
        self._processes = processes

    def __enter__(self) -> None:
        if self._depth == 0:
            if not self._started:
                self._crew = _Crew(self.address, _threads() - 1)
                self._words, self._started = self._crew.words, True
            open_batch(self._words, self._processes)
            self._crew.held.clear()
        self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._words[_SHARED, _OPEN] = 0


def _memory() -> NDArray[np.uint64]:
    """Returns memory from the beginning of a line of the caches, so that no eight words side by side lie in two."""
    line = 8
    room = np.empty(SCRATCH + line, dtype=np.uint64)
    first = -(room.ctypes.data // 8) % line
    return room[first : first + SCRATCH]


def _threads() -> int:
    """Returns how many threads a thread may use, itself included."""
    given = os.environ.get("FIND_GYM_THREADS")
    if given is None:
        return min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    if not given.isdecimal() or not 1 <= int(given) <= 64:
        raise ValueError(f"expected FIND_GYM_THREADS to be an integer from 1 to 64, actual value: {given!r}")
    return int(given)


def _serve(board: NDArray[np.int64], thread: int, *held: Any) -> None:
    """Does jobs, and holds what these need for as long."""
    serve(board, thread)


def _end(board: NDArray[np.int64], threads: list[threading.Thread], process: int) -> None:
    """Has threads end."""
    if process != os.getpid():
        return
    stop(board)
    # A thread that is about to end would be registered once more by waiting for others.
    if threading.get_ident() == threading.main_thread().ident:
        for thread in threads:
            thread.join()


def _load_loops(board: NDArray[np.int64]) -> None:
    """Compiles all loops, or loads them, so that no thread but this one does; they find nothing to do."""
    stop(board)
    serve(board, 0)
    finish(board, 0, board[_SHARED, _MEMORY])
    open_batch(board, 1)
    board[_SHARED, _STOP] = 0


def _after_fork() -> None:
    """Takes the jobs of threads that are not there in a process that was forked."""
    for board in list(_boards.values()):
        board[_SHARED, _THREADS] = 0
        states = board[_FIRST : _FIRST + _PLACES, _STATE]
        states[states % 4 == _TAKEN] += _WAITING - _TAKEN


_boards: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
os.register_at_fork(after_in_child=_after_fork)
BOARD = Board()
"""The jobs of the thread that reads this."""
