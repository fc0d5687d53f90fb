"""Threads for tests of what depends on how many there are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Result = TypeVar("Result")


def in_thread(monkeypatch: pytest.MonkeyPatch, threads: int | str, call: Callable[[], Result]) -> Result:
    """Calls in a thread of Python's, which has jobs, and threads for them, of its own."""
    monkeypatch.setenv("FIND_GYM_THREADS", str(threads))
    results: list[Any] = []

    def run() -> None:
        try:
            results.append((call(), None))
        except BaseException as error:
            results.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    result, error = results[0]
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]
