"""Many tasks side by side, their results as they come, through joblib."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from find_gym_agents.runs.processes import end_with

Task = TypeVar("Task")
Result = TypeVar("Result")

# Where a backend can't hand out results as they come, this many tasks for each worker are handed over at once.
_CHUNK = 4


class BackendError(ValueError):
    """There is no such backend."""


def run_all(
    function: Callable[[Task], Result], tasks: list[Task], *, workers: int, backend: str = "loky"
) -> Iterator[Result]:
    """Calls a function on each task and yields the results in the order in which they are ready.

    Args:
        function: what to call; a function of a module, which the workers import.
        tasks: its arguments.
        workers: the number of processes; with 1 and the backend loky, everything runs in this one.
        backend: the name of a joblib backend: "loky", "ray", "dask", …

    Raises:
        ImportError: joblib, or what the backend needs, is not installed.
        BackendError: there is no such backend.
    """
    check_backend(backend)
    from joblib import Parallel, delayed, parallel_config

    # Each worker computes on one thread: more of them would compete for the same cores.
    own = {"inner_max_num_threads": 1, "initializer": _begin, "initargs": (os.getpid(),)} if backend == "loky" else {}
    calls = [delayed(function)(task) for task in tasks]
    settings = {"batch_size": 1, "pre_dispatch": "3 * n_jobs"}
    with parallel_config(backend=backend, n_jobs=workers, **own):
        if Parallel()._backend.supports_return_generator:
            yield from Parallel(**settings, return_as="generator_unordered")(calls)
            return
        size = _CHUNK * workers
        for start in range(0, len(calls), size):
            yield from Parallel(**settings)(calls[start : start + size])


def _begin(parent: int) -> None:
    """Prepares a worker, which ends with the process that started it."""
    from joblib.externals.loky import process_executor

    # What agents load once (torch, a model, another agent's libraries) is no leak. Loky would take it for one where it
    # comes after the first task: it would warn, end the worker, and have another load all of it again.
    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize

    end_with(parent)


def check_backend(backend: str) -> None:
    """Checks that a backend can be used, and registers it where it comes with a cluster's own library.

    Raises:
        ImportError: joblib, or what the backend needs, is not installed.
        BackendError: there is no such backend.
    """
    try:
        from joblib import parallel_config
    except ImportError as error:
        raise ImportError("expected joblib for the runner: pip install 'find-gym[report]'") from error
    _register(backend)
    try:
        with parallel_config(backend=backend):
            pass
    except ValueError as error:
        raise BackendError(f"expected a joblib backend such as loky, ray or dask, actual value: {backend!r}") from error


def _register(backend: str) -> None:
    if backend == "ray":
        try:
            from ray.util.joblib import register_ray
        except ImportError as error:
            raise ImportError("expected ray for the backend 'ray': pip install ray") from error
        register_ray()
    if backend == "dask":
        try:
            from distributed import Client, get_client
        except ImportError as error:
            raise ImportError("expected dask for the backend 'dask': pip install 'dask[distributed]'") from error
        try:
            get_client()
        except ValueError:
            # The cluster of the environment variable DASK_SCHEDULER_ADDRESS, or else one on this machine.
            Client()
